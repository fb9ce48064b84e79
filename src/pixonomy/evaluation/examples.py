"""Gathers the images that the report shows, with their predictions, as data URIs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.evaluation.confusion_cells import Cells, anchor, choose_cells, surest_mistakes
from pixonomy.evaluation.label_issues import LabelIssues
from pixonomy.evaluation.metrics import Metrics
from pixonomy.pages.thumbnail import as_data_uri, encode_thumbnail, tint
from pixonomy.pages.wording import percent

Pixels = npt.NDArray[np.uint8]
ImageReader = Callable[[Sequence[str]], Mapping[str, Pixels]]
Attention = Callable[[Mapping[str, Pixels], Sequence[str]], Mapping[str, npt.NDArray[np.float32]]]
"""Images as they are shown and their predicted labels → where in each the answer comes from,
0 to 1, (h, w) over the whole image.
"""

THUMBNAIL_PIXELS, SMALL_PIXELS = 160, 96
CONFIDENTLY_WRONG = 12
LABEL_ISSUES = 18


@dataclass(frozen=True)
class ImageSource:
    """Where the page's images are read from.

    Attributes:
        read: image ids → uint8 (3, height, width) RGB; ids it cannot serve may be missing.
        stand_ins: the same for what `read` does not serve: images as the network sees them.
        attention: where in images answers come from; None where that is not to be had.
    """

    read: ImageReader
    stand_ins: ImageReader | None = None
    attention: Attention | None = None


@dataclass(frozen=True)
class Example:
    """One image with its answer.

    Attributes:
        source: a JPEG data URI; None where the image is unavailable.
        attention: the same image, tinted where the answer comes from; None where that is unknown.
    """

    image_id: str
    true: str
    predicted: str
    confidence: str
    source: str | None
    attention: str | None = None

    @property
    def alt(self) -> str:
        """What the image shows here, for those who do not see it."""
        if self.true == self.predicted:
            return f"{self.true}, rightly answered ({self.confidence} sure): {self.image_id}"
        return f"{self.true}, taken for {self.predicted} ({self.confidence} sure): {self.image_id}"


@dataclass(frozen=True)
class CellImages:
    """A cell of the confusion matrix by its display names, with some of its images.

    Attributes:
        share: of the images of the true category.
        anchor: where it is on the page.
    """

    true: str
    predicted: str
    count: int
    share: str
    anchor: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class SuspectImage:
    """A image whose label is probably wrong, with the category it probably shows."""

    example: Example
    suggested: str
    quality: str
    reason: str


@dataclass(frozen=True)
class Gallery:
    """All images the page shows.

    Attributes:
        pairs: the most frequent mistakes; `cells`: others of the matrix, smaller.
        surest: the mistakes with the highest confidence.
        stand_ins: how many of all images are shown as the network sees them, see `ImageSource`.
    """

    pairs: tuple[CellImages, ...]
    cells: tuple[CellImages, ...]
    surest: tuple[Example, ...]
    label_issues: tuple[SuspectImage, ...]
    stand_ins: int = 0

    @property
    def anchors(self) -> frozenset[str]:
        """The cells that have images."""
        return frozenset(one.anchor for one in (*self.pairs, *self.cells))


def gather(
    predictions: pl.DataFrame,
    metrics: Metrics,
    names: Mapping[str, str],
    images: ImageSource,
    label_issues: LabelIssues | None = None,
) -> Gallery:
    """Gather the images behind the matrix, the surest mistakes and the suspected labels.

    `images` is asked once, for all of them; ids it does not serve are shown without an image.

    Args:
        predictions: image_id, label, predicted and confidence.
    """
    cells = choose_cells(predictions, metrics)
    surest = surest_mistakes(predictions, CONFIDENTLY_WRONG)
    issues = label_issues.worst[:LABEL_ISSUES] if label_issues else ()
    suspected = _rows_of(predictions, [one.image_id for one in issues])
    large = pl.concat([cells.pairs.select(surest.columns), surest, suspected])
    shown = _Shown(names, images, large, cells.others)
    return Gallery(
        _as_cells(cells, cells.pairs, shown, metrics),
        _as_cells(cells, cells.others, shown, metrics),
        shown.examples(surest, is_small=False),
        tuple(
            SuspectImage(
                shown.examples(_rows_of(predictions, [one.image_id]), is_small=False)[0],
                names[one.suggested],
                percent(one.quality),
                one.reason,
            )
            for one in issues
        ),
        shown.stand_ins,
    )


class _Shown:
    """Images as data URIs, each made once."""

    def __init__(
        self,
        names: Mapping[str, str],
        images: ImageSource,
        large: pl.DataFrame,
        small: pl.DataFrame,
    ) -> None:
        self._names = names
        large = large.unique("image_id", maintain_order=True)
        ids = pl.concat([large["image_id"], small["image_id"]]).unique(maintain_order=True)
        found, self.stand_ins = _read(images, ids.to_list())
        self._large = {one: _show(found[one]) for one in large["image_id"] if one in found}
        self._small = {
            one: _show(found[one], SMALL_PIXELS) for one in small["image_id"] if one in found
        }
        self._tinted: dict[str, str] = {}
        at_hand = large.filter(pl.col("image_id").is_in(list(self._large)))
        if images.attention is not None and at_hand.height:
            shown = {one: found[one] for one in at_hand["image_id"]}
            maps = images.attention(shown, at_hand["predicted"].to_list())
            self._tinted = {one: _show(found[one], strength=maps[one]) for one in maps}

    def examples(self, rows: pl.DataFrame, is_small: bool) -> tuple[Example, ...]:
        """Return rows of image_id, label, predicted and confidence with their images."""
        sources = self._small if is_small else self._large
        return tuple(
            Example(
                image_id,
                self._names[true],
                self._names[predicted],
                percent(confidence),
                sources.get(image_id),
                None if is_small else self._tinted.get(image_id),
            )
            for image_id, true, predicted, confidence in rows.select(
                "image_id", "label", "predicted", "confidence"
            ).iter_rows()
        )


def _read(images: ImageSource, ids: Sequence[str]) -> tuple[dict[str, Pixels], int]:
    """Return what can be had of the images, and how many of them are stand-ins."""
    found = dict(images.read(ids)) if ids else {}
    absent = [one for one in ids if one not in found]
    if images.stand_ins is None or not absent:
        return found, 0
    others = images.stand_ins(absent)
    return found | dict(others), len(others)


def _as_cells(
    cells: Cells, rows: pl.DataFrame, shown: _Shown, metrics: Metrics
) -> tuple[CellImages, ...]:
    is_small = rows is cells.others
    lines = []
    for (true, predicted, count), of_cell in rows.group_by(
        "true", "answered", "count", maintain_order=True
    ):
        examples = shown.examples(of_cell, is_small)
        share = percent(count / metrics.classes[true].n)
        lines.append(
            CellImages(
                examples[0].true,
                examples[0].predicted,
                count,
                share,
                anchor(true, predicted),
                examples,
            )
        )
    return tuple(lines)


def _rows_of(predictions: pl.DataFrame, ids: Sequence[str]) -> pl.DataFrame:
    columns = ("image_id", "label", "predicted", "confidence")
    found = predictions.select(columns).filter(pl.col("image_id").is_in(list(ids)))
    return found.unique("image_id", keep="first", maintain_order=True)


def _show(
    pixels: Pixels,
    longest: int = THUMBNAIL_PIXELS,
    strength: npt.NDArray[np.float32] | None = None,
) -> str:
    upright = np.ascontiguousarray(pixels.transpose(1, 2, 0))
    if strength is not None:
        upright = tint(upright, strength)
    return as_data_uri(encode_thumbnail(upright, longest))
