"""A folder goes in; the stock of a photo site, drawn, with titles and licences, comes out."""

import json
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from pixonomy.files import read_json, storage_errors, write_text
from pixonomy.gallery.draw import CATEGORIES, draw_views
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.progress import Progress, silent

_STOCK = "stock.json"
_CREATORS = ("Ada", "Björk", "Chen & Sons", "Dora <d@example.org>", "Émile")
_LICENSES = (
    ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
)
_REPEATED = 0.03  # of the pictures are offered a second time, some of them for another category


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
class Stock:
    """All photos of a site.

    Attributes:
        folder: of the JPEGs.
    """

    folder: Path
    photos: tuple[Photo, ...]

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


def draw_stock(
    folder: Path, pictures_per_category: int, seed: int = 0, progress: Progress = silent
) -> Stock:
    """Draw photos of every scene of the gallery; a stock that is there already is taken as it is.

    A few are offered twice: the same file, a smaller copy, or under a keyword of another category.
    """
    known = read_json(folder / _STOCK)
    wanted = {"pictures_per_category": pictures_per_category, "seed": seed}
    if known is not None and known["settings"] == wanted:
        return Stock(folder, tuple(Photo(**one) for one in known["photos"]))
    photos: list[Photo] = []
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    total = pictures_per_category * len(CATEGORIES)
    for category, scenes in CATEGORIES.items():
        for place in range(pictures_per_category):
            generator = np.random.default_rng([seed, list(CATEGORIES).index(category), place])
            scene = scenes[place % len(scenes)]
            (picture,) = draw_views(category, scene, 1, generator)
            photo = _offer(len(photos), f"{scene} {place}", category, picture.shape, generator)
            jpeg = encode_jpeg(picture, int(generator.integers(60, 96)))
            with storage_errors(folder):
                (folder / photo.file).write_bytes(jpeg)
            photos.append(photo)
            progress("drawing a site's stock", len(photos), total)
    photos += _repeat(photos, np.random.default_rng([seed, total]))
    content = {"settings": wanted, "photos": [asdict(one) for one in photos]}
    write_text(folder / _STOCK, json.dumps(content, ensure_ascii=False))
    return Stock(folder, tuple(photos))


def _offer(
    number: int, title: str, category: str, shape: tuple[int, ...], generator: np.random.Generator
) -> Photo:
    license_name, license_url = _LICENSES[generator.integers(len(_LICENSES))]
    creator = _CREATORS[generator.integers(len(_CREATORS))]
    return Photo(
        number, title, category, creator, license_name, license_url,
        int(shape[1]), int(shape[0]), f"{number:06d}.jpg",
    )  # fmt: skip


def _repeat(photos: list[Photo], generator: np.random.Generator) -> list[Photo]:
    """Offer some photos again, as people do: every second time under another category's keyword."""
    repeated = []
    for turn in range(round(_REPEATED * len(photos))):
        source = photos[generator.integers(len(photos))]
        other = photos[generator.integers(len(photos))] if turn % 2 else source
        number = len(photos) + turn
        title = f"{other.title.rpartition(' ')[0]} {number}"
        repeated.append(
            Photo(
                number, title, other.category, source.creator, source.license, source.license_url,
                source.width, source.height, source.file,
            )
        )  # fmt: skip
    return repeated
