from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pixonomy.arrays import shuffle_rows as module
from pixonomy.arrays.shuffle_rows import shuffle_rows

ROWS = pl.DataFrame({"number": range(1000), "text": [f"row {number}" for number in range(1000)]})


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    ROWS.write_parquet(tmp_path / "m.parquet")
    return tmp_path / "m.parquet"


@pytest.mark.parametrize("chunk", [90, 999, 1000, 5000])
@pytest.mark.parametrize("count", [1, 500, 1000])
def test_the_rows_come_in_the_order_whatever_the_chunks(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, count: int
) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    order = np.random.default_rng(0).permutation(1000)[:count]
    batches = list(shuffle_rows(manifest, order, tmp_path / "work"))
    assert all(batch.height <= chunk for batch in batches)
    assert pl.concat(batches).equals(ROWS[order])


def test_no_rows_are_one_empty_batch_with_all_columns(manifest: Path, tmp_path: Path) -> None:
    (batch,) = shuffle_rows(manifest, np.zeros(0, np.int64), tmp_path / "work")
    assert batch.height == 0
    assert batch.columns == ["number", "text"]
