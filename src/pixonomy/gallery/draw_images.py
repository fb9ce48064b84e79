"""Draws a gallery of savings goals with known flaws, to try all else on.

Nothing is downloaded: every image is drawn here, and the same seed draws the same gallery.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from pixonomy.errors import SettingError, StorageError
from pixonomy.gallery.compose import SCENES, compose
from pixonomy.gallery.pen import Canvas
from pixonomy.gallery.photograph import encode_jpeg, photograph
from pixonomy.progress import Progress, silent

CATEGORIES: dict[str, tuple[str, ...]] = {name: tuple(scenes) for name, scenes in SCENES.items()}
"""Each category, as its folder is called, with the names of its scenes."""

# Indices of one category's stream of images: the gallery's own count from 0, so these
# offsets keep images that stand in for others, and fresh ones, apart from all of them.
_STAND_IN = 1 << 30
_FRESH = 1 << 31

_EXACT_SHARE, _NEAR_SHARE, _WRONG_SHARE, _BROKEN_SHARE = 0.03, 0.03, 0.02, 0.005
_LARGEST_PLANTED_SHARE = 1 / 3  # of a gallery too small for its share of every flaw

_BREAKS: dict[str, Callable[[bytes], bytes]] = {
    # A quarter of the file leaves the header whole: only decoding shows that pixels are missing.
    "truncated": lambda whole: whole[: len(whole) // 4],
    "text": lambda _: b"404: this picture is no longer here.\n",
    "empty": lambda _: b"",
}


@dataclass(frozen=True)
class Planted:
    """A flaw put into the gallery on purpose.

    `kind` is exact_duplicate, near_duplicate, wrong_label or broken_file; `path` is the file,
    relative to the gallery's folder; `detail` is the copied file, the category that the image
    truly shows, or the way in which the file is broken.
    """

    kind: str
    path: str
    detail: str


@dataclass(frozen=True)
class _Spot:
    category: str
    index: int

    @property
    def path(self) -> str:
        return f"{self.category}/{self.index:04d}.jpg"


def draw_image(category: str, generator: np.random.Generator) -> Canvas:
    """Draw an image of a category: uint8 (height, width, 3) RGB, longer side 160 to 320 pixels."""
    if category not in CATEGORIES:
        known = ", ".join(CATEGORIES)
        raise SettingError(f"expected a category of the gallery ({known}), received {category!r}")
    return photograph(compose(category, generator), generator)


def draw_views(
    category: str, scene: str, views: int, generator: np.random.Generator
) -> list[Canvas]:
    """Draw one scene and take several images of it, as `draw_image` does, in other light."""
    if scene not in CATEGORIES.get(category, ()):
        raise SettingError(f"there is no scene {scene!r} of the category {category!r}")
    canvas = compose(category, generator, scene)
    return [photograph(canvas, generator) for _ in range(views)]


def draw_gallery(
    folder: Path, pictures_per_category: int, seed: int, progress: Progress = silent
) -> list[Planted]:
    """Write `folder/<category>/<NNNN>.jpg` and, last of all, the planted flaws as planted.json.

    About 3 % are exact duplicates, 3 % near duplicates and 2 % of another category than their
    folder says; a few files are broken. A gallery of fewer than 18 images has fewer
    kinds of flaws. Files of an earlier gallery are overwritten, not removed.
    """
    _check(pictures_per_category, seed)
    flaws = _plan(pictures_per_category, seed)
    spots = [
        _Spot(category, index) for category in CATEGORIES for index in range(pictures_per_category)
    ]
    planted: list[Planted] = []
    record = folder / "planted.json"
    try:
        for category in CATEGORIES:
            (folder / category).mkdir(parents=True, exist_ok=True)
        record.unlink(missing_ok=True)  # present only beside a complete gallery
        for done, spot in enumerate(spots, start=1):
            if spot in flaws:
                clean = [s for s in spots if s.category == spot.category and s not in flaws]
                content, detail = _flawed(flaws[spot], spot, clean, seed)
                kind = "broken_file" if flaws[spot] in _BREAKS else flaws[spot]
                planted.append(Planted(kind, spot.path, detail))
            else:
                content = _photo(spot.category, spot.index, seed)
            (folder / spot.path).write_bytes(content)
            progress("drawing pictures", done, len(spots))
        text = json.dumps([asdict(flaw) for flaw in planted], indent=2)
        record.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"the gallery cannot be written to {folder}: {error}") from error
    return planted


def draw_fresh(folder: Path, pictures_per_category: int, seed: int) -> list[tuple[Path, str]]:
    """Write `folder/fresh-<category>-<N>.jpg`, none of which any gallery holds.

    Returns each file with the category that it shows.
    """
    _check(pictures_per_category, seed)
    drawn: list[tuple[Path, str]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for category in CATEGORIES:
            for index in range(pictures_per_category):
                path = folder / f"fresh-{category}-{index}.jpg"
                path.write_bytes(_photo(category, _FRESH + index, seed))
                drawn.append((path, category))
    except OSError as error:
        raise StorageError(f"fresh pictures cannot be written to {folder}: {error}") from error
    return drawn


def _check(pictures_per_category: int, seed: int) -> None:
    if pictures_per_category < 1:
        raise SettingError(f"expected at least 1 picture a category, got {pictures_per_category}")
    if seed < 0:
        raise SettingError(f"expected a seed of 0 or more, received {seed}")


def _stream(category: str, index: int, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, list(CATEGORIES).index(category), index])


def _photo(category: str, index: int, seed: int) -> bytes:
    """The JPEG file of one image; it depends on nothing but these three."""
    generator = _stream(category, index, seed)
    image = draw_image(category, generator)
    return encode_jpeg(image, int(generator.integers(35, 96)))


def _plan(pictures_per_category: int, seed: int) -> dict[_Spot, str]:
    """Which images give way to which flaw, spread evenly over the categories."""
    total = pictures_per_category * len(CATEGORIES)
    kinds = ["wrong_label"] * max(1, round(_WRONG_SHARE * total))
    kinds += ["exact_duplicate"] * max(1, round(_EXACT_SHARE * total))
    kinds += ["near_duplicate"] * max(1, round(_NEAR_SHARE * total))
    for number in range(max(len(_BREAKS), round(_BROKEN_SHARE * total))):
        kinds.append(list(_BREAKS)[number % len(_BREAKS)])
    kinds = kinds[: int(total * _LARGEST_PLANTED_SHARE)]
    orders = {
        category: _stream(category, _STAND_IN - 1, seed).permutation(pictures_per_category)
        for category in CATEGORIES
    }
    flaws: dict[_Spot, str] = {}
    for number, kind in enumerate(kinds):
        category = list(CATEGORIES)[number % len(CATEGORIES)]
        index = int(orders[category][number // len(CATEGORIES)])
        flaws[_Spot(category, index)] = kind
    return flaws


def _flawed(kind: str, spot: _Spot, clean: list[_Spot], seed: int) -> tuple[bytes, str]:
    """The bytes of a flawed file and the detail that tells the flaw."""
    generator = _stream(spot.category, _STAND_IN + spot.index, seed)
    if kind == "wrong_label":
        others = [category for category in CATEGORIES if category != spot.category]
        shown = others[generator.integers(len(others))]
        return _photo(shown, _STAND_IN + spot.index, seed), shown
    if kind in _BREAKS:
        return _BREAKS[kind](_photo(spot.category, spot.index, seed)), kind
    source = clean[generator.integers(len(clean))]
    original = _photo(source.category, source.index, seed)
    if kind == "exact_duplicate":
        return original, source.path
    return save_again(original, generator), source.path


def save_again(original: bytes, generator: np.random.Generator) -> bytes:
    """Return the same image a little smaller and brighter, encoded anew."""
    coded = np.frombuffer(original, np.uint8)
    image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB), np.uint8)
    factor = generator.uniform(0.7, 0.95)
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    brighter = np.clip(smaller * generator.uniform(1.02, 1.1), 0.0, 255.0).astype(np.uint8)
    return encode_jpeg(brighter, int(generator.integers(60, 91)))
