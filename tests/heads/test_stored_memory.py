"""The memory is on disk whole or not at all, and is read for its own network alone."""

from pathlib import Path

import numpy as np
import pytest

from pixonomy.errors import SettingError, StorageError
from pixonomy.heads.correction_memory import CorrectionMemory, Review
from pixonomy.heads.references import Floats
from pixonomy.heads.stored_memory import load_memory, save_memory

LABELS = frozenset({"travel", "home"})


def embeddings(n: int, seed: int) -> Floats:
    return np.random.default_rng(seed).gamma(0.5, 1, (n, 32)).astype(np.float32)


@pytest.fixture
def memory() -> CorrectionMemory:
    memory = CorrectionMemory(embeddings(40, 0))
    for number, one in enumerate(embeddings(20, 1)):
        label = ("travel", "home", None, "garden")[number % 4]
        memory.add(one, Review(f"é{number}", label, "home"))
    return memory


def test_what_is_loaded_answers_as_what_was_saved(tmp_path: Path, memory: CorrectionMemory) -> None:
    memory.remove("é4")
    save_memory(tmp_path / "memory.npz", memory, "abc")
    loaded, passed_over = load_memory(
        tmp_path / "memory.npz", embeddings(40, 0), "abc", LABELS | {"garden"}
    )
    assert passed_over == 0
    assert {one.id: one for one in loaded.reviews} == {one.id: one for one in memory.reviews}
    assert loaded.standing == memory.standing
    loaded.add(embeddings(1, 5)[0], Review("later", "home", None))
    assert loaded.numbers.argmax() == len(loaded) - 1


def test_categories_that_the_bundle_lacks_are_passed_over_and_counted(
    tmp_path: Path, memory: CorrectionMemory
) -> None:
    save_memory(tmp_path / "memory.npz", memory, "abc")
    loaded, passed_over = load_memory(tmp_path / "memory.npz", embeddings(40, 0), "abc", LABELS)
    assert (len(loaded), passed_over) == (15, 5)


def test_of_more_than_are_remembered_the_newest_stay(
    tmp_path: Path, memory: CorrectionMemory
) -> None:
    save_memory(tmp_path / "memory.npz", memory, "abc")
    loaded, _ = load_memory(
        tmp_path / "memory.npz", embeddings(40, 0), "abc", LABELS | {"garden"}, most=5
    )
    assert {one.id for one in loaded.reviews} == {f"é{number}" for number in range(15, 20)}


def test_another_networks_memory_is_refused(tmp_path: Path, memory: CorrectionMemory) -> None:
    save_memory(tmp_path / "memory.npz", memory, "abc")
    with pytest.raises(SettingError, match="another network"):
        load_memory(tmp_path / "memory.npz", embeddings(40, 0), "def", LABELS)


def test_damage_is_one_sentence(tmp_path: Path, memory: CorrectionMemory) -> None:
    path = tmp_path / "memory.npz"
    with pytest.raises(StorageError):
        load_memory(path, embeddings(40, 0), "abc", LABELS)
    save_memory(path, memory, "abc")
    whole = path.read_bytes()
    for data in (b"", whole[:200], whole[: len(whole) // 2], whole[: len(whole) - 30]):
        path.write_bytes(data)
        with pytest.raises(StorageError, match="memory"):
            load_memory(path, embeddings(40, 0), "abc", LABELS)
    np.savez(path, vectors=np.zeros(3))
    with pytest.raises(StorageError, match="is damaged"):
        load_memory(path, embeddings(40, 0), "abc", LABELS)


def test_embeddings_of_another_length_or_without_end_are_damage(
    tmp_path: Path, memory: CorrectionMemory
) -> None:
    save_memory(tmp_path / "memory.npz", memory, "abc")
    with pytest.raises(StorageError, match="is damaged"):
        load_memory(tmp_path / "memory.npz", embeddings(40, 0)[:, :16], "abc", LABELS)
