import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pixonomy.auditing.earlier import are_known, make_keys, read_known, read_times
from pixonomy.auditing.examine import MEASURED
from pixonomy.dataset.location import PLACED

PLACE: dict[str, pl.DataType] = {
    "uri": pl.String(), "offset": pl.Int64(), "length": pl.Int64(), "member": pl.String(),
    "encoding": pl.String(),
}  # fmt: skip


def places(*rows: tuple[object, ...]) -> pl.DataFrame:
    full = [(*row, *[None] * (5 - len(row))) for row in rows]
    return pl.DataFrame(full, schema=PLACE, orient="row")


def test_a_key_tells_every_part_of_a_place() -> None:
    rows = places(
        ("a", 0, 5), ("b", 0, 5), ("a", 1, 5), ("a", 0, 6), ("a", 0, 5, "m"),
        ("a", 0, 5, None, "deflate"), ("a", None, 5),
    )  # fmt: skip
    keys = make_keys(rows, Path("/x"))
    assert len(set(keys.tolist())) == 6
    assert keys[0] == keys[6]  # no offset is the beginning


def test_the_same_file_has_the_same_key_whatever_its_address_hangs_from() -> None:
    one = make_keys(places(("x/a.jpg", 0, 5)), Path("/data"))
    other = make_keys(places(("a.jpg", 0, 5), ("/data/x/a.jpg", 0, 5)), Path("/data/x"))
    assert one.tolist() * 2 == other.tolist()
    assert make_keys(places(("s3://b/a.jpg",)), Path("/data")).size == 1


def test_times_are_told_of_files_that_are_there_and_as_long_as_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12345")
    os.utime(tmp_path / "a.jpg", ns=(1, 77))
    rows = places(
        ("a.jpg", 0, 5), ("a.jpg",), ("a.jpg", 1, 4), ("a.jpg", 0, 4), ("gone.jpg", 0, 5),
        ("s3://b/c",),
    )  # fmt: skip
    assert read_times(rows, tmp_path).to_list() == [77, 77, 77, None, None, None]


@pytest.mark.parametrize("order", [[0, 2], [2, 0], [2, 2, 0]])
def test_what_was_measured_is_found_by_its_place_in_any_order(
    tmp_path: Path, order: list[int]
) -> None:
    rows = places(("a", 0, 5), ("a", 5, 5), ("a", 10, 5), ("a", 15, 5))
    measured = pl.DataFrame(
        {"sha256": ["aa", "unread:1", "cc", None], "width": [1, 2, 3, 4]}, schema_overrides=MEASURED
    )
    others = [pl.lit(None, dtype).alias(n) for n, dtype in MEASURED.items() if n not in measured]
    rows.hstack(measured).with_columns(others).write_parquet(tmp_path / "t.parquet")
    known = read_known(tmp_path / "t.parquet", Path("/data"), None)
    found = known.find(make_keys(rows, Path("/data")))
    assert found.tolist() == [0, -1, 2, -1]  # what was not read is not known
    told = known.read(np.array(order))
    assert told.columns == [*MEASURED, "modified_ns", "etag"]
    assert told["width"].to_list() == [row + 1 for row in order]
    assert known.find(make_keys(rows.select(*PLACED), Path("/x"))).max() == -1


@pytest.mark.parametrize(
    ("indexed", "now", "known", "is_known"),
    [
        # The row's modified_ns, etag, indexed_ns, sha256; its file's; the survey's of all.
        ((5, None, None, None), 5, (5, None, "aa"), True),
        ((5, None, None, None), 6, (5, None, "aa"), False),  # changed since it was indexed
        ((6, None, None, None), 6, (5, None, "aa"), False),  # indexed anew since the survey
        ((5, None, None, None), 6, (6, None, "aa"), False),  # an old manifest, a new survey
        ((5, None, None, "aa"), 6, (5, None, "aa"), False),  # is read, and the bytes decide
        ((None, None, 5, None), 5, (5, None, "aa"), True),
        ((None, None, 5, None), 10**10, (10**10, None, "aa"), False),
        ((None, None, None, None), 5, (5, None, "aa"), True),  # a manifest of before
        ((None, None, None, None), 5, (None, None, "aa"), False),  # a survey of before
        ((None, None, None, None), None, (None, None, "aa"), False),  # gone
        ((None, None, None, "aa"), 6, (5, None, "aa"), True),  # what is only appended to
        ((None, None, None, "bb"), 6, (5, None, "aa"), False),
        ((None, "v1", None, None), None, (None, "v1", "aa"), True),
        ((None, "v2", None, None), None, (None, "v1", "aa"), False),
    ],
)  # fmt: skip
def test_a_picture_is_known_while_its_file_is_the_one_that_was_looked_at(
    indexed: tuple[object, ...], now: int | None, known: tuple[object, ...], is_known: bool
) -> None:
    uri = "s3://b/c" if indexed[1] else "c"
    row = dict(zip(("modified_ns", "etag", "indexed_ns", "sha256"), indexed, strict=True))
    rows = pl.DataFrame({"uri": [uri], **{name: [one] for name, one in row.items()}})
    times = pl.Series("modified_ns", [now], dtype=pl.Int64)
    told = dict(zip(("modified_ns", "etag", "sha256"), known, strict=True))
    seen = pl.DataFrame({name: [one] for name, one in told.items()})
    assert are_known(rows, times, seen).to_list() == [is_known]
