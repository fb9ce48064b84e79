"""Rows come out group after group and in parts that tear none."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.prediction.groups import Part, group_rows


def rows_of(groups: list[str]) -> pl.LazyFrame:
    numbers = pl.Series("number", range(len(groups)), dtype=pl.Int64)
    return pl.DataFrame([pl.Series("group_id", groups, dtype=pl.String), numbers]).lazy()


def test_rows_that_stand_together_keep_their_order() -> None:
    grouped = group_rows(rows_of(["b", "b", "a", "c", "c", "c"]))
    assert grouped.rows.collect()["number"].to_list() == [0, 1, 2, 3, 4, 5]
    assert grouped.starts.tolist() == [0, 2, 3, 6]
    assert grouped.height == 6


def test_torn_groups_come_together_where_they_first_appear() -> None:
    grouped = group_rows(rows_of(["b", "a", "b", "c", "a", "b"]))
    ordered = grouped.rows.collect()
    assert ordered.columns == ["group_id", "number"]
    assert ordered["group_id"].to_list() == ["b", "b", "b", "a", "a", "c"]
    assert ordered["number"].to_list() == [0, 2, 5, 1, 4, 3]
    assert grouped.starts.tolist() == [0, 3, 5, 6]


def test_parts_end_between_groups() -> None:
    grouped = group_rows(rows_of(list("aabbbcddddde")))
    assert grouped.chunks_of(4) == [Part(0, 5, 2), Part(5, 11, 2), Part(11, 12, 1)]
    assert grouped.chunks_of(2)[0] == Part(0, 2, 1)
    assert grouped.chunks_of(100) == [Part(0, 12, 5)]


def test_no_rows_are_one_empty_part() -> None:
    grouped = group_rows(rows_of([]))
    assert grouped.chunks_of(10) == [Part(0, 0, 0)]
    assert grouped.height == 0


@given(
    groups=st.lists(st.sampled_from("abcdefgh"), max_size=40),
    size=st.integers(1, 12),
)
def test_parts_hold_every_row_once_and_every_group_whole(groups: list[str], size: int) -> None:
    grouped = group_rows(rows_of(groups))
    ordered = grouped.rows.collect()
    parts = grouped.chunks_of(size)
    assert sorted(ordered["number"].to_list()) == list(range(len(groups)))
    assert ordered["group_id"].unique(maintain_order=True).to_list() == list(dict.fromkeys(groups))
    assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])]
    assert parts[-1].end == len(groups)
    seen: list[str] = []
    for part in parts:
        inside = ordered["group_id"][part.start : part.end].unique(maintain_order=True).to_list()
        assert len(inside) == part.groups
        assert not set(inside) & set(seen)
        seen += inside
    assert all(part.end - part.start >= size for part in parts[:-1])
    assert np.all(np.diff(grouped.starts) > 0)
