"""Wrong predictions and pictures enter; what the report shows of them leaves, as data URIs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.pages.thumbnail import as_data_uri, encode_thumbnail
from pixonomy.pages.wording import percent

Pixels = npt.NDArray[np.uint8]
Pictures = Callable[[Sequence[str]], Mapping[str, Pixels]]

THUMBNAIL_PIXELS = 160
EXAMPLES_OF_A_PAIR = 6
CONFIDENTLY_WRONG = 12


@dataclass(frozen=True)
class Example:
    """One picture the classifier got wrong; `source` is a JPEG data URI, None where unavailable."""

    image_id: str
    true: str
    predicted: str
    confidence: str
    source: str | None

    @property
    def alt(self) -> str:
        """What the picture shows here, for those who do not see it."""
        return f"{self.true}, taken for {self.predicted} ({self.confidence} sure): {self.image_id}"


@dataclass(frozen=True)
class ConfusedPair:
    """A frequent mistake by its display names, with some of its pictures, surest first."""

    true: str
    predicted: str
    count: int
    share: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Mistakes:
    """All the wrong pictures the page shows."""

    pairs: tuple[ConfusedPair, ...]
    surest: tuple[Example, ...]


def gather_mistakes(
    predictions: pl.DataFrame,
    pairs: Sequence[tuple[str, str, int]],
    names: Mapping[str, str],
    pictures: Pictures,
) -> Mistakes:
    """The pictures behind `pairs` (true label, predicted label, count) and the surest mistakes.

    `pictures` is asked once, for all of them; ids it does not return are shown without a picture.
    """
    columns = ["image_id", "label", "predicted", "confidence"]
    wrong = (
        predictions.select(columns)
        .filter(pl.col("label") != pl.col("predicted"))
        .sort(["confidence", "image_id"], descending=[True, False])
    )
    of_pairs = [
        wrong.filter((pl.col("label") == true) & (pl.col("predicted") == predicted)).head(
            EXAMPLES_OF_A_PAIR
        )
        for true, predicted, _ in pairs
    ]
    surest = wrong.head(CONFIDENTLY_WRONG)
    asked = pl.concat([*of_pairs, surest])["image_id"].unique(maintain_order=True).to_list()
    found = pictures(asked) if asked else {}
    sources = {image_id: _show(pixels) for image_id, pixels in found.items()}
    totals = dict(predictions.group_by("label").len().iter_rows())
    told = []
    for (true, predicted, count), rows in zip(pairs, of_pairs, strict=True):
        share, examples = percent(count / totals[true]), _examples(rows, names, sources)
        told.append(ConfusedPair(names[true], names[predicted], count, share, examples))
    return Mistakes(tuple(told), _examples(surest, names, sources))


def _show(pixels: Pixels) -> str:
    upright = np.ascontiguousarray(pixels.transpose(1, 2, 0))
    return as_data_uri(encode_thumbnail(upright, THUMBNAIL_PIXELS))


def _examples(
    rows: pl.DataFrame, names: Mapping[str, str], sources: Mapping[str, str]
) -> tuple[Example, ...]:
    return tuple(
        Example(image_id, names[true], names[predicted], percent(confidence), sources.get(image_id))
        for image_id, true, predicted, confidence in rows.iter_rows()
    )
