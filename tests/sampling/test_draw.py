"""Choices become categories, numbers of products, and a table of what was asked and had."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.dataset.manifest import conform
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import DataError, SettingError
from pixonomy.sampling.choose_categories import confusion_similarity
from pixonomy.sampling.draw import (
    PRESET_TOTAL,
    PRESETS,
    SampleChoices,
    allot,
    choose_labels,
    draw_sample,
    find_among,
    find_labels,
)
from pixonomy.sampling.products import Products, list_products

WINE = PRESETS["cdiscount-wine"]
TREE = Taxonomy.from_paths(
    {
        "1": ("DRINKS", "WINE", "ROSÉ"),
        "2": ("DRINKS", "WINE", "RED"),
        "3": ("DRINKS", "BEER", "BEER"),
        "4": ("HOME", "DECOR", "CLOCK"),
    }
)
COUNTS = st.lists(st.integers(0, 60), min_size=1, max_size=12)


def catalogue(**counts: int) -> Products:
    """Give each label that many products of two pictures."""
    rows = [
        {"image_id": f"{label}{number}-{view}", "group_id": f"{label}{number}", "label": label}
        for label, count in counts.items()
        for number in range(count)
        for view in range(2)
    ]
    return list_products(conform(pl.DataFrame(rows)))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"preset": "cdiscount"}, "no preset 'cdiscount'; known: cdiscount-wine, cdiscount-mixed"),
        ({"preset": "cdiscount-wine", "categories": ("a",)}, "A preset names its categories"),
        ({"preset": "cdiscount-wine", "find": "equal:3"}, "A preset names its categories"),
        ({"total": 5, "each": 5}, "not both"),
        ({"total": 0}, "must be 1 to"),
        ({"each": -1}, "must be 1 to"),
        ({"total": 10**30}, "must be 1 to"),
        ({"floor": 0}, "must be 1 to"),
        ({"floor": 9}, "--floor is for finding"),
        ({"find": "equal"}, "equal:K, alike:K or unlike:K with K of 2 or more, not equal"),
        ({"find": "similar:3"}, "not similar:3"),
        ({"find": "equal:1"}, "not equal:1"),
        ({"find": "equal:3:few"}, "not equal:3:few"),
        ({"find": "equal:3:0"}, "must be 1 to"),
        ({"duplicates": "none"}, "must be keep or drop, not none"),
        ({"find": "equal:-3"}, "not equal:-3"),
        ({"find": "equal:" + "9" * 5000}, "equal:K"),
        ({"find": "alike:3"}, "say by what"),
        ({"find": "equal:3", "by": Path("run")}, "--by is for"),
        ({"by": Path("run")}, "--by is for"),
    ],
)
def test_choices_that_make_no_sense_are_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        SampleChoices(**wrong)


@pytest.mark.parametrize(
    ("text", "labels", "found"),
    [
        ("2", "1234", ["2"]),
        ("rose", "1234", ["1"]),
        ("drinks", "1234", ["1", "2", "3"]),
        ("wine", "234", ["2"]),
        ("wine", "34", ["1", "2"]),
        ("Drinks / Wine", ["DRINKS / WINE", "DRINKS / BEER"], ["DRINKS / WINE"]),
        ("wine", ["DRINKS / WINE", "DRINKS / BEER"], ["DRINKS / WINE"]),
        ("drinks", ["DRINKS / WINE", "DRINKS / BEER"], ["DRINKS / WINE", "DRINKS / BEER"]),
        ("decor", ["DRINKS", "HOME"], ["HOME"]),
        ("beer", ["DRINKS", "HOME"], ["3"]),
        ("gâteau", ["GATEAU", "Gateau", "1"], ["GATEAU", "Gateau"]),
        ("GATEAU", ["GATEAU", "Gateau", "1"], ["GATEAU"]),
    ],
)
def test_a_name_means_the_labels_that_lie_wholly_below_it(
    text: str, labels: list[str], found: list[str]
) -> None:
    assert find_labels(text, labels, TREE) == found


def test_without_a_tree_a_label_is_found_by_its_text() -> None:
    assert find_labels("cafe creme", ["café crème", "thé"], None) == ["café crème"]
    with pytest.raises(SettingError, match=r"no category 'thés'\. Did you mean 'thé'\?"):
        find_labels("thés", ["café crème", "thé"], None)


def test_all_categories_are_meant_where_none_is_named() -> None:
    products = catalogue(b=2, a=1)
    assert choose_labels(products, SampleChoices()) == ["a", "b"]
    assert choose_labels(products, SampleChoices(("b", "B", "a"))) == ["a", "b"]


def test_categories_below_the_floor_are_no_candidates() -> None:
    choices = SampleChoices(find="equal:2", floor=3)
    assert choose_labels(catalogue(a=2, b=3, c=4), choices) == ["b", "c"]


def test_a_preset_names_the_categories_that_are_missing() -> None:
    products = catalogue(**dict.fromkeys(WINE[:3], 4))
    with pytest.raises(SettingError, match=f"{WINE[3]}, {WINE[4]}"):
        choose_labels(products, SampleChoices(preset="cdiscount-wine"))


def test_a_preset_is_as_balanced_as_the_catalogue_allows() -> None:
    choices = SampleChoices(preset="cdiscount-wine")
    asked, had = allot([100_000, 400, 3_000, 2_000, 1_700], choices)
    assert sum(asked) == sum(had) == PRESET_TOTAL
    assert asked == [1583, 1583, 1583, 1583, 1584]
    assert had == [1939, 400, 1939, 1938, 1700]
    assert sum(allot([100] * 5, choices)[1]) == 500
    own = SampleChoices(preset="cdiscount-wine", total=10)
    assert allot([1, 9, 9, 9, 9], own)[1] == [1, 2, 2, 2, 3]
    assert (
        allot([1, 9, 9, 9, 9], SampleChoices(preset="cdiscount-wine", each=3))[1] == [1] + [3] * 4
    )


@given(COUNTS, st.integers(1, 500))
def test_a_balanced_total_is_shared_out_evenly_and_others_make_up_for_a_lack(
    available: list[int], total: int
) -> None:
    asked, had = allot(available, SampleChoices(total=total, balanced=True))
    assert sum(asked) == total
    assert max(asked) - min(asked) <= 1
    assert sum(had) == min(total, sum(available))
    cut = [one for one, have in zip(had, available, strict=True) if one < have]
    assert all(one <= have for one, have in zip(had, available, strict=True))
    assert not cut or max(had) - min(cut) <= 1


@given(COUNTS, st.integers(1, 500))
def test_a_total_as_found_keeps_the_shares(available: list[int], total: int) -> None:
    asked, had = allot(available, SampleChoices(total=total))
    assert sum(had) == min(total, sum(available))
    assert all(one <= have for one, have in zip(had, available, strict=True))
    if sum(available):
        exact = [total * one / sum(available) for one in available]
        assert all(abs(one - share) < 1 for one, share in zip(asked, exact, strict=True))


def test_each_and_balanced_alone_give_equal_numbers() -> None:
    assert allot([0, 3, 9], SampleChoices(each=5)) == ([5, 5, 5], [0, 3, 5])
    assert allot([0, 3, 9], SampleChoices(balanced=True)) == ([3, 3, 3], [0, 3, 3])
    assert allot([0, 3, 9], SampleChoices()) == ([0, 3, 9], [0, 3, 9])
    assert allot([0, 0], SampleChoices(balanced=True)) == ([0, 0], [0, 0])


def test_a_sample_says_what_was_asked_and_what_was_had() -> None:
    products = catalogue(**{"1": 3, "4": 9})
    sample = draw_sample(products, ["1", "2", "4"], SampleChoices(each=5), TREE)
    assert sample.table == [
        {"label": "1", "name": "ROSÉ", "asked": 5, "had": 3, "pictures": 6},
        {"label": "2", "name": "RED", "asked": 5, "had": 0, "pictures": 0},
        {"label": "4", "name": "CLOCK", "asked": 5, "had": 5, "pictures": 10},
    ]
    assert sample.stays.sum() == 16


def test_a_sample_of_nothing_is_a_data_error() -> None:
    with pytest.raises(DataError, match="Nothing is left"):
        draw_sample(catalogue(a=3), ["2"], SampleChoices(each=5), TREE)


def test_searches_choose_among_the_candidates() -> None:
    products = catalogue(a=9, b=5, c=4, d=1)
    predictions = pl.DataFrame({"label": ["a", "b", "c", "d"], "predicted": ["d", "c", "c", "d"]})
    similarity = confusion_similarity(predictions.head(3))
    everything = ["a", "b", "c", "d"]
    assert find_among(everything, products, ("equal", 2)) == ["b", "c"]
    assert find_among(everything, products, ("alike", 2), similarity) == ["b", "c"]
    assert "a" in find_among(everything, products, ("unlike", 2), similarity)
    with pytest.raises(SettingError, match="4 categories are to be found among only 3"):
        find_among(everything, products, ("alike", 4), similarity)
