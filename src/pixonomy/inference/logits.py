"""Logits as probabilities, in NumPy alone: using a bundle does not need SciPy.

The results are those of `scipy.special` of the same names (softmax, log_softmax, logsumexp), which
subtract the highest logit first, so that no exponential overflows.
"""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


def softmax(logits: Doubles) -> Doubles:
    """Return probabilities, float64 (n, k), of logits, float64 (n, k); each row sums to 1."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def log_softmax(logits: Doubles) -> Doubles:
    """Return the logarithms of `softmax`, finite even where a probability rounds to zero."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def logsumexp(logits: Doubles) -> Doubles:
    """Return log(sum(exp(logits))) of each row, float64 (n,), of logits, float64 (n, k)."""
    highest = logits.max(axis=1, keepdims=True)
    is_highest = logits == highest
    count = is_highest.sum(axis=1)
    # The highest stays out of the sum: beside a 1 small terms would be rounded away.
    rest = np.where(is_highest, 0.0, np.exp(logits - highest)).sum(axis=1)
    return np.asarray(np.log1p(rest / count) + np.log(count) + highest[:, 0])
