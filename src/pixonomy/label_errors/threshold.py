"""Chooses from which probability on a label counts as a label issue."""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


_TIMIDITY, _BOLDEST = 1.5, 0.25


def choose_threshold(wrong: Doubles, dependence: float = 0.0) -> float:
    """Return the probability from which on a label counts as a label issue.

    Were the probabilities right, the F1 to be expected would be highest at half that F1 (Lipton et
    al. 2014): never above 0.5, and lower the harder wrong labels are to tell from right ones. But
    models that learnt from many wrong labels trust all labels too far, so the threshold is lowered
    by one and a half times the share of labels that seem wrong (a factor of 0.9 at 5 %, 0.5 at
    35 %). Where labels go wrong on images that are hard, the models learn the errors as well, and
    it is lowered by twice as much.

    Args:
        wrong: the probability that each label is wrong, shape (n,), 0 to 1.
        dependence: how far errors depend on the image, 0 to 1; see `noise_matrix.find_dependence`.

    Returns:
        0 to 0.5; labels above it are label issues.
    """
    if not len(wrong):
        return 0.5
    boldness = max(_BOLDEST, 1 - _TIMIDITY * (1 + dependence) * float(wrong.mean()))
    return expected_f1(wrong) / 2 * boldness


def expected_f1(wrong: Doubles) -> float:
    """Return the highest F1 to be expected of any threshold, if the probabilities are right.

    Args:
        wrong: the probability that each label is wrong, shape (n,), 0 to 1.
    """
    ranked = np.sort(wrong.astype(np.float64))[::-1]
    total = ranked.sum()
    if total <= 0:
        return 1.0
    # F1 of the first 1, 2, … labels: 2 x (expected wrong among them) / (their number + all wrong).
    found = np.cumsum(ranked)
    return float((2 * found / (np.arange(1, len(ranked) + 1) + total)).max())
