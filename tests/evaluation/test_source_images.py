from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from conftest import as_bytes
from pixonomy.dataset.manifest import read_manifest
from pixonomy.evaluation.source_images import lay_over, read_source_images
from pixonomy.verbs.index import index

RAMP = np.linspace(0, 1, 8, dtype=np.float32)[None, :].repeat(8, axis=0)  # dark left, bright right


@pytest.fixture
def photos(tmp_path: Path) -> tuple[pl.DataFrame, Path]:
    """Three pictures of 400 x 200, indexed; then one is removed and one is overwritten."""
    folder = tmp_path / "photos"
    for name in ("a", "b", "c"):
        (folder / name).mkdir(parents=True)
        red = Image.new("RGB", (400, 200), (200, 0, 0))
        (folder / name / "photo.jpg").write_bytes(as_bytes(red))
    index([folder], tmp_path / "manifest.parquet")
    manifest = read_manifest(tmp_path / "manifest.parquet")
    (folder / "b" / "photo.jpg").unlink()
    blue = Image.new("RGB", (400, 200), (0, 0, 200))
    (folder / "c" / "photo.jpg").write_bytes(as_bytes(blue, quality=20))
    return manifest.rows, manifest.base


def test_images_are_read_in_their_own_shape_and_lost_or_changed_ones_left_out(
    photos: tuple[pl.DataFrame, Path],
) -> None:
    rows, base = photos
    ((name, image),) = read_source_images(rows, base).items()
    assert "a/photo.jpg" in rows.filter(image_id=name)["uri"][0]
    assert image.shape == (3, 80, 160)
    assert np.abs(image.mean(axis=(1, 2)) - (200, 0, 0)).max() < 4


def test_a_storage_that_does_not_answer_is_asked_once(storage: Any) -> None:
    storage.put("bucket/photo.jpg", as_bytes(Image.new("RGB", (400, 200))))
    names = [str(number) for number in range(200)]  # several chunks
    rows = pl.DataFrame({"image_id": names, "uri": "s3://bucket/photo.jpg"})
    assert read_source_images(rows, Path("/")).keys() == set(names)
    storage.close_doors()
    asked = []
    for some in (rows.head(10), rows):
        storage.asked.clear()
        assert read_source_images(some, Path("/")) == {}
        asked.append(len(storage.asked))
    assert asked[0] == asked[1]


def test_a_stretched_map_covers_the_whole_image() -> None:
    whole = lay_over(RAMP, "stretch", 50, 100)
    assert whole.shape == (50, 100)
    assert whole[25, 0] < 0.05
    assert whole[25, -1] > 0.95


def test_a_padded_map_loses_the_padding() -> None:
    tall = lay_over(RAMP, "pad", 100, 50)  # the square has 25 columns of white on either side
    assert tall.shape == (100, 50)
    assert tall[50, 0] == pytest.approx(lay_over(RAMP, "stretch", 100, 100)[50, 25])


def test_what_was_cropped_away_has_no_part_in_the_map() -> None:
    wide = lay_over(np.ones((4, 4), np.float32), "crop", 50, 100)
    assert wide[:, 25:75].min() == 1
    assert wide[:, :25].max() == wide[:, 75:].max() == 0
