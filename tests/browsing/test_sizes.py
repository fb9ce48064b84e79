"""How large pictures are: from the table where it tells, else from what was decoded."""

from collections.abc import Callable

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.browsing.sampled_images import SampledImage
from pixonomy.browsing.sizes import (
    QUANTILES,
    Sizes,
    gather_dimensions,
    gather_lengths,
    measure_lengths,
    read_dimensions,
)

MakeRows = Callable[..., pl.LazyFrame]
LOOKS = [
    SampledImage("a", length=10, width=40, height=30),
    SampledImage("b", length=30, width=40, height=30),
    SampledImage("c", length=20, width=8, height=90),
    SampledImage("d", fault="broken"),
]


def test_decoded_pictures_tell_their_sizes_and_broken_ones_none() -> None:
    sizes = Sizes(gather_dimensions(LOOKS), False, gather_lengths(LOOKS), 0)
    assert sizes.dimensions.rows() == [(40, 30, 2), (8, 90, 1)]
    assert sizes.measured == 3
    assert sizes.sides("width") == (8, 8, 40, 40, 40)
    assert sizes.sides("side") == (8, 8, 30, 30, 30)
    assert sizes.lengths == (10, 10, 20, 30, 30)


def test_where_nothing_could_be_decoded_nothing_is_known() -> None:
    broken = [SampledImage("a", fault="broken")]
    assert gather_dimensions(broken).is_empty()
    assert gather_lengths(broken) is None


def test_a_tables_own_columns_are_taken_even_if_they_are_text(make_rows: MakeRows) -> None:
    rows = make_rows(
        ["a"] * 4,
        width=["640", "640", "?", "10"],
        height=["480", "480", "1", "10"],
        problem=[None, None, None, "blank"],
    )
    found = read_dimensions(rows, 3)
    assert found is not None
    assert found.rows() == [(640, 480, 2)]


def test_columns_that_are_mostly_empty_are_not_taken(make_rows: MakeRows) -> None:
    rows = make_rows(["a"] * 4, width=[640, None, None, 0], height=[480, None, 480, 480])
    assert read_dimensions(rows, 4) is None
    assert read_dimensions(make_rows(["a"]), 1) is None


def test_lengths_are_known_only_if_the_table_tells_all_of_them(make_rows: MakeRows) -> None:
    problem = [None, None, "blank"]
    rows = make_rows(["a"] * 3, length=[5, 7, None], problem=problem)
    assert measure_lengths(rows, 2) == ((5, 5, 5, 7, 7), 12)
    assert measure_lengths(make_rows(["a"] * 2, length=[5, None]), 2) == (None, 0)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=200))
def test_sides_are_quantiles_of_all_pictures(widths: list[int]) -> None:
    looks = [SampledImage("a", width=width, height=60) for width in widths]
    sides = Sizes(gather_dimensions(looks), False, None, 0).sides("width")
    shares = list(QUANTILES.values())
    wanted = np.quantile(widths, shares, method="inverted_cdf")
    assert sides == tuple(wanted)
