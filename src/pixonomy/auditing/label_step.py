"""Reviews a manifest's labels: how far to trust each, by embeddings or by a run's predictions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.auditing.duplicate_groups import Duplicates
from pixonomy.auditing.findings import conform
from pixonomy.auditing.kinds import DOUBTFUL, LABEL_ISSUES
from pixonomy.bundle.load import load_bundle
from pixonomy.dataset.connected import connect
from pixonomy.errors import SettingError
from pixonomy.label_errors.review import (
    LABELS_VERSION,
    LabelReview,
    review_labels,
    review_probabilities,
)
from pixonomy.pages.wording import counted, percent
from pixonomy.progress import Context
from pixonomy.storage.cache import keep
from pixonomy.storage.files import existing_path, hash_file
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import read_parquet

REVIEW = "labels.parquet"

MOST_ROWS = 500_000
"""How many labels are reviewed at once: what is known of their images has to fit in memory.
More are assigned to parts, whole groups at a time, and each part is reviewed by itself."""

FEWEST_OF_CATEGORY = 50
"""Images of a category, on average, without which a part is not worth reviewing."""

_MOST_ANSWERS = 100_000_000  # images times categories, for the same reason
_SEED = 0
_SURE = 0.95  # probability that a label is right; below it the label is worth a look, …
_LAST_SHARE = 0.05  # … and so is a twentieth of all labels, the least sure
_PREDICTIONS = "predictions.parquet"
_SCHEMA = {
    "row": pl.UInt32(),
    "quality": pl.Float32(),
    "suggested": pl.String(),
    "is_suspect": pl.Boolean(),
    "reason": pl.String(),
    "withheld": pl.String(),
}
_LEAST_PRECISION = 0.5  # of a list worth looking through
_LEAST_PRECISE = 0.05  # of a promise that did not hold, so that the order stays


@dataclass(frozen=True)
class Labelled:
    """The images whose labels are reviewed.

    Attributes:
        manifest: whose they are.
        rows_of_manifest: image_id and label of each row of it.
        duplicates: which images are duplicates of each other.
        embeddings: float16 (n, d), mapped; row n is the manifest's.
        is_hand_made: whether they were made without a network.
        is_settled: of each row, whether a person has said its label; None: of no row.
    """

    manifest: Path
    rows_of_manifest: pl.DataFrame
    duplicates: Duplicates
    embeddings: npt.NDArray[np.float16]
    is_hand_made: bool = False
    is_settled: pl.Series | None = None

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """The rows that have an image and a label."""
        is_labelled = self.rows_of_manifest["label"].is_not_null().to_numpy()
        return np.flatnonzero((self.duplicates.image >= 0) & is_labelled)


def hash_predictions(run: Path | None) -> str | None:
    """Return the hash of a run's predictions; None without a run.

    Raises:
        SettingError: if it has none.
    """
    if run is None:
        return None
    return hash_file(existing_path(run / _PREDICTIONS, "table of a run's predictions"))


def review(
    labelled: Labelled,
    run: Path | None,
    folder: Path,
    made_from: Fingerprint,
    context: Context,
) -> pl.DataFrame:
    """Return how far to trust labels: row, quality (0 to 1), suggested, is_suspect, reason.

    A label that a person has said is right: its quality is 1. Where images were described by hand
    and fewer than half of the suspected labels are to be expected wrong, there is none, quality
    tells what the surest images show, and `withheld` (null otherwise) says why, the same in all
    rows.

    Args:
        run: whose predictions, of images it was not trained on, the labels are compared with;
            None: labels are compared by cross-validation on the embeddings.
        folder: where the table is kept for the next time.
        made_from: what tells these images and their groups from others.
    """

    def make() -> pl.DataFrame:
        if run is not None:
            return _settle(_review_predictions(labelled, run), labelled)
        return _settle(_review_embeddings(labelled, context), labelled)

    return keep(folder / REVIEW, {**made_from, "labels": LABELS_VERSION}, make)


def as_findings(reviewed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the suspected and the doubtful labels as findings, the most suspicious first."""
    ordered = reviewed.sort("quality", "row")
    label_issues = ordered.filter("is_suspect").select("row", score="quality", detail="reason")
    is_last = pl.col("quality").rank("ordinal") <= _LAST_SHARE * pl.len()
    # Of what is withheld there is an order, and no evidence for a figure.
    has_figure = pl.col("withheld").is_null()
    is_doubtful = ~pl.col("is_suspect") & (is_last | (has_figure & (pl.col("quality") < _SURE)))
    figure = pl.format(
        "right with a probability of {} %", (100 * pl.col("quality")).round(0).cast(int)
    )
    text = pl.when(has_figure).then(figure).otherwise(pl.lit("one of those that fit least"))
    doubtful = ordered.filter(is_doubtful).select("row", score="quality", detail=text)
    return {LABEL_ISSUES: conform(label_issues), DOUBTFUL: conform(doubtful)}


def _review_embeddings(labelled: Labelled, context: Context) -> pl.DataFrame:
    rows = labelled.rows
    labels = labelled.rows_of_manifest["label"].gather(rows).cast(pl.String)
    categories = labels.n_unique()
    if categories < 2:
        return pl.DataFrame(schema=_SCHEMA)
    parts = 1 + max(rows.size // (MOST_ROWS + 1), rows.size * categories // _MOST_ANSWERS)
    if parts > 1 and rows.size < FEWEST_OF_CATEGORY * categories * parts:
        context.report(
            f"The labels of {rows.size:,} pictures in {categories:,} categories are too many to "
            "be reviewed at once, and too few of each to be reviewed in parts; audit some of the "
            "categories (`pixonomy sample`)."
        )
        return pl.DataFrame(schema=_SCHEMA)
    groups = read_parquet(labelled.manifest, ["group_id"])["group_id"].gather(rows)
    units = connect([pl.Series(labelled.duplicates.group[rows]), groups])
    part_of = np.random.default_rng(_SEED).permutation(int(units.max()) + 1)[units] % parts
    tables = []
    for part in range(parts):
        some = np.flatnonzero(part_of == part)
        features, given = labelled.embeddings[rows[some]], labels.gather(some)
        reviewed = review_labels(features, given, units[some], _SEED, context)
        table = _as_table(rows[some], reviewed)
        is_false = labelled.is_hand_made and reviewed.precision < _LEAST_PRECISION
        tables.append(_withhold(table, reviewed) if is_false else table)
    return pl.concat(tables).sort("row")


def _withhold(table: pl.DataFrame, reviewed: LabelReview) -> pl.DataFrame:
    """Take suspected labels back of which fewer than half are to be expected wrong, and say so."""
    label_issues = table.filter("is_suspect")
    promised = 1 - label_issues.select(pl.col("quality").mean()).item()
    sentence = (
        "No label is listed as suspected: without a network the description of the pictures "
        f"agrees with {percent(reviewed.agreement)} of their labels, and of the "
        f"{counted(label_issues.height, 'label')} that it contradicts most fewer than half are "
        "to be expected wrong; audit with a network (--network imagenet, a weights file or a "
        "bundle) to find wrong labels."
    )
    tightened = max(reviewed.precision, _LEAST_PRECISE) / promised
    wrong = (1 - pl.col("quality")) * min(1.0, tightened)
    return table.with_columns(
        (1 - wrong).cast(pl.Float32).alias("quality"),
        pl.lit(False).alias("is_suspect"),
        pl.lit(None, pl.String).alias("reason"),
        pl.lit(sentence).alias("withheld"),
    )


def _settle(table: pl.DataFrame, labelled: Labelled) -> pl.DataFrame:
    """Take what a person has said for right."""
    if labelled.is_settled is None:
        return table
    is_settled = labelled.is_settled.gather(table["row"])
    settled = {"quality": 1.0, "is_suspect": False, "reason": None}
    return table.with_columns(
        pl.when(is_settled).then(pl.lit(value, _SCHEMA[name])).otherwise(name).alias(name)
        for name, value in settled.items()
    )


def _review_predictions(labelled: Labelled, run: Path) -> pl.DataFrame:
    labels = load_bundle(run).labels
    predicted = read_parquet(run / _PREDICTIONS)
    columns = [f"probability_{place}" for place in range(len(labels))]
    if not set(columns) <= set(predicted.columns):
        raise SettingError(
            f"{run / _PREDICTIONS} does not tell the probability of each category; evaluate the "
            "run again, or leave --predictions out."
        )
    numbered = labelled.rows_of_manifest.select("image_id", pl.col("label").cast(pl.String))
    numbered = numbered.with_row_index("row")[labelled.rows]
    both = numbered.join(predicted.select("image_id", *columns), on="image_id", how="inner")
    both = both.filter(pl.col("label").is_in(list(labels)))
    if both.is_empty():
        raise SettingError(f"{run / _PREDICTIONS} tells of no labelled picture of this manifest.")
    probabilities = both.select(columns).to_numpy()
    rows = both["row"].to_numpy().astype(np.int64)
    return _as_table(rows, review_probabilities(probabilities, both["label"], labels))


def _as_table(rows: npt.NDArray[np.int64], reviewed: LabelReview) -> pl.DataFrame:
    values: dict[str, npt.NDArray[np.generic] | pl.Series] = {
        "row": rows,
        "quality": reviewed.quality,
        "suggested": reviewed.suggested,
        "is_suspect": reviewed.is_label_issue,
        "reason": reviewed.reasons,
        "withheld": pl.Series([None], dtype=pl.String).new_from_index(0, len(rows)),
    }
    table = pl.DataFrame(
        {name: pl.Series(values[name]).cast(dtype) for name, dtype in _SCHEMA.items()}
    )
    # Of categories with hardly any images nothing can be said.
    return table.with_columns(pl.col("quality").fill_nan(None))
