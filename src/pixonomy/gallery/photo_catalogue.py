"""Draws the catalogue of a photo site: photos with titles and licences."""

import json
import re
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from pixonomy.gallery.draw_images import CATEGORIES, Planted, draw_views, save_again
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.progress import Progress, silent
from pixonomy.storage.files import read_json, storage_errors, write_text

_CATALOGUE = "stock.json"
_CREATORS = ("Ada", "Björk", "Chen & Sons", "Dora <d@example.org>", "Émile")
_LICENSES = (
    ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
)
# Shares of photos that are flawed on purpose, as those of any site are:
_REPEATED = 0.03  # offered a second time, half of these for a keyword of another category
_SAVED_AGAIN = 0.02  # offered a second time as a smaller, brighter copy
_WRONG = 0.02  # show something else than their title says
_BROKEN = 0.005  # are no whole images


@dataclass(frozen=True)
class Photo:
    """A photo on offer.

    Attributes:
        title: has the keyword that it is found by.
        file: the name of its JPEG.
    """

    number: int
    title: str
    category: str
    creator: str
    license: str
    license_url: str
    width: int
    height: int
    file: str

    @property
    def words(self) -> frozenset[str]:
        """What it is found by."""
        return frozenset(re.findall(r"\w+", self.title.casefold()))


@dataclass(frozen=True)
class PhotoCatalogue:
    """All photos of a site.

    Attributes:
        folder: of the JPEGs.
        planted: flaws, see `draw_images.Planted`.
    """

    folder: Path
    photos: tuple[Photo, ...]
    planted: tuple[Planted, ...]

    def search(self, text: str) -> list[Photo]:
        """Return the photos whose titles have all words of a search."""
        words = frozenset(re.findall(r"\w+", text.casefold()))
        return [one for one in self.photos if words <= self._words[one.number]]

    def read(self, photo: Photo) -> bytes:
        """Return the JPEG of a photo."""
        return (self.folder / photo.file).read_bytes()

    @cached_property
    def _words(self) -> dict[int, frozenset[str]]:
        return {one.number: one.words for one in self.photos}


def draw_photo_catalogue(
    folder: Path, pictures_per_category: int, seed: int = 0, progress: Progress = silent
) -> PhotoCatalogue:
    """Draw photos of every scene of the gallery; a catalogue that is there is taken as it is.

    Some are flawed on purpose: the same file or a smaller copy offered twice, half of the former
    under a keyword of another category; a photo of something else; a broken file.
    """
    known = read_json(folder / _CATALOGUE)
    wanted = {"pictures_per_category": pictures_per_category, "seed": seed}
    if known is None or known["settings"] != wanted:
        photos, planted = _draw(folder, pictures_per_category, seed, progress)
        known = {
            "settings": wanted,
            "photos": [asdict(one) for one in photos],
            "planted": [asdict(one) for one in planted],
        }
        write_text(folder / _CATALOGUE, json.dumps(known, ensure_ascii=False))
    return PhotoCatalogue(
        folder,
        tuple(Photo(**one) for one in known["photos"]),
        tuple(Planted(**one) for one in known["planted"]),
    )


def _draw(
    folder: Path, pictures_per_category: int, seed: int, progress: Progress
) -> tuple[list[Photo], list[Planted]]:
    photos: list[Photo] = []
    planted: list[Planted] = []
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    names = list(CATEGORIES)
    total = pictures_per_category * len(names)
    for category, scenes in CATEGORIES.items():
        for place in range(pictures_per_category):
            generator = np.random.default_rng([seed, names.index(category), place])
            scene, shown = scenes[place % len(scenes)], category
            if generator.random() < _WRONG:
                shown = names[(names.index(category) + 1 + place % (len(names) - 1)) % len(names)]
            drawn = scene if shown == category else CATEGORIES[shown][0]
            (image,) = draw_views(shown, drawn, 1, generator)
            photo = _offer(len(photos), f"{scene} {place}", category, image.shape, generator)
            data = encode_jpeg(image, int(generator.integers(60, 96)))
            if shown != category:
                planted.append(Planted("wrong_label", photo.file, shown))
            elif generator.random() < _BROKEN:
                data = data[: len(data) // 4]
                planted.append(Planted("broken_file", photo.file, "truncated"))
            with storage_errors(folder):
                (folder / photo.file).write_bytes(data)
            photos.append(photo)
            progress("drawing a site's stock", len(photos), total)
    _offer_again(folder, photos, planted, np.random.default_rng([seed, total]))
    return photos, planted


def _offer_again(
    folder: Path, photos: list[Photo], planted: list[Planted], generator: np.random.Generator
) -> None:
    """Offer some sound photos a second time, as people do; add them and what they are."""
    flawed = {one.path for one in planted}
    sound = [one for one in photos if one.file not in flawed]
    sources = [sound[k] for k in generator.permutation(len(sound))]
    repeats, duplicates = round(_REPEATED * len(photos)), round(_SAVED_AGAIN * len(photos))
    for turn, source in enumerate(sources[: repeats + duplicates]):
        number = len(photos)
        others = [one for one in sources[-50:] if one.category != source.category]
        is_of_another = turn < repeats and turn % 2 == 1
        named = others[turn % len(others)] if is_of_another and others else source
        again = replace(
            source,
            number=number,
            title=f"{named.title.rpartition(' ')[0]} {number}",
            category=named.category,
        )
        if turn < repeats:
            kind = "category_leak" if named.category != source.category else "exact_duplicate"
        else:
            kind, again = "near_duplicate", replace(again, file=f"{number:06d}.jpg")
            with storage_errors(folder):
                data = save_again((folder / source.file).read_bytes(), generator)
                (folder / again.file).write_bytes(data)
        photos.append(again)
        planted.append(Planted(kind, again.file, source.file))


def _offer(
    number: int, title: str, category: str, shape: tuple[int, ...], generator: np.random.Generator
) -> Photo:
    license_name, license_url = _LICENSES[generator.integers(len(_LICENSES))]
    creator = _CREATORS[generator.integers(len(_CREATORS))]
    return Photo(
        number, title, category, creator, license_name, license_url,
        int(shape[1]), int(shape[0]), f"{number:06d}.jpg",
    )  # fmt: skip
