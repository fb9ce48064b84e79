import numpy as np

from pixonomy.near_duplicates import nearest as neighbours
from pixonomy.near_duplicates.nearest import Neighbours
from pixonomy.near_duplicates.windows import Floats


def vectors(count: int, seed: int = 0) -> Floats:
    values = np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


def near_duplicates(count: int) -> Floats:
    """Vectors of which each even one has the next for its near neighbour."""
    kept = vectors(count)
    kept[1::2] = kept[::2] + 0.01 * vectors(count, 1)[1::2]
    return np.asarray(kept / np.linalg.norm(kept, axis=1, keepdims=True), np.float32)


def found_share(kept: Floats) -> float:
    index = Neighbours(len(kept), lambda start, end: kept[start:end], 500, 1)
    near = index.search(kept, np.arange(len(kept)), 1)
    assert (near.query != near.found).all()
    return float((near.found == (near.query ^ 1)).sum() / len(kept))


def test_the_nearest_other_vector_is_found() -> None:
    assert found_share(near_duplicates(600)) == 1


def test_it_is_found_in_cells_and_in_single_bytes_too(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(neighbours, "_EXACT", 100)
    assert found_share(near_duplicates(4000)) > 0.97
    monkeypatch.setattr(neighbours, "_COMPRESSED", 200)
    assert found_share(near_duplicates(4000)) > 0.97


def test_a_search_repeats_itself(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(neighbours, "_EXACT", 100)
    kept = near_duplicates(3000)
    found = [
        Neighbours(3000, lambda start, end: kept[start:end], 700, threads).search(
            kept, np.arange(3000), 3
        )
        for threads in (1, 2)
    ]
    assert (found[0].found == found[1].found).all()


def test_the_only_vector_has_no_neighbour() -> None:
    kept = vectors(1)
    index = Neighbours(1, lambda start, end: kept[start:end], 10, 1)
    assert index.search(kept, np.arange(1), 3).found.size == 0
