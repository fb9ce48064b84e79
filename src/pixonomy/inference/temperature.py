"""Logits and true labels go in; the temperature that suits them, and the loss at it, come out."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

_LOWEST, _HIGHEST = 0.05, 20.0


def fit_temperature(
    logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """Find the temperature with the lowest cross-entropy (Guo et al. 2017).

    Args:
        logits: shape (n, k).
        labels: label numbers, shape (n,).

    Returns:
        The temperature, and the mean cross-entropy (nats) of logits / temperature.
    """
    values = logits.astype(np.float64)
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        scaled = values / np.exp(log_temperature)
        return -float(log_softmax(scaled, axis=1)[rows, labels].mean())

    bounds = (np.log(_LOWEST), np.log(_HIGHEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded")
    return float(np.exp(found.x)), float(found.fun)
