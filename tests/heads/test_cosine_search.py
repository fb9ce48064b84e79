"""The nearest embeddings are found without comparing all, and what is removed is gone."""

import time

import numpy as np
import pytest

from pixonomy.heads.cosine_search import CosineSearch, exact_products, main_directions
from pixonomy.heads.references import Floats, to_length_one


def clouds(n: int, seed: int, d: int = 96, centres: int = 40) -> Floats:
    """Embeddings around some centres, without negative numbers, as networks give them."""
    places = np.random.default_rng(0).gamma(0.5, 1, (centres, d))
    generator = np.random.default_rng([1, seed])
    values = places[generator.integers(0, centres, n)] + generator.normal(0, 0.3, (n, d))
    return np.maximum(values, 0).astype(np.float32)


def fill(vectors: Floats, known: Floats) -> CosineSearch:
    search = CosineSearch(main_directions(known))
    for place, one in enumerate(vectors):
        search.put(place, one)
    return search


def test_every_float16_is_multiplied_as_the_float32_that_it_is() -> None:
    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    given = exact_products(halves[:, None], np.array([0.5], np.float32))
    assert np.array_equal(given, halves.astype(np.float32) / 2)


def test_few_are_compared_exactly() -> None:
    vectors, queries = clouds(50, 1), clouds(20, 2)
    search = fill(vectors, clouds(100, 3))
    cosines = to_length_one(queries) @ to_length_one(vectors).T
    for query, row in zip(queries, cosines, strict=True):
        found = search.find(query, 5)
        assert found.places.tolist() == np.argsort(-row)[:5].tolist()
        assert found.cosines == pytest.approx(np.sort(row)[::-1][:5], abs=2e-3)


def test_of_many_nearly_all_of_the_nearest_are_found() -> None:
    vectors, queries = clouds(6000, 1), clouds(100, 2)
    search = fill(vectors, clouds(300, 3))
    cosines = to_length_one(queries) @ to_length_one(vectors).T
    exact = np.argsort(-cosines, axis=1)[:, :5]
    found = [
        set(search.find(query, 5).places) & set(row)
        for query, row in zip(queries, exact, strict=True)
    ]
    assert sum(map(len, found)) / exact.size > 0.9


def test_what_is_removed_is_not_found_and_not_kept() -> None:
    vectors = clouds(10, 1)
    search = fill(vectors, vectors)
    assert search.find(vectors[3], 1).places.tolist() == [3]
    search.remove(3)
    assert search.count == 9
    assert search.find(vectors[9], 1).places.tolist() == [3]  # the last one took its place
    assert search.find(vectors[3], 1).cosines[0] < 0.999
    assert not search._vectors[9:].any()
    search.put(3, vectors[3])
    assert search.find(vectors[3], 1).places.tolist() == [3]


def test_fewer_dimensions_than_directions_do() -> None:
    vectors = clouds(3000, 1, d=16)
    search = fill(vectors, vectors[:100])
    assert search.find(vectors[77], 1).places.tolist() == [77]


@pytest.mark.timed
@pytest.mark.slow
def test_an_image_takes_a_millisecond_among_50_000() -> None:
    vectors, queries = clouds(50_000, 1, d=1280), clouds(100, 2, d=1280)
    search = fill(vectors, clouds(500, 3, d=1280))

    def measure() -> float:
        start = time.thread_time()
        for query in queries:
            search.find(query, 5)
        return (time.thread_time() - start) / len(queries)

    assert min(measure() for _ in range(3)) < 0.002  # 0.5 to 0.9 ms on a quiet machine
