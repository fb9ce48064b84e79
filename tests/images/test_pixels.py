import numpy as np
import pytest

from pixonomy.errors import UndecodableImage
from pixonomy.images.pixels import MAX_PIXELS, check_size, turn_upright


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, -1)])
def test_no_pixels_are_no_picture(size: tuple[int, int]) -> None:
    with pytest.raises(UndecodableImage, match="without pixels"):
        check_size(*size)


def test_the_cap_itself_is_allowed() -> None:
    check_size(5000, 5000)
    with pytest.raises(UndecodableImage, match="5001 x 5000 pixels, more than the 25 megapixels"):
        check_size(5001, 5000)
    check_size(5001, 5000, MAX_PIXELS * 2)


def test_a_turn_swaps_the_sides_and_an_unknown_one_changes_nothing() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert turn_upright(pixels, 6).shape == (4, 2, 3)
    assert turn_upright(pixels, 6).flags.c_contiguous
    assert turn_upright(pixels, 99) is pixels
