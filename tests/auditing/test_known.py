import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pixonomy.auditing.examine import MEASURED
from pixonomy.auditing.known import PLACED, make_keys, read_known, read_times

PLACE: dict[str, pl.DataType] = {
    "uri": pl.String(), "offset": pl.Int64(), "length": pl.Int64(), "member": pl.String(),
    "encoding": pl.String(),
}  # fmt: skip


def places(*rows: tuple[object, ...]) -> pl.DataFrame:
    full = [(*row, *[None] * (5 - len(row))) for row in rows]
    return pl.DataFrame(full, schema=PLACE, orient="row")


def timed(rows: pl.DataFrame, base: Path = Path("/nowhere")) -> pl.DataFrame:
    return rows.with_columns(read_times(rows, base))


def test_a_key_tells_every_part_of_a_place() -> None:
    rows = timed(
        places(
            ("a", 0, 5), ("b", 0, 5), ("a", 1, 5), ("a", 0, 6), ("a", 0, 5, "m"),
            ("a", 0, 5, None, "deflate"), ("a", None, 5),
        )
    )  # fmt: skip
    keys = make_keys(rows, Path("/x"))
    assert len(set(keys.tolist())) == 6
    assert keys[0] == keys[6]  # no offset is the beginning


def test_the_same_file_has_the_same_key_whatever_its_address_hangs_from() -> None:
    one = make_keys(timed(places(("x/a.jpg", 0, 5))), Path("/data"))
    other = make_keys(timed(places(("a.jpg", 0, 5), ("/data/x/a.jpg", 0, 5))), Path("/data/x"))
    assert one.tolist() * 2 == other.tolist()
    assert make_keys(timed(places(("s3://b/a.jpg",))), Path("/data")).size == 1


def test_times_are_told_of_whole_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12345")
    os.utime(tmp_path / "a.jpg", ns=(1, 77))
    rows = places(("a.jpg", 0, 5), ("a.jpg",), ("a.jpg", 1, 4), ("gone.jpg", 0, 5), ("s3://b/c",))
    assert read_times(rows, tmp_path).to_list() == [77, 77, None, None, None]


@pytest.mark.parametrize("order", [[0, 2], [2, 0], [2, 2, 0]])
def test_what_was_measured_is_found_by_its_place_in_any_order(
    tmp_path: Path, order: list[int]
) -> None:
    rows = timed(places(("a", 0, 5), ("a", 5, 5), ("a", 10, 5), ("a", 15, 5)))
    measured = pl.DataFrame(
        {"sha256": ["aa", "unread:1", "cc", None], "width": [1, 2, 3, 4]}, schema_overrides=MEASURED
    )
    others = [pl.lit(None, dtype).alias(n) for n, dtype in MEASURED.items() if n not in measured]
    rows.hstack(measured).with_columns(others).write_parquet(tmp_path / "t.parquet")
    known = read_known(tmp_path / "t.parquet", Path("/data"), None)
    found = known.find(make_keys(rows, Path("/data")))
    assert found.tolist() == [0, -1, 2, -1]  # what was not read is not known
    told = known.read(np.array(order))
    assert told.columns == list(MEASURED)
    assert told["width"].to_list() == [row + 1 for row in order]
    assert known.find(make_keys(rows.select(*PLACED, "modified_ns"), Path("/x"))).max() == -1
