"""One shard of three pictures: a JPEG, a PNG called otherwise, and one that is gone."""

import io
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from pixonomy.exporting.export_shard import COLUMNS, Shard, plan_shards


def encode(format: str, colour: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (48, 32), colour).save(stream, format)
    return stream.getvalue()


@pytest.fixture
def images() -> dict[str, bytes]:
    """The bytes of the pictures that are there, by the names of their files."""
    return {"a.jpg": encode("JPEG", "red"), "b.jpg": encode("PNG", "green")}


@pytest.fixture
def rows(tmp_path: Path, images: dict[str, bytes]) -> pl.DataFrame:
    """The rows of all three."""
    for name, data in images.items():
        (tmp_path / name).write_bytes(data)
    content = {
        "image_id": ["été/a.jpg", "b.jpg", "gone.jpg"],
        "group_id": ["g", "h", "i"],
        "label": ["gâteau", None, "x"],
        "split": ["train"] * 3,
        "uri": ["a.jpg", "b.jpg", "gone.jpg"],
        "offset": [0, 0, 0],
    }
    schema = {name: pl.Int64 if name in ("offset", "length") else pl.String for name in COLUMNS}
    return pl.DataFrame({name: content.get(name, [None] * 3) for name in COLUMNS}, schema=schema)


@pytest.fixture
def shard(tmp_path: Path, rows: pl.DataFrame) -> Shard:
    """The one shard of all three."""
    (planned,) = plan_shards(rows, tmp_path)
    return planned


@pytest.fixture
def classes() -> dict[str, int]:
    """The number of each label."""
    return {"gâteau": 4, "x": 5}
