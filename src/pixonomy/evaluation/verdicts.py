"""Counts how often each verdict was given, and how often rightly."""

from dataclasses import dataclass

import polars as pl

from pixonomy.evaluation.shares import Share, share_of
from pixonomy.intervals import number_units
from pixonomy.pages.wording import percent

NONE = "none"
_MEANINGS = {
    "sure": ("sure", "it names one category"),
    "unsure": ("unsure", "it offers the likeliest categories"),
    NONE: ("none of these", "it says the picture shows none of its categories"),
}


@dataclass(frozen=True)
class VerdictRow:
    """How often the classifier gave a verdict, and how often that was right, in words.

    Attributes:
        outcome: "120, of which 118 right".
        accuracy, interval: empty where they say nothing, because it cannot be right here.
    """

    verdict: str
    meaning: str
    outcome: str
    share: str
    accuracy: str
    interval: str


def tabulate_verdicts(
    predictions: pl.DataFrame, out_of_vocabulary: pl.DataFrame | None = None
) -> list[VerdictRow]:
    """Count the verdicts: "sure" and "unsure" are right where the first answer is.

    "None of these" is right for an image of a category that the classifier does not know.

    Args:
        predictions: label, predicted, verdict and `unit` or else group_id, of images of its
            categories.
        out_of_vocabulary: the same of labelled images of other categories; None: there are none.
    """
    judged = _count_rows(predictions, is_known=True)
    if out_of_vocabulary is not None:
        judged = pl.concat([judged, _count_rows(out_of_vocabulary, is_known=False)])
    strangers = 0 if out_of_vocabulary is None else out_of_vocabulary.height
    by_verdict = {verdict: table for (verdict,), table in judged.group_by("verdict")}
    known = [one for one in _MEANINGS if one in by_verdict or one != NONE or strangers]
    others = sorted(str(verdict) for verdict in by_verdict if verdict not in _MEANINGS)
    return [
        _row(verdict, by_verdict.get(verdict, judged[:0]), judged.height, strangers > 0)
        for verdict in (*known, *others)
    ]


def _count_rows(predictions: pl.DataFrame, *, is_known: bool) -> pl.DataFrame:
    """Return verdict, is_right and unit of each image."""
    is_none = pl.col("verdict") == NONE
    is_right = (pl.col("label") == pl.col("predicted")) & ~is_none if is_known else is_none
    numbers = number_units(predictions)
    units = pl.Series("unit", range(predictions.height)) if numbers is None else pl.Series(numbers)
    prefix = "known" if is_known else "other"
    return predictions.select(
        "verdict", is_right=is_right, unit=pl.format(f"{prefix} {{}}", units.alias("unit"))
    )


def _row(verdict: str, judged: pl.DataFrame, total: int, has_strangers: bool) -> VerdictRow:
    name, meaning = _MEANINGS.get(verdict, (verdict, ""))
    right, share = int(judged["is_right"].sum()), share_of(judged["is_right"], judged["unit"])
    cannot_be_right = verdict == NONE and not has_strangers
    if not judged.height:
        outcome = "0"
    elif cannot_be_right:
        outcome = f"{judged.height:,}, none of them rightly: each shows one of its categories"
    else:
        word = "rightly" if verdict == NONE else "right"
        outcome = f"{judged.height:,}, of which {right:,} {word}"
    return VerdictRow(
        name,
        meaning,
        outcome,
        percent(judged.height / total if total else None),
        *(("", "") if cannot_be_right else _in_words(share)),
    )


def _in_words(share: Share | None) -> tuple[str, str]:
    if share is None:
        return percent(None), ""
    return percent(
        share.accuracy
    ), f"{percent(share.accuracy_low)} to {percent(share.accuracy_high)}"
