import polars as pl

from pixonomy.evaluation.verdicts import tabulate_verdicts

ANSWERS = pl.DataFrame(
    {
        "label": ["cat"] * 5,
        "predicted": ["cat", "cat", "dog", "cat", "cat"],
        "verdict": ["sure", "sure", "sure", "unsure", "none"],
    }
)
STRANGERS = pl.DataFrame(
    {
        "label": ["zebra"] * 5,
        "predicted": ["cat"] * 5,
        "verdict": ["none"] * 4 + ["sure"],
    }
)


def test_a_row_says_how_many_and_how_many_of_them_right() -> None:
    sure, unsure, none = tabulate_verdicts(ANSWERS)
    assert (sure.verdict, sure.outcome, sure.share) == ("sure", "3, of which 2 right", "60.0%")
    assert (unsure.outcome, unsure.accuracy) == ("1, of which 1 right", "100%")
    assert none.verdict == "none of these"
    assert none.outcome == "1, none of them rightly: each shows one of its categories"
    assert (none.accuracy, none.interval) == ("", "")


def test_none_of_these_is_right_for_pictures_of_other_categories() -> None:
    sure, _, none = tabulate_verdicts(ANSWERS, STRANGERS)
    assert (none.outcome, none.accuracy) == ("5, of which 4 rightly", "80.0%")
    assert sure.outcome == "4, of which 2 right"  # to be sure of a zebra is a mistake


def test_verdicts_that_nobody_got_are_told_where_they_could_be() -> None:
    sure_only = ANSWERS.filter(verdict="sure")
    assert [row.outcome for row in tabulate_verdicts(sure_only)] == ["3, of which 2 right", "0"]
    shown = tabulate_verdicts(sure_only, STRANGERS.head(0))
    assert [row.verdict for row in shown] == ["sure", "unsure"]


def test_the_interval_counts_units_not_pictures() -> None:
    alone = tabulate_verdicts(ANSWERS.with_columns(unit=pl.int_range(pl.len())))[0]
    tied = tabulate_verdicts(ANSWERS.with_columns(unit=pl.lit(1)))[0]
    assert alone.interval != tied.interval
