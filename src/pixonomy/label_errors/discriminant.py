"""A discriminant analysis on soft labels, scored out of fold.

Class means and one covariance hardly follow single wrong labels, where a classifier that draws
borders bends towards each of them.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_RIDGE = 2.0  # added to each variance; features of unit deviation have one of at most 1
_FEW = 1e-2  # images that every category has at least, at the mean of all


class Discriminant:
    """Linear discriminant analysis with a ridge (Friedman 1989), one model a fold."""

    def __init__(self, features: Floats, folds: npt.NDArray[np.int64]) -> None:
        """Take features (n, d) and the fold of each row (n,); what no label changes is kept."""
        self._features = features
        self._rows = [np.flatnonzero(folds == fold) for fold in range(int(folds.max()) + 1)]
        self._scatters = [features[rows].T @ features[rows] for rows in self._rows]
        self._sums = [features[rows].sum(axis=0) for rows in self._rows]

    def score(self, targets: Floats) -> Floats:
        """Return scores, float32 (n, k): log-densities up to a constant, without priors.

        Args:
            targets: soft labels (n, k); the sum of a row is its weight.
        """
        means = [targets[rows].T @ self._features[rows] for rows in self._rows]
        counts = [targets[rows].sum(axis=0) for rows in self._rows]
        scores = np.empty(targets.shape, np.float32)
        for fold, rows in enumerate(self._rows):
            others = [other for other in range(len(self._rows)) if other != fold]
            seen = sum(len(self._rows[other]) for other in others)
            overall = sum(self._sums[other] for other in others) / max(seen, 1)
            count = sum(counts[other] for other in others) + _FEW
            centres = (sum(means[other] for other in others) + _FEW * overall) / count[:, None]
            # Over the weight, not the rows: so it is never less than what the centres spread.
            scatter = sum(self._scatters[other] for other in others) / count.sum()
            # Within the categories: the covariance of all rows less that of the centres.
            share = count / count.sum()
            inner = scatter - (centres.T * share) @ centres + _RIDGE * np.eye(len(overall))
            # Linear in the features, as all categories share one covariance: x S⁻¹ c - c S⁻¹ c / 2.
            slopes = np.linalg.solve(inner.astype(np.float64), centres.T).astype(np.float32)
            offsets = 0.5 * np.einsum("kd,dk->k", centres, slopes)
            scores[rows] = self._features[rows] @ slopes - offsets
        return scores
