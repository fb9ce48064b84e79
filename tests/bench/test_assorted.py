from pathlib import Path

import numpy as np
import polars as pl
import pytest

import pixonomy
from pixonomy.bench.assorted import write_assorted
from pixonomy.errors import DataError
from pixonomy.gallery.draw_images import draw_image
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.progress import Context


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for number in range(3):
        folder = tmp_path / "pictures" / "goals" / f"category {number}"
        folder.mkdir(parents=True)
        drawn = draw_image("travel", np.random.default_rng(number))
        folder.joinpath("large.jpg").write_bytes(encode_jpeg(drawn, 90))
        small = np.ascontiguousarray(drawn[:32, :32])
        folder.joinpath("small.jpg").write_bytes(encode_jpeg(small, 90))
    return tmp_path / "pictures"


def test_small_pictures_are_enlarged_large_ones_are_quartered_and_one_in_ten_repeats(
    source: Path, tmp_path: Path
) -> None:
    write_assorted(tmp_path / "c.bson", source, 12, Context())
    pixonomy.index([tmp_path / "c.bson"], tmp_path / "m.parquet")
    pixonomy.audit(tmp_path / "m.parquet", tmp_path / "audit", pixonomy.AuditChoices("none"))
    seen = pl.read_parquet(tmp_path / "audit" / "survey.parquet")
    assert seen.height == 12
    assert seen["sha256"].n_unique() == 11
    assert seen["width"].min() >= 80  # type: ignore[operator]
    labels = pl.read_parquet(tmp_path / "m.parquet")["label"]
    assert labels.n_unique() == 3


def test_too_few_pictures_are_told(source: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="of 21 rows"):
        write_assorted(tmp_path / "c.bson", source, 21, Context())
    with pytest.raises(DataError, match=r"none of products/train\.bson"):
        write_assorted(tmp_path / "c.bson", tmp_path / "nowhere", 5, Context())
