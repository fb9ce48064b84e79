import numpy as np

from pixonomy.heads.prototypes import fit_prototypes


def test_a_source_of_many_images_counts_as_much_as_one_of_few() -> None:
    x, y, z = np.eye(3, dtype=np.float32)
    embeddings = np.stack([x] * 9 + [y] + [z] * 10)
    labels, sources = np.array([0] * 10 + [1] * 10), np.array([0] * 9 + [1] + [2] * 10)
    found = fit_prototypes(embeddings, labels, sources, 2)
    of_x, of_y = found.similarities(np.stack([x, y]))[:, 0]
    pooled = fit_prototypes(embeddings, labels, np.zeros(20, np.int64), 2)
    pooled_x, pooled_y = pooled.similarities(np.stack([x, y]))[:, 0]
    assert of_y > pooled_y + 0.2
    assert abs(of_x - of_y) < abs(pooled_x - pooled_y)


def test_a_category_without_an_image_is_like_nothing() -> None:
    embeddings = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    zeros = np.zeros(8, np.int64)
    similar = fit_prototypes(embeddings, zeros, zeros, 2).similarities(embeddings)
    assert np.isfinite(similar).all()
    assert (similar[:, 1] == 0).all()
