"""SciPy, which using a bundle does without, is the yardstick here."""

import numpy as np
import pytest
from scipy import special

from pixonomy.inference import logits


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0, 3000.0])
def test_the_results_are_those_of_scipy(name: str, scale: float) -> None:
    values = np.random.default_rng(0).normal(size=(50, 7)) * scale
    values[3] = values[3, 0]  # all alike
    values[4, 1:3] = values[4].max() + 1  # two highest
    ours, theirs = getattr(logits, name)(values), getattr(special, name)(values, axis=1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-15, atol=1e-15)


def test_what_would_overflow_stays_finite() -> None:
    values = np.array([[1e300, 0.0], [-1e300, -1e300]])
    assert logits.softmax(values).tolist() == [[1.0, 0.0], [0.5, 0.5]]
    assert logits.logsumexp(values).tolist() == [1e300, -1e300]
    assert np.isfinite(logits.log_softmax(values)).all()


def test_no_picture_has_no_probabilities() -> None:
    assert logits.softmax(np.zeros((0, 3))).shape == (0, 3)
    assert logits.logsumexp(np.zeros((0, 3))).shape == (0,)
