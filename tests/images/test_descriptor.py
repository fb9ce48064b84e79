import numpy as np
import pytest

from pixonomy.images.descriptor import THUMBNAIL_SIDE, describe, to_view


def draw(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("shape", [(200, 300), (20, 700), (8, 8), (1, 50)])
def test_a_descriptor_has_one_size_whatever_the_picture(shape: tuple[int, int]) -> None:
    descriptor = describe(draw(*shape))
    assert descriptor is not None
    assert len(descriptor) == THUMBNAIL_SIDE**2


def test_a_descriptor_is_the_mean_grey_of_each_part() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:32] = 200
    thumbnail = np.frombuffer(describe(pixels) or b"", np.uint8).reshape(32, 32)
    assert set(thumbnail[:16].ravel()) == {200}
    assert set(thumbnail[16:].ravel()) == {0}


def test_a_blank_picture_has_no_descriptor() -> None:
    assert describe(np.full((40, 40, 3), 250, np.uint8)) is None


@pytest.mark.parametrize(
    ("shape", "wanted"), [((300, 200), (160, 107)), ((40, 80), (80, 160)), ((10, 400), (26, 160))]
)
def test_a_view_has_the_longer_side_asked_for(
    shape: tuple[int, int], wanted: tuple[int, int]
) -> None:
    assert to_view(draw(*shape), 160).shape == (*wanted, 3)
