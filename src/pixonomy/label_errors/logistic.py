"""A logistic regression on soft labels, scored out of fold."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_CELLS = 1 << 23  # probabilities at once: 32 MiB


class Logistic:
    """Multinomial logistic regression on soft labels, the models of all folds fitted at once.

    The loss of a fold is the mean cross-entropy of the other folds' rows plus strength / 2 times
    the squared weights (the offsets are free). Minimised by L-BFGS, each time from where the
    time before ended.
    """

    def __init__(self, features: Floats, folds: npt.NDArray[np.int64], strength: float) -> None:
        """Take features (n, d), the fold of each row (n,), and how strongly weights are held."""
        self._features, self._folds, self._strength = features, folds, strength
        self._count = int(folds.max()) + 1
        self._start: Doubles | None = None

    def score(self, targets: Floats, steps: int) -> Floats:
        """Return scores, float32 (n, k): logits of rows by the model that has not seen them.

        Args:
            targets: soft labels (n, k); the sum of a row is its weight.
            steps: of the minimiser, at most.
        """
        width, categories = self._features.shape[1], targets.shape[1]
        size = self._count * categories
        start = np.zeros((width + 1) * size) if self._start is None else self._start
        weight = targets.sum(axis=1)
        # What each fold's model learns from: all weight but that of its own rows.
        totals = weight.sum() - np.bincount(self._folds, weight, self._count)
        totals = np.maximum(totals, 1e-6).astype(np.float32)
        options = {"maxiter": steps, "maxcor": 10, "ftol": 1e-7, "gtol": 1e-7}
        found = minimize(
            lambda flat: self._loss(flat, targets, totals),
            start,
            jac=True,
            method="L-BFGS-B",
            options=options,
        )
        self._start = found.x
        table = found.x.astype(np.float32).reshape(width + 1, self._count, categories)
        scores = np.empty(targets.shape, np.float32)
        for fold in range(self._count):
            rows = np.flatnonzero(self._folds == fold)
            scores[rows] = self._features[rows] @ table[:-1, fold] + table[-1, fold]
        return scores

    def _loss(self, flat: Doubles, targets: Floats, totals: Floats) -> tuple[float, Doubles]:
        """Return the sum of all folds' losses and its gradient, both for `minimize`."""
        categories = targets.shape[1]
        table = flat.astype(np.float32).reshape(self._features.shape[1] + 1, -1)
        gradient = np.zeros(table.shape, np.float32)
        slopes = table[:-1]
        loss = 0.5 * self._strength * float((slopes * slopes).sum())
        gradient[:-1] = self._strength * slopes
        step = max(1, _CELLS // table.shape[1])
        for begin in range(0, len(targets), step):
            rows = slice(begin, begin + step)
            features, wanted = self._features[rows], targets[rows, None, :]
            logits = features @ slopes + table[-1]
            # (rows, folds, k): every row through the models of all folds, in one matrix product.
            logits = logits.reshape(len(features), self._count, categories)
            logits -= logits.max(axis=2, keepdims=True)
            likely = np.exp(logits)
            sums = likely.sum(axis=2, keepdims=True)
            weight = wanted.sum(axis=2)
            losses = np.log(sums[:, :, 0]) * weight - np.einsum("nfk,nk->nf", logits, targets[rows])
            # A row counts nothing for the model of its own fold.
            shares = (self._folds[rows, None] != np.arange(self._count)) / totals
            loss += float((losses * shares).sum())
            likely *= weight[:, :, None] / sums
            likely -= wanted
            likely *= shares.astype(np.float32)[:, :, None]
            slope = likely.reshape(len(features), -1)
            gradient[:-1] += features.T @ slope
            gradient[-1] += slope.sum(axis=0)
        return loss, gradient.ravel().astype(np.float64)
