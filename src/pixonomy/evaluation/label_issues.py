"""Finds probable label issues among the wrong predictions of images that nobody trained on."""

from dataclasses import asdict, dataclass

import polars as pl

from pixonomy.label_errors.review import review_probabilities
from pixonomy.prediction.predictions import has_probabilities

FEWEST = 100  # images; of fewer, how labels go wrong cannot be read off
MOST = 60  # that are told of


@dataclass(frozen=True)
class Suspect:
    """A wrong answer that may be a wrong label.

    Attributes:
        quality: the probability that the label is right, 0 to 1.
        reason: a sentence.
    """

    image_id: str
    label: str
    suggested: str
    quality: float
    reason: str


@dataclass(frozen=True)
class LabelIssues:
    """Suspected labels among the wrong answers: how many, and the most suspicious of them."""

    n: int
    worst: tuple[Suspect, ...]

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        return asdict(self)


def find_label_issues(predictions: pl.DataFrame, labels: tuple[str, ...]) -> LabelIssues | None:
    """Look for wrong labels among the wrong answers.

    Args:
        predictions: image_id, label, predicted and `probability_<k>`.
        labels: k categories.

    Returns:
        None where fewer than 100 images, or not all probabilities, are known.
    """
    if predictions.height < FEWEST or not has_probabilities(predictions, len(labels)):
        return None
    probabilities = predictions.select([f"probability_{k}" for k in range(len(labels))]).to_numpy()
    review = review_probabilities(probabilities, predictions["label"], labels)
    found = predictions.select("image_id", "label", "predicted").with_columns(
        suggested=review.suggested,
        quality=pl.Series(review.quality).cast(pl.Float64),
        is_suspect=pl.Series(review.is_label_issue),
        reason=review.reasons,
    )
    is_error = pl.col("label") != pl.col("predicted")
    label_issues = found.filter(is_error & pl.col("is_suspect")).sort("quality", "image_id")
    rows = label_issues.select("image_id", "label", "suggested", "quality", "reason")
    return LabelIssues(
        label_issues.height, tuple(Suspect(*row) for row in rows.head(MOST).iter_rows())
    )
