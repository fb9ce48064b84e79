import numpy as np

from pixonomy.heads.references import (
    ABSENT,
    References,
    choose_references,
    mean_of_nearest,
    to_length_one,
)


def random_vectors(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 24)).astype(np.float32)


def test_similarities_are_the_mean_of_the_five_highest_cosines_of_each_category() -> None:
    embeddings, labels = random_vectors(60), np.arange(60) % 3
    references = choose_references(embeddings, labels, 3, seed=0)
    asked = random_vectors(7, seed=1)
    of_category, of_all = references.similarities(asked)
    cosines = to_length_one(asked) @ to_length_one(embeddings).T
    for label in range(3):
        wanted = np.sort(cosines[:, labels == label], axis=1)[:, -5:].mean(axis=1)
        np.testing.assert_allclose(of_category[:, label], wanted, atol=0.01)
    np.testing.assert_allclose(of_all, np.sort(cosines, axis=1)[:, -5:].mean(axis=1), atol=0.01)


def test_a_category_of_two_images_is_as_near_as_these_two_and_one_of_none_is_absent() -> None:
    embeddings, labels = random_vectors(12), np.array([0] * 10 + [1] * 2)
    of_category, _ = choose_references(embeddings, labels, 3, seed=0).similarities(embeddings)
    cosines = to_length_one(embeddings) @ to_length_one(embeddings).T
    np.testing.assert_allclose(of_category[:, 1], cosines[:, 10:].mean(axis=1), atol=0.01)
    assert (of_category[:, 2] == ABSENT).all()


def test_references_of_many_images_are_bounded_and_of_many_categories_at_least_five_each() -> None:
    labels = np.arange(4000) % 2
    assert choose_references(random_vectors(4000), labels, 2, 0).vectors.shape == (2, 900, 24)
    labels = np.arange(4000) % 500
    assert choose_references(random_vectors(4000), labels, 500, 0).vectors.shape == (500, 5, 24)


def test_an_embedding_of_zeros_is_no_reference_of_infinite_length() -> None:
    references = choose_references(np.zeros((6, 4), np.float32), np.zeros(6, np.int64), 1, 0)
    of_category, of_all = references.similarities(np.ones((2, 4), np.float32))
    assert np.isfinite(of_category).all()
    assert np.isfinite(of_all).all()


def test_the_mean_leaves_out_what_is_no_reference() -> None:
    cosines = np.array([[0.9, -np.inf, 0.5], [-np.inf, -np.inf, -np.inf]], np.float32)
    np.testing.assert_allclose(mean_of_nearest(cosines), [0.7, ABSENT], atol=1e-6)
    assert mean_of_nearest(np.zeros((2, 0), np.float32)).tolist() == [ABSENT, ABSENT]


def test_references_keep_int8() -> None:
    found = choose_references(random_vectors(20), np.arange(20) % 2, 2, 0)
    assert isinstance(found, References)
    assert found.vectors.dtype == np.int8
