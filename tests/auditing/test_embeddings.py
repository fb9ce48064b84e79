from pathlib import Path

import numpy as np

from pixonomy.auditing.embeddings import EmbeddingsFile, map_embeddings


def test_stretches_written_in_any_order_become_one_mapped_file(tmp_path: Path) -> None:
    path = tmp_path / "e.npy"
    file = EmbeddingsFile(path, 5, 3)
    assert not file.is_begun
    file.begin()
    file.write(3, np.full((2, 3), 2, np.float16))
    assert not path.exists()
    again = EmbeddingsFile(path, 5, 3)  # a second run takes it up
    assert again.is_begun
    again.write(0, np.full((1, 3), 1, np.float16))
    again.finish()
    again.finish()
    found = map_embeddings(path)
    assert isinstance(found, np.memmap)
    assert found[:, 0].tolist() == [1, 0, 0, 2, 2]


def test_a_file_of_another_shape_is_not_taken_up(tmp_path: Path) -> None:
    EmbeddingsFile(tmp_path / "e.npy", 5, 3).begin()
    assert not EmbeddingsFile(tmp_path / "e.npy", 5, 4).is_begun
    assert not EmbeddingsFile(tmp_path / "e.npy", 6, 3).is_begun


def test_a_file_that_was_cut_short_is_not_taken_up(tmp_path: Path) -> None:
    file = EmbeddingsFile(tmp_path / "e.npy", 5, 3)
    file.begin()
    (partial,) = tmp_path.iterdir()
    partial.write_bytes(partial.read_bytes()[:-4])
    assert not file.is_begun


def test_no_rows_are_no_trouble(tmp_path: Path) -> None:
    file = EmbeddingsFile(tmp_path / "e.npy", 0, 3)
    file.begin()
    file.finish()
    assert map_embeddings(tmp_path / "e.npy").shape == (0, 3)
