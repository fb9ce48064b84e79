"""Compares a run's own test with its predictions for an external test set."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import polars as pl

from pixonomy.evaluation.difference import compare_apart
from pixonomy.evaluation.mix import Mix, separate_mix
from pixonomy.evaluation.quantify import CategoryShare, estimate_shares
from pixonomy.evaluation.shares import Share, share_of
from pixonomy.intervals import unit_column
from pixonomy.prediction.predictions import MOST_COLUMNS
from pixonomy.results.model_results import AccuracyDifference

_FEWEST_KNOWN = 10  # test images; with fewer, nobody knows what is taken for what


@dataclass(frozen=True)
class OutOfVocabulary:
    """Images of a category that the classifier does not know.

    Attributes:
        none: how many of the n it says are none of its own.
    """

    label: str
    n: int
    none: int


@dataclass(frozen=True)
class ExternalTest:
    """How a classifier fares on a set of images that are not its own.

    Attributes:
        own_split: the split of its own images it is compared with.
        own: its accuracy there.
        there: its accuracy on the labelled images of the set; None without such.
        gap: from its own to the set's; None without labelled images.
        mix: what of the gap is due to another mix of categories; None where there is no gap.
        answered: images of the set that could be read, of any label or none.
        unread: images that could not.
        unlabelled: of the answered.
        none: of the unlabelled, how many it says are none of its categories.
        out_of_vocabulary: labelled images of other categories, the most frequent first.
        shares: of the unlabelled images that are one of its categories; empty where unknown.
        why_no_shares: in words; empty where there are some.
    """

    own_split: str
    own: Share | None
    there: Share | None
    gap: AccuracyDifference | None
    mix: Mix | None
    answered: int
    unread: int
    unlabelled: int
    none: int
    out_of_vocabulary: tuple[OutOfVocabulary, ...]
    shares: tuple[CategoryShare, ...]
    why_no_shares: str

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        record = asdict(self) | {"mix": self.mix.as_json() if self.mix else None}
        return {"foreign" if key == "out_of_vocabulary" else key: record[key] for key in record}


def measure_external(
    own: pl.DataFrame, there: pl.DataFrame, labels: Sequence[str], own_split: str
) -> ExternalTest:
    """Compare a run's own test with an external test set, and estimate what that set shows.

    Args:
        own: predictions of the run's own images: `unit` or group_id, label, predicted, verdict
            and `probability_<k>`.
        there: predictions of the set, with problem, too; label null where unknown.
        labels: k categories.
    """
    answered = there.filter(pl.col("problem").is_null())
    unlabelled = answered.filter(pl.col("label").is_null())
    known = answered.filter(pl.col("label").is_in(list(labels)))
    sides = [
        table.select(
            unit=unit_column(table) or "image_id", is_right=pl.col("label") == pl.col("predicted")
        )
        for table in (own, known)
    ]
    of_these = unlabelled.filter(pl.col("verdict") != "none")
    has_both = own.height > 0 and known.height > 0
    why = _why_no_shares(own, of_these, labels)
    return ExternalTest(
        own_split=own_split,
        own=share_of(sides[0]["is_right"], sides[0]["unit"]),
        there=share_of(sides[1]["is_right"], sides[1]["unit"]),
        gap=compare_apart(*sides) if has_both else None,
        mix=separate_mix(own, known, labels) if has_both else None,
        answered=answered.height,
        unread=there.height - answered.height,
        unlabelled=unlabelled.height,
        none=unlabelled.height - of_these.height,
        out_of_vocabulary=_out_of_vocabulary(answered, labels),
        # The test images called "none of these" are left out as well: like beside like.
        shares=()
        if why
        else estimate_shares(own.filter(pl.col("verdict") != "none"), of_these, labels),
        why_no_shares=why,
    )


def _why_no_shares(own: pl.DataFrame, unknown: pl.DataFrame, labels: Sequence[str]) -> str:
    if not unknown.height:
        return "no picture without a category was answered with one"
    if len(labels) > MOST_COLUMNS:
        return f"of more than {MOST_COLUMNS} categories, too few test pictures each are known"
    if own.height < _FEWEST_KNOWN:
        return f"fewer than {_FEWEST_KNOWN} test pictures say what is taken for what"
    return ""


def _out_of_vocabulary(
    answered: pl.DataFrame, labels: Sequence[str]
) -> tuple[OutOfVocabulary, ...]:
    is_out_of_vocabulary = pl.col("label").is_not_null() & ~pl.col("label").is_in(list(labels))
    table = (
        answered.filter(is_out_of_vocabulary)
        .group_by("label")
        .agg(n=pl.len(), none=(pl.col("verdict") == "none").sum())
        .sort("n", "label", descending=[True, False])
    )
    return tuple(OutOfVocabulary(*row) for row in table.iter_rows())
