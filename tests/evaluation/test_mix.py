"""How much of a difference of accuracies is one of the mix of categories."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.evaluation.mix import FEWEST_UNITS, Mix, Reweighted, describe_mix, separate_mix

NAMES = {"cat": "Cat", "dog": "Dog", "owl": "Owl", "yak": "Yak"}
LABELS = tuple(NAMES)


def answers(size: int = 1, **of_category: tuple[int, int]) -> pl.DataFrame:
    """Right answers and pictures of each category; of each unit there are `size` pictures."""
    rows = [
        (label, label if number < right else "none of them")
        for label, (right, n) in of_category.items()
        for number in range(n)
    ]
    units = [place // size for place in range(len(rows))]
    schema = ["label", "predicted"]
    return pl.DataFrame(rows, schema, orient="row").with_columns(
        unit=pl.Series(units, dtype=pl.Int64)
    )


def found(own: pl.DataFrame, there: pl.DataFrame) -> Reweighted:
    reweighted = separate_mix(own, there, LABELS).reweighted
    assert reweighted is not None
    return reweighted


def test_where_only_the_mix_differs_all_is_because_of_it() -> None:
    own = answers(cat=(90, 100), dog=(50, 100))
    seen = found(own, answers(cat=(18, 20), dog=(40, 80)))
    assert (seen.own, seen.there) == (0.7, 0.58)
    assert seen.accuracy == pytest.approx(0.7)
    assert seen.by_pictures.difference == pytest.approx(0)
    assert seen.by_mix.difference == pytest.approx(-0.12)
    assert seen.by_mix.low < -0.12 < seen.by_mix.high < 0
    assert seen.by_pictures.low < 0 < seen.by_pictures.high


def test_where_the_mix_is_the_same_all_is_because_of_the_pictures() -> None:
    own = answers(cat=(95, 100), dog=(90, 100))
    seen = found(own, answers(cat=(50, 80), dog=(40, 80)))
    assert seen.by_mix.difference == pytest.approx(0)
    assert seen.by_pictures.difference == pytest.approx(0.5625 - 0.925)
    assert seen.by_pictures.high < -0.2
    assert seen.accuracy == pytest.approx(seen.there)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=3))
def test_the_parts_add_up_and_their_intervals_hold_them(right: list[tuple[int, int]]) -> None:
    own, there = (
        answers(
            cat=(right[0][side], 9),
            dog=(right[1][side], 9 + 4 * side),
            owl=(right[2][side], 9 + 8 * side),
        )
        for side in (0, 1)
    )
    seen = found(own, there)
    parts = (seen.by_mix, seen.by_pictures)
    assert sum(one.difference for one in parts) == pytest.approx(seen.there - seen.own)
    assert all(one.low - 1e-9 <= one.difference <= one.high + 1e-9 for one in parts)
    assert seen.accuracy_low <= seen.accuracy <= seen.accuracy_high
    assert seen.by_mix.high > seen.by_mix.low  # few pictures prove nothing, not even if all right


def test_categories_that_one_side_lacks_are_named_and_left_out() -> None:
    own = answers(cat=(50, 60), dog=(10, 20), owl=(5, 10))
    there = answers(cat=(5, 10), dog=(9, 10), owl=(0, FEWEST_UNITS - 1), yak=(0, 76))
    mix = separate_mix(own, there, LABELS)
    assert (mix.only_own, mix.few, mix.only_there) == ((), ("owl",), ("yak",))
    assert mix.reweighted is not None
    assert mix.reweighted.categories == 2
    assert mix.reweighted.own_covered == pytest.approx(80 / 90)
    assert mix.reweighted.there_covered == pytest.approx(0.2)
    assert mix.reweighted.accuracy == pytest.approx(0.75 * 0.5 + 0.25 * 0.9)
    told = " ".join(describe_mix(mix, NAMES, "test"))
    assert "of the 2 categories" in told
    assert "88.9% of its test pictures and 20.0% of those there" in told
    assert "Of fewer than 5 independent units there are Owl." in told
    assert "Without any test picture are Yak." in told
    assert "No picture there shows Owl." in " ".join(
        describe_mix(
            separate_mix(own, there.filter(pl.col("label") != "owl"), LABELS), NAMES, "test"
        )
    )


def test_forty_pictures_of_four_products_are_too_few_units() -> None:
    own = answers(cat=(30, 40), dog=(30, 40), owl=(30, 40))
    there = answers(10, cat=(30, 50), dog=(30, 50), owl=(30, 40))
    assert separate_mix(own, there, LABELS).few == ("owl",)
    assert separate_mix(own, there.drop("unit"), LABELS).few == ()


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (answers(cat=(9, 10), dog=(2, 3)), "fewer than two of its categories"),
        (answers(dog=(9, 10), owl=(9, 10)), "have only 20.0% of its test pictures"),
    ],
)
def test_without_evidence_there_is_a_reason_and_no_figure(there: pl.DataFrame, why: str) -> None:
    mix = separate_mix(answers(cat=(30, 40), dog=(4, 5), owl=(4, 5)), there, LABELS)
    assert mix.reweighted is None
    assert why in mix.why_not
    told = describe_mix(mix, NAMES, "test")
    assert "is not told" in told[0]
    assert why in told[0]
    assert len(told) > 1  # which categories are lacking


def test_the_sentences_tell_both_parts() -> None:
    own, there = answers(cat=(90, 100), dog=(50, 100)), answers(cat=(18, 20), dog=(24, 80))
    mix = separate_mix(own, there, LABELS)
    told = describe_mix(mix, NAMES, "test")
    assert "would be 60.0% (95% interval" in told[0]
    assert told[0].endswith("as they are, it is 42.0%.")
    assert told[1].startswith("Of the difference to its test pictures, -28.0 points, -18.0 (")
    assert " are because the mix of categories differs and -10.0 (" in told[1]


SHARES, OTHERS = (0.4, 0.3, 0.2, 0.1), (0.1, 0.2, 0.3, 0.4)
ACCURACIES, LOWER = (0.95, 0.85, 0.7, 0.5), (0.85, 0.8, 0.6, 0.3)


def draw(
    generator: np.random.Generator, shares: Sequence[float], right: Sequence[float], size: int
) -> pl.DataFrame:
    """300 units of `size` pictures each, all of which are right or wrong together."""
    categories = generator.choice(4, 300, p=shares)
    is_right = generator.random(300) < np.array(right)[categories]
    labels = np.array(LABELS)
    table = pl.DataFrame(
        {
            "label": labels[categories],
            "predicted": np.where(is_right, labels[categories], labels[(categories + 1) % 4]),
            "unit": np.arange(300),
        }
    )
    return pl.concat([table] * size)


def cover(there: Sequence[float], size: int, runs: int) -> list[float]:
    """Return how often each interval holds the truth: reweighted, by mix, by pictures."""
    generator, held = np.random.default_rng(7), []
    for _ in range(runs):
        own = draw(generator, SHARES, ACCURACIES, size)
        mix = separate_mix(own, draw(generator, OTHERS, there, size), LABELS)
        seen = mix.reweighted
        assert seen is not None
        assert mix == Mix(seen, "", (), (), ())
        tested = np.array([(own["label"] == label).mean() for label in LABELS], float)
        truth = tested @ there
        by_mix, by_pictures = np.dot(OTHERS, there) - truth, truth - tested @ ACCURACIES
        held.append(
            (
                seen.accuracy_low <= truth <= seen.accuracy_high,
                seen.by_mix.low <= by_mix <= seen.by_mix.high,
                seen.by_pictures.low <= by_pictures <= seen.by_pictures.high,
            )
        )
    return [float(share) for share in np.mean(held, axis=0)]


@pytest.mark.parametrize("there", [ACCURACIES, LOWER])
@pytest.mark.parametrize("size", [1, 4])
def test_intervals_hold_the_truth_in_about_95_of_100_draws(
    there: tuple[float, ...], size: int
) -> None:
    assert all(0.9 <= share <= 0.99 for share in cover(there, size, 100))


@pytest.mark.soak
@pytest.mark.parametrize("there", [ACCURACIES, LOWER])
@pytest.mark.parametrize("size", [1, 4])
def test_intervals_hold_the_truth_in_93_to_97_of_100_draws(
    there: tuple[float, ...], size: int
) -> None:
    assert all(0.93 <= share <= 0.97 for share in cover(there, size, 1000))
