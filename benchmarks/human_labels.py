"""Embeddings of CIFAR-10 go in; how well labels that people got wrong are found is printed.

The probabilities that cleanlab publishes for CIFAR-10N are not used: this is a stand-in. Labels go
wrong at the published rates (9, 17, 40 %), the more often the harder a forest of other features
finds the picture, and to what it takes it for. Probabilities are those of a logistic regression,
cross-validated on the wrong labels. Of the pictures that it misjudges even with right labels so
many are kept that it is right on 95 %, as networks made for CIFAR-10 are.

    python benchmarks/human_labels.py EMBEDDINGS.npz    (features (n, d) and labels (n,))
"""

import sys
from statistics import fmean

import numpy as np
import polars as pl
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import cross_val_predict

from pixonomy.bench.mislabel import measure_found, plant_human_errors
from pixonomy.label_errors.logistic import Logistic
from pixonomy.label_errors.pca import compress
from pixonomy.label_errors.review import assign_folds, review_probabilities

SHARES, SEEDS = (0.09, 0.17, 0.4), (41, 42, 43, 44, 45)
ACCURACY = 0.95


def answer(features: np.ndarray, given: np.ndarray, seed: int) -> np.ndarray:
    """Return out-of-sample probabilities (n, k) by logistic regression."""
    targets = np.eye(int(given.max()) + 1, dtype=np.float32)[given]
    folds = assign_folds(given, np.arange(len(given)), 5, seed)
    scores = Logistic(features, folds, 0.1).score(targets, 40)
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def main(path: str) -> None:
    """Print F1 and AUROC of our cut and of "the prediction differs", means over seeds."""
    with np.load(path) as stored:
        features, labels = compress(stored["features"], 256), stored["labels"]
    forest = ExtraTreesClassifier(60, min_samples_leaf=2, random_state=3, max_features=8)
    doubts = cross_val_predict(forest, features[:, :48], labels, cv=3, method="predict_proba") ** 2
    doubts /= doubts.sum(axis=1, keepdims=True)
    right = answer(features, labels, 7).argmax(axis=1) == labels
    wanted = (1 - ACCURACY) / ACCURACY * right.sum() / max(1, (~right).sum())
    kept = right | (np.random.default_rng(5).random(len(labels)) < wanted)
    features, labels, doubts = features[kept], labels[kept], doubts[kept]
    names = [str(one) for one in range(doubts.shape[1])]
    for share in SHARES:
        ours, differs = [], []
        for seed in SEEDS:
            given = plant_human_errors(labels, doubts, share, seed)
            likely, is_wrong = answer(features, given, 0), given != labels
            review = review_probabilities(likely, pl.Series([names[one] for one in given]), names)
            ours.append(measure_found(is_wrong, review.is_label_issue, review.quality))
            other = likely.argmax(axis=1) != given
            differs.append(measure_found(is_wrong, other, likely[np.arange(len(given)), given]))
        figures = [
            (fmean(one.f1 for one in some), fmean(one.auroc for one in some))
            for some in (ours, differs)
        ]
        print(
            f"{share:.0%}: ours F1 {figures[0][0]:.3f}, AUROC {figures[0][1]:.3f}; "
            f"prediction differs F1 {figures[1][0]:.3f}, self-confidence AUROC {figures[1][1]:.3f}"
        )


if __name__ == "__main__":
    main(sys.argv[1])
