"""Logistic regression on embeddings: a linear head."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from pixonomy.heads.references import Floats, Integers


@dataclass(frozen=True)
class Linear:
    """A linear head: logits = embedding @ kernel + bias; kernel (d, k), bias (k,), float32."""

    kernel: Floats
    bias: Floats

    def logits(self, embeddings: Floats) -> Floats:
        """Return logits, shape (n, k), of embeddings, shape (n, d)."""
        return np.asarray(embeddings @ self.kernel + self.bias, np.float32)


def fit_logistic(
    embeddings: Floats, labels: Integers, strength: float, tolerance: float = 1e-3
) -> Linear:
    """Fit multinomial logistic regression on embeddings, (n, d), brought to unit deviation.

    Args:
        labels: label numbers, (n,); the head has a column for each that occurs, in their order.
        strength: inverse regularisation (scikit-learn's C).
        tolerance: of the gradient, at which the minimiser stops.
    """
    mean = embeddings.mean(axis=0)
    deviation = embeddings.std(axis=0) + 1e-6
    # Unit deviation makes one regularisation fit all directions, and the solver converge.
    scaled = (embeddings - mean) / deviation
    model = LogisticRegression(C=strength, max_iter=300, tol=tolerance)
    # Not converged after 300 iterations is near enough: validation loss decides.
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        model.fit(scaled, labels)
    kernel, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two categories
        kernel, bias = np.vstack([-kernel / 2, kernel / 2]), np.concatenate([-bias / 2, bias / 2])
    # Standardising is folded into the head: w (x - mean) / deviation + b = (w / deviation) x + …
    folded = (kernel / deviation).T
    return Linear(folded.astype(np.float32), (bias - mean @ folded).astype(np.float32))
