import numpy as np
import pytest

from pixonomy.training.mixing import blend, mix_permutation, paste


def plain(count: int, size: int = 16) -> np.ndarray:
    levels = np.arange(count, dtype=np.uint8) * 40
    return np.broadcast_to(levels[:, None, None, None], (count, 3, size, size)).copy()


def test_neighbours_are_partners_and_the_odd_one_is_alone() -> None:
    assert mix_permutation(6).tolist() == [1, 0, 3, 2, 5, 4]
    assert mix_permutation(5).tolist() == [1, 0, 3, 2, 4]
    assert mix_permutation(1).tolist() == [0]


def test_a_blend_has_as_much_of_each_as_its_share_says() -> None:
    mixed = blend(plain(4), np.array([1, 0.25, 0.5, 0], np.float32))
    assert mixed[:, 0, 0, 0].tolist() == [0, 10, 100, 80]
    assert mixed.dtype == np.uint8
    assert (mixed == mixed[:, :1, :1, :1]).all()


def test_a_pasted_rectangle_is_of_the_neighbour_and_counted_exactly() -> None:
    images = plain(4)
    shares = np.array([0.75, 0.5, 1, 0], np.float32)
    mixed, kept = paste(images, shares, np.array([[0.5, 0.5], [0, 0], [0.5, 0.5], [0.5, 0.5]]))
    for place, other in enumerate(mix_permutation(4)):
        stayed = (mixed[place, 0] == images[place, 0, 0, 0]).mean()
        assert stayed == pytest.approx(kept[place])
        assert set(np.unique(mixed[place])) <= {images[place, 0, 0, 0], images[other, 0, 0, 0]}
    assert kept[0] == pytest.approx(0.75)
    assert kept[1] > 0.5  # the rectangle ends at the corner
    assert kept[2:].tolist() == [1, 0]
