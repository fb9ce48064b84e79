import numpy as np

from pixonomy.heads.logistic_head import fit_logistic


def test_the_linear_head_does_not_depend_on_the_scale_of_a_direction() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(90) % 3
    embeddings = (np.eye(5)[labels] + 0.3 * generator.normal(size=(90, 5))).astype(np.float32)
    stretched = embeddings * np.array([1, 100, 1, 0.01, 1], np.float32) + 7
    one = fit_logistic(embeddings, labels, 0.1).logits(embeddings)
    other = fit_logistic(stretched, labels, 0.1).logits(stretched)
    np.testing.assert_allclose(one, other, atol=0.05)
