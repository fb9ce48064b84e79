import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.auditing.duplicate_groups import group_duplicates, number_images

NO_PAIRS = pl.DataFrame(schema={"first": pl.UInt32, "second": pl.UInt32})


def pairs(*both: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(both, schema=NO_PAIRS.schema, orient="row")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_equal_bytes_are_one_picture_called_after_its_first_row(tmp_path: Path) -> None:
    hashes = [sha("a"), sha("b"), sha("a"), None, "unread:x", sha("b"), sha("c")]
    problems = [None, None, None, "left out", "the file is missing", None, "cut short"]
    table = pl.DataFrame({"sha256": hashes, "problem": problems})
    table.write_parquet(tmp_path / "t.parquet")
    assert number_images(tmp_path / "t.parquet").tolist() == [0, 1, 0, -1, -1, 1, -1]


def test_hashes_that_differ_in_their_middle_alone_are_two_pictures(tmp_path: Path) -> None:
    one = sha("a")
    other = one[:20] + ("0" if one[20] != "0" else "1") + one[21:]
    pl.DataFrame({"sha256": [one, other], "problem": [None, None]}).write_parquet(
        tmp_path / "t.parquet"
    )
    assert number_images(tmp_path / "t.parquet").tolist() == [0, 1]


def test_being_a_copy_is_transitive_over_bytes_pairs_and_marks() -> None:
    image = np.array([0, 1, 0, 3, 4, 5, -1], np.int32)
    marks = pl.Series([None, "old", None, "old", None, None, "old"], dtype=pl.String)
    duplicates = group_duplicates(image, pairs((2, 4), (4, 5)), marks)
    assert duplicates.group.tolist() == [0, 1, 0, 1, 0, 0, 6]
    assert duplicates.size.tolist() == [4, 2, 4, 2, 4, 4, 1]


def test_without_copies_every_row_is_alone() -> None:
    duplicates = group_duplicates(np.arange(3, dtype=np.int32), NO_PAIRS)
    assert duplicates.group.tolist() == [0, 1, 2]
    assert duplicates.size.tolist() == [1, 1, 1]


@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))
    )
)
@settings(max_examples=60, deadline=None)
def test_groups_are_the_connected_components(drawn: tuple[int, list[tuple[int, int]]]) -> None:
    count, ties = drawn
    group = list(range(count))
    for _ in range(count):
        for one, other in ties:
            group[one] = group[other] = min(group[one], group[other])
    duplicates = group_duplicates(np.arange(count, dtype=np.int32), pairs(*ties))
    assert duplicates.group.tolist() == group
    assert duplicates.size.tolist() == [group.count(one) for one in group]


@pytest.mark.parametrize("count", [0, 1])
def test_few_rows_are_no_trouble(count: int) -> None:
    assert group_duplicates(np.full(count, -1, np.int32), NO_PAIRS).group.tolist() == list(
        range(count)
    )
