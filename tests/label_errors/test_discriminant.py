import numpy as np

from pixonomy.label_errors.discriminant import Discriminant


def test_a_row_does_not_speak_for_itself() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(100) % 2
    features = generator.normal(size=(100, 4)).astype(np.float32)
    features[:, 0] += 4 * labels
    given = labels.copy()
    given[7] = 1 - labels[7]
    scores = Discriminant(features, np.arange(100) // 20).score(np.eye(2, dtype=np.float32)[given])
    assert scores[7].argmax() == labels[7]
    assert (scores.argmax(axis=1) == labels).mean() > 0.95


def test_soft_labels_of_little_weight_keep_it_stable() -> None:
    generator = np.random.default_rng(0)
    features = 10 * generator.normal(size=(60, 30)).astype(np.float32)
    targets = 0.05 * np.eye(3, dtype=np.float32)[np.arange(60) % 3]
    assert np.isfinite(Discriminant(features, np.arange(60) % 5).score(targets)).all()
