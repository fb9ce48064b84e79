import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from pixonomy.label_errors.logistic import Logistic


def test_each_fold_is_scored_by_the_regression_of_the_others() -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(120, 5)).astype(np.float32)
    labels = (features[:, :3] + generator.normal(size=(120, 3))).argmax(axis=1)
    folds = np.arange(120) % 4
    targets = np.eye(3, dtype=np.float32)[labels]
    scores = Logistic(features, folds, strength=0.1).score(targets, steps=300)
    for fold in range(4):
        train, test = folds != fold, folds == fold
        model = LogisticRegression(C=1 / (0.1 * train.sum()), tol=1e-8, max_iter=1000)
        wanted = model.fit(features[train], labels[train]).predict_proba(features[test])
        np.testing.assert_allclose(softmax(scores[test], axis=1), wanted, atol=2e-3)


def test_rows_without_weight_teach_nothing() -> None:
    generator = np.random.default_rng(1)
    features = generator.normal(size=(60, 3)).astype(np.float32)
    targets = np.eye(2, dtype=np.float32)[(features[:, 0] > 0).astype(int)]
    folds = np.arange(60) % 2
    wrong = np.concatenate([targets, np.zeros((60, 2), np.float32)])
    twice = Logistic(np.tile(features, (2, 1)), np.tile(folds, 2), 0.1).score(wrong, 100)
    once = Logistic(features, folds, 0.1).score(targets, 100)
    np.testing.assert_allclose(twice[:60], once, atol=0.05)
