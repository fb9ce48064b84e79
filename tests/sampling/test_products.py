"""Products are counted and drawn whole."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.dataset.manifest import conform
from pixonomy.errors import DataError
from pixonomy.sampling.products import list_products


def rows_of(*columns: Mapping[str, Any]) -> pl.DataFrame:
    schema = dict.fromkeys(("image_id", "group_id", "label", "problem"), pl.String)
    return conform(
        pl.DataFrame([{"image_id": f"{n:03d}", **row} for n, row in enumerate(columns)], schema)
    )


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "group_id": st.none() | st.sampled_from([f"g{n}" for n in range(9)]),
            "label": st.none() | st.sampled_from("aab"),
            "problem": st.none() | st.sampled_from([None, None, "broken"]),
        }
    ),
    max_size=40,
)


@given(ROWS, st.integers(0, 9), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_products_are_drawn_whole_and_the_same_in_any_order_of_rows(
    columns: list[dict[str, Any]], count: int, random: Any
) -> None:
    rows = rows_of(*columns)
    if rows.filter(pl.col("problem").is_null())["label"].drop_nulls().is_empty():
        with pytest.raises(DataError, match="No usable picture"):
            list_products(rows)
        return
    order = list(range(rows.height))
    random.shuffle(order)
    drawn = []
    for each in (rows, rows[order]):
        products = list_products(each)
        wanted = dict.fromkeys(products.counts, count)
        stays = each.filter(products.rows_of(products.draw(wanted, seed=3)))
        assert stays["problem"].null_count() == stays.height
        left = each.filter(pl.col("problem").is_null()).join(stays, on="image_id", how="anti")
        assert not set(stays["group_id"].drop_nulls()) & set(left["group_id"].drop_nulls())
        drawn.append(set(stays["image_id"]))
    assert drawn[0] == drawn[1]


def test_a_product_belongs_to_its_most_frequent_label() -> None:
    products = list_products(
        rows_of(
            {"group_id": "p", "label": "b"},
            {"group_id": "p", "label": "a"},
            {"group_id": "p", "label": "b"},
            {"group_id": "p"},
            {"group_id": "q", "label": "a"},
        )
    )
    assert products.counts == {"a": 1, "b": 1}
    drawn = products.draw({"b": 5}, seed=0)
    assert products.rows_of(drawn).to_list() == [True, True, True, True, False]
    assert drawn["size"].to_list() == [4]


def test_products_without_a_usable_picture_are_not_counted() -> None:
    products = list_products(
        rows_of(
            {"group_id": "p", "label": "a", "problem": "broken"},
            {"group_id": "p", "label": "a"},
            {"group_id": "q", "label": "a", "problem": "broken"},
            {"group_id": "r", "label": "b", "problem": "broken"},
        )
    )
    assert products.counts == {"a": 1, "b": 0}
    drawn = products.draw({"a": 9, "b": 9, "c": 9}, seed=0)
    assert products.rows_of(drawn).to_list() == [False, True, False, False]


def test_a_picture_without_a_group_is_a_product_of_its_own() -> None:
    assert list_products(rows_of({"label": "a"}, {"label": "a"})).counts == {"a": 2}


def test_a_draw_depends_on_the_seed_and_not_on_the_other_labels() -> None:
    products = list_products(rows_of(*[{"label": label} for label in "ab" for _ in range(50)]))

    def draw(wanted: dict[str, int], seed: int) -> set[str]:
        return set(products.draw(wanted, seed).filter(pl.col("label") == "b")["image_id"])

    assert draw({"a": 7, "b": 9}, 0) == draw({"b": 9}, 0) < draw({"b": 10}, 0)
    assert draw({"b": 9}, 0) != draw({"b": 9}, 1)
