from pathlib import Path

import numpy as np

from pixonomy.arrays.image_shards import read_arrays
from pixonomy.training.array_embedder import Embedder, in_chunks


def test_embeddings_come_in_the_order_of_the_rows_and_progress_counts_them(
    fitted_run: Path,
) -> None:
    images = read_arrays(fitted_run / "data" / "arrays").images(32)
    seen: list[tuple[str, int, int]] = []

    def progress(work: str, done: int, total: int) -> None:
        seen.append((work, done, total))

    def means(some: np.ndarray) -> np.ndarray:
        return np.asarray(some.mean(axis=(2, 3)), np.float32)

    embed = Embedder(means, 3, images, progress)
    embed.total = 70
    rows = np.arange(70)[::-1] % 60
    np.testing.assert_allclose(embed(rows), means(images.gather(rows)))
    assert seen == [("linear probe", 64, 70), ("linear probe", 70, 70)]
    assert embed(rows[:0]).shape == (0, 3)


def test_chunks_hold_every_row_once() -> None:
    chunks = in_chunks(np.arange(150))
    assert [len(one) for one in chunks] == [64, 64, 22]
    np.testing.assert_array_equal(np.concatenate(chunks), np.arange(150))
