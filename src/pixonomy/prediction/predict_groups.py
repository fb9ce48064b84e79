"""Predicts every image and group of a manifest with a bundle, part by part.

Each thread reads, decodes and runs the network on batches of its own: none waits for another,
whichever of the three is slow. The network runs on one thread at a time for each, so that the
answers do not depend on the number of cores.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import polars as pl
from polars import selectors

from pixonomy.arrays.loader import Loader
from pixonomy.bundle.calibrate import Doubles
from pixonomy.bundle.load import Bundle
from pixonomy.dataset.location import LOCATED, locate
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.images.resize import frame
from pixonomy.prediction.groups import GroupedRows, Part
from pixonomy.prediction.pooling import NO_PREDICTION, Aggregation, Pooling, score
from pixonomy.prediction.predictions import Outputs, answer, likeliest, name_predicted
from pixonomy.progress import Progress, silent
from pixonomy.storage.checkpoints import Checkpoints

NEEDED = selectors.by_name("group_id", "label", "problem") | LOCATED
"""Selects the manifest's columns that predictions are made from."""

_FIRST_COLUMNS = (
    "image_id", "group_id", "label", "predicted", "confidence", "verdict", "group_predicted",
    "problem",
)  # fmt: skip
_BATCH_BYTES = 16 * 1024**2  # of images, and of scores: what one thread holds of each
_FEWEST, _MOST = 64, 512  # rows of a batch: neighbours are read at once, and cores share fairly
_GROUP = "group?"  # the name of no column


@dataclass(frozen=True)
class Predictor:
    """What answers.

    Attributes:
        bundle: its network on one thread, since several run it at the same time.
        base: the folder that the rows' relative `uri`s hang from.
        pooling: how the images of a group become one answer.
    """

    bundle: Bundle
    base: Path
    pooling: Pooling

    @property
    def rows_at_once(self) -> int:
        """How many rows a thread takes."""
        widest = max(3 * self.bundle.resize_spec.size**2, 8 * len(self.bundle.labels))
        return max(_FEWEST, min(_MOST, _BATCH_BYTES // widest))


@dataclass(frozen=True)
class _Batch:
    """Some rows of a part, with the number of their group in it; `end` counts all parts' rows."""

    part: Part
    end: int
    rows: pl.DataFrame


@dataclass(frozen=True)
class _Answered:
    """A row of answers for each image; group numbers (m,), scores (m, k) of readable ones."""

    part: Part
    end: int
    rows: pl.DataFrame
    groups: npt.NDArray[np.int64]
    scores: Doubles


class PartCounts(TypedDict):
    """What is noted of each part of the predictions."""

    rows: int
    groups: int
    problems: int
    unread_groups: int


def predict_chunks(
    predictor: Predictor,
    grouped: GroupedRows,
    checkpoints: Checkpoints[PartCounts],
    size: int,
    threads: int = 1,
    progress: Progress = silent,
) -> None:
    """Predict every part of `size` rows that is still missing.

    The columns are image_id, group_id, label, predicted, confidence, verdict, group_predicted
    (the pooled answer for the image's group), problem, predicted_name (what people call the
    category; of a bundle with a taxonomy), and the probabilities that `likeliest` tells. An image
    without an answer has nulls and a problem; a group of such images alone has no answer either.
    Of each part its rows, groups, problems and unread groups are noted.
    """
    missing = grouped.chunks_of(size)[len(checkpoints.done) :]
    batches = _batches_of(grouped, missing, predictor.rows_at_once)
    with Loader(partial(_answer, predictor), batches, threads) as answers:
        for part, of_part in groupby(answers, attrgetter("part")):
            pool, tables = Aggregation(predictor.pooling, part.groups), []
            for one in of_part:
                pool.add(one.groups, one.scores)
                tables.append(one.rows)
                progress("predicting", one.end, grouped.height)
            rows = _name_argmax(pl.concat(tables), pool.most_likely, predictor.bundle.labels)
            about: PartCounts = {
                "rows": rows.height,
                "groups": part.groups,
                "problems": rows["problem"].count(),
                "unread_groups": int((pool.most_likely == NO_PREDICTION).sum()),
            }
            checkpoints.add(rows, about)


def _batches_of(grouped: GroupedRows, checkpoints: Sequence[Part], size: int) -> Iterator[_Batch]:
    for part in checkpoints:
        rows = grouped.rows.slice(part.start, part.end - part.start).collect()
        rows = rows.with_columns(pl.col("group_id").rle_id().cast(pl.Int64).alias(_GROUP))
        for start in range(0, max(1, rows.height), size):
            piece = rows[start : start + size]
            yield _Batch(part, part.start + start + piece.height, piece)


def _answer(predictor: Predictor, batch: _Batch) -> _Answered:
    bundle, rows = predictor.bundle, batch.rows
    images, problems = _read(predictor, rows)
    is_read = np.array([problem is None for problem in problems], bool)
    outputs = Outputs.of(bundle, images[is_read]) if is_read.any() else Outputs.nothing(bundle)
    named = [] if bundle.taxonomy is None else [name_predicted(bundle, outputs)]
    answers = pl.DataFrame(
        [*answer(bundle, outputs), *named, *likeliest(bundle.labels, outputs.probabilities)]
    )
    place = pl.Series(np.cumsum(is_read) - 1).set(pl.Series(~is_read), None)
    rows = rows.select("image_id", "group_id", "label", _GROUP).hstack(
        answers.select(pl.all().gather(place))
    )
    return _Answered(
        batch.part,
        batch.end,
        rows.with_columns(pl.Series("problem", problems, dtype=pl.String)),
        rows[_GROUP].to_numpy()[is_read],
        score(predictor.pooling, bundle.calibration, outputs.logits),
    )


def _read(
    predictor: Predictor, rows: pl.DataFrame
) -> tuple[npt.NDArray[np.uint8], list[str | None]]:
    """Return the images, uint8 (n, 3, size, size), and why some of them could not be had."""
    resize_spec, problems = predictor.bundle.resize_spec, rows["problem"].to_list()
    images = np.empty((rows.height, 3, resize_spec.size, resize_spec.size), np.uint8)
    wanted = [place for place, problem in enumerate(problems) if problem is None]
    locations = locate(rows.filter(pl.col("problem").is_null()), predictor.base)
    for place, fetched in read_all(locations):
        try:
            if isinstance(fetched, UndecodableImage):
                raise fetched
            images[wanted[place]] = frame(fetched, resize_spec)
        except UndecodableImage as error:
            problems[wanted[place]] = str(error)
    return images, problems


def _name_argmax(
    rows: pl.DataFrame, most_likely: npt.NDArray[np.int64], labels: Sequence[str]
) -> pl.DataFrame:
    names = pl.Series("group_predicted", labels, dtype=pl.String)
    places = pl.Series(most_likely).set(pl.Series(most_likely == NO_PREDICTION), None)
    rows = rows.with_columns(names.gather(places).gather(rows[_GROUP]))
    return rows.select(*_FIRST_COLUMNS, pl.exclude(*_FIRST_COLUMNS, _GROUP))
