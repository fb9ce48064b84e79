import numpy as np
import pytest

from pixonomy.training.probe import Embedded, fit_probe


def clouds(categories: int, n: int, seed: int) -> Embedded:
    generator = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(categories, 20)) * 3 + 5
    labels = np.arange(n) % categories
    embeddings = centres[labels] + generator.normal(size=(n, 20))
    return Embedded(embeddings.astype(np.float32), labels)


@pytest.mark.parametrize("categories", [2, 3, 7])
def test_the_probe_tells_clouds_apart(categories: int) -> None:
    train, validation = clouds(categories, 210, 0), clouds(categories, 70, 1)
    probe = fit_probe(train, validation, categories)
    unseen = clouds(categories, 140, 2)
    assert probe.logits(unseen.embeddings).shape == (140, categories)
    assert (probe.logits(unseen.embeddings).argmax(axis=1) == unseen.labels).mean() > 0.95


def test_the_probe_needs_no_validation_pictures() -> None:
    nothing = Embedded(np.zeros((0, 20), np.float32), np.zeros(0, np.int64))
    probe = fit_probe(clouds(3, 90, 0), nothing, 3)
    assert np.isfinite(probe.kernel).all()
