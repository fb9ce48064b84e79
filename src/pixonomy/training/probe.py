"""A linear probe: a classifier on the embeddings of a frozen network, fitted in seconds.

The probe (Alain & Bengio 2016) is the first baseline of every run that has pretrained weights,
and the head that fine-tuning starts from.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from pixonomy.training.epochs import measure_logits

Floats = npt.NDArray[np.float32]

_FEWEST_OF_LABEL = 4  # images, whatever the number of labels
_STRENGTHS = (0.01, 0.1, 1.0)  # inverse regularisation tried, on embeddings of unit deviation


@dataclass(frozen=True)
class Probe:
    """A linear head: logits = embedding @ kernel + bias; kernel (d, k), bias (k,), float32."""

    kernel: Floats
    bias: Floats

    def logits(self, embeddings: Floats) -> Floats:
        """Return logits, shape (n, k), of embeddings, shape (n, d)."""
        return np.asarray(embeddings @ self.kernel + self.bias, np.float32)


@dataclass(frozen=True)
class Embedded:
    """Embeddings, float32 (n, d), and label numbers, int64 (n,)."""

    embeddings: Floats
    labels: npt.NDArray[np.int64]


def fit_probe(train: Embedded, validation: Embedded, categories: int) -> Probe:
    """Fit logistic regression, its regularisation chosen by validation loss.

    Args:
        train: every label number from 0 to categories - 1 has to occur.
        validation: may be empty; then the middle strength is taken.
        categories: k.
    """
    mean = train.embeddings.mean(axis=0)
    deviation = train.embeddings.std(axis=0) + 1e-6
    # Unit deviation makes one regularisation fit all directions, and the solver converge.
    scaled = (train.embeddings - mean) / deviation
    strengths = _STRENGTHS if len(validation.labels) else _STRENGTHS[1:2]
    best: tuple[float, Probe] | None = None
    for strength in strengths:
        model = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
        # Not converged after 300 iterations is near enough: validation loss decides.
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            model.fit(scaled, train.labels)
        kernel, bias = model.coef_, model.intercept_
        if categories == 2:  # scikit-learn keeps one row for two categories
            kernel, bias = (
                np.vstack([-kernel / 2, kernel / 2]),
                np.concatenate([-bias / 2, bias / 2]),
            )
        # Standardising is folded into the head: w (x - mean) / deviation + b = (w / deviation) x +
        # …
        folded = (kernel / deviation).T
        probe = Probe(folded.astype(np.float32), (bias - mean @ folded).astype(np.float32))
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
