"""Drawn pictures, surveys of them, and what happens to pictures on their way round the world."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from pixonomy.gallery.draw_images import CATEGORIES, draw_image
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.images.decode import Pixels, decode
from pixonomy.images.descriptor import describe

Draw = Callable[[int], Pixels]
ImageStatistics = Callable[[Sequence[bytes]], Path]


@cache
def _draw(number: int) -> Pixels:
    categories = list(CATEGORIES)
    drawn = draw_image(categories[number % len(categories)], np.random.default_rng(number))
    return np.asarray(cv2.resize(drawn, (240, 200), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture
def draw() -> Draw:
    """Return a function that draws the picture of a number."""
    return _draw


@pytest.fixture
def measure_images(tmp_path: Path) -> ImageStatistics:
    """Return a function that writes pictures to one file, and the survey of them."""

    def write(images: Sequence[bytes]) -> Path:
        rows, offset = [], 0
        for number, data in enumerate(images):
            digest = hashlib.sha256(data).hexdigest()
            descriptor = describe(decode(data))
            rows.append((f"{number}", "pictures", offset, len(data), digest, descriptor))
            offset += len(data)
        (tmp_path / "pictures").write_bytes(b"".join(images))
        names = ["image_id", "uri", "offset", "length", "sha256", "descriptor"]
        schema = dict.fromkeys(names, pl.String()) | {
            "offset": pl.Int64(), "length": pl.Int64(), "descriptor": pl.Binary(),
        }  # fmt: skip
        pl.DataFrame(rows, schema=schema, orient="row").write_parquet(tmp_path / "survey.parquet")
        return tmp_path / "survey.parquet"

    return write


@pytest.fixture
def encode() -> Callable[..., bytes]:
    """Return a function that encodes pixels as JPEG, of quality 90 unless told otherwise."""
    return lambda pixels, quality=90: encode_jpeg(np.ascontiguousarray(pixels), quality)
