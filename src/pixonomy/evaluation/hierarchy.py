"""Measures how near wrong predictions are, in the tree of categories.

Mistaking a red wine for a white one is a smaller mistake than mistaking it for a tyre.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from pixonomy.evaluation.confusion import Confusion
from pixonomy.evaluation.shares import Share, share_among, share_right


@dataclass(frozen=True)
class LevelShare:
    """How many images get the right category at a level of the tree, 1 being the coarsest."""

    level: int
    categories: int
    share: Share


@dataclass(frozen=True)
class Hierarchy:
    """How answers fare in the tree.

    Attributes:
        levels: the coarsest first.
        depth: the mean depth of the lowest node that the true and the predicted category have in
            common: 0 is the root, the number of levels a right answer.
        depth_of_mistakes: the same over the wrong answers alone; None where there are none.
        depth_by_chance: what mistakes would have if they fell on categories as often as answers
            do, whatever the image; None without mistakes.
    """

    levels: tuple[LevelShare, ...]
    depth: float
    depth_of_mistakes: float | None
    depth_by_chance: float | None

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        return asdict(self)


def measure_hierarchy(
    confusion: Confusion,
    labels: Sequence[str],
    paths: Mapping[str, Sequence[str]],
    predictions: pl.DataFrame | None = None,
) -> Hierarchy | None:
    """Measure answers at each level.

    Args:
        labels: k categories, as the confusion numbers them.
        paths: label → its nodes from the coarsest level down to itself; where others lie deeper, a
            label is its own node at the levels below it, too.
        predictions: label, predicted and `unit` or group_id, of the counted images; None: each
            image stands alone.

    Returns:
        None where a label has no path, or there is only one level.
    """
    known = [tuple(paths.get(label, ())) for label in labels]
    depth = max(map(len, known), default=0)
    if depth < 2 or not all(known):
        return None
    known = [path + path[-1:] * (depth - len(path)) for path in known]
    levels, agreement = [], np.zeros(len(confusion.count), np.int64)
    nodes = _number_nodes(known)
    for level in range(nodes.shape[1]):
        is_same = nodes[confusion.true, level] == nodes[confusion.predicted, level]
        agreement += is_same
        share = _share(confusion, is_same, labels, nodes[:, level], predictions)
        assert share is not None  # a confusion of no images is never measured
        levels.append(LevelShare(level + 1, len(np.unique(nodes[:, level])), share))
    is_wrong = confusion.true != confusion.predicted
    wrong = confusion.count[is_wrong]
    of_mistakes = float(np.average(agreement[is_wrong], weights=wrong)) if wrong.size else None
    return Hierarchy(
        tuple(levels),
        float(np.average(agreement, weights=confusion.count)),
        of_mistakes,
        _depth_by_chance(confusion, nodes) if wrong.size else None,
    )


def _share(
    confusion: Confusion,
    is_same: np.ndarray,
    labels: Sequence[str],
    nodes: np.ndarray,
    predictions: pl.DataFrame | None,
) -> Share | None:
    """Return the share of images whose true and predicted categories lie in one of `nodes`."""
    if predictions is None:
        return share_right(int(confusion.count[is_same].sum()), confusion.n)
    places = dict(zip(labels, nodes.tolist(), strict=True))
    named = pl.col("label", "predicted").replace_strict(places, return_dtype=pl.Int64)
    return share_among(predictions.with_columns(named))


def _number_nodes(paths: Sequence[tuple[str, ...]]) -> np.ndarray:
    """Return the number of each label's node at each level, int64 (k, levels).

    Nodes of one name below different ones are different.
    """
    columns = []
    for level in range(len(paths[0])):
        numbers: dict[tuple[str, ...], int] = {}
        columns.append([numbers.setdefault(path[: level + 1], len(numbers)) for path in paths])
    return np.array(columns, np.int64).T


def _depth_by_chance(confusion: Confusion, nodes: np.ndarray) -> float:
    """Weigh each pair of different categories by how often they are true and answered."""
    present, answered = confusion.present.astype(float), confusion.answered.astype(float)
    same_label = float(present @ answered)
    common, different = 0.0, float(present.sum() * answered.sum()) - same_label
    for level in range(nodes.shape[1]):
        size = int(nodes[:, level].max()) + 1
        both = np.bincount(nodes[:, level], present, size) @ np.bincount(
            nodes[:, level], answered, size
        )
        common += float(both) - same_label
    return common / different if different else 0.0
