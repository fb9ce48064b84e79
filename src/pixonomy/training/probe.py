"""A linear probe: a classifier on the embeddings of a frozen network, fitted in seconds.

The probe (Alain & Bengio 2016) is the first baseline of every run that has pretrained weights,
and the head that fine-tuning starts from.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.heads.logistic_head import Linear, fit_logistic
from pixonomy.training.epochs import measure_logits

Floats = npt.NDArray[np.float32]

_FEWEST_OF_LABEL = 4  # images, whatever the number of labels
_STRENGTHS = (0.01, 0.1, 1.0)  # inverse regularisation tried, on embeddings of unit deviation


@dataclass(frozen=True)
class Probe(Linear):
    """A linear head and the inverse regularisation that it was fitted with."""

    strength: float = _STRENGTHS[1]


@dataclass(frozen=True)
class Embedded:
    """Embeddings, float32 (n, d), and label numbers, int64 (n,)."""

    embeddings: Floats
    labels: npt.NDArray[np.int64]


def fit_probe(train: Embedded, validation: Embedded) -> Probe:
    """Fit logistic regression, its regularisation chosen by validation loss.

    Args:
        train: every label number up to the highest has to occur.
        validation: may be empty; then the middle strength is taken.
    """
    strengths = _STRENGTHS if len(validation.labels) else _STRENGTHS[1:2]
    best: tuple[float, Probe] | None = None
    for strength in strengths:
        linear = fit_logistic(train.embeddings, train.labels, strength)
        probe = Probe(linear.kernel, linear.bias, strength)
        loss = 0.0
        if len(validation.labels):
            loss, _ = measure_logits(probe.logits(validation.embeddings), validation.labels)
        if best is None or loss < best[0]:
            best = (loss, probe)
    assert best is not None
    return best[1]


def choose_probed(
    rows: npt.NDArray[np.int64], labels: npt.NDArray[np.int64], most: int, seed: int
) -> npt.NDArray[np.int64]:
    """Choose images for a probe: all, or of too many equally many of each label.

    The embeddings of a large catalogue would not fit into memory, and say little more.

    Args:
        rows: row numbers, (n,), ascending; may be empty.
        labels: the label number of every row.
        most: images in all; at least four of each label are taken all the same.

    Returns:
        Some of `rows`, ascending; labels with fewer than their part leave the rest untaken.
    """
    if len(rows) <= most:
        return rows
    place = np.random.default_rng([seed, 3]).permutation(len(rows))
    table = pl.DataFrame({"row": rows, "label": labels[rows], "place": place}).sort("place")
    of_each = max(_FEWEST_OF_LABEL, most // (int(labels[rows].max()) + 1))
    return table.group_by("label").head(of_each)["row"].sort().to_numpy()
