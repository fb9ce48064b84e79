import io

import numpy as np
import pytest
from PIL import Image

from pixonomy.bundle.explain_answer import Explanation
from pixonomy.bundle.map_image import encode_map


def decode(cells: np.ndarray) -> np.ndarray:
    """Return the darkness of each pixel, 0 to 255, of the image of a map."""
    data = encode_map(Explanation("a", cells.astype(np.float32), 0.0))
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.mode) == ("PNG", "LA")
    pixels = np.asarray(image)
    assert not pixels[..., 0].any()
    return pixels[..., 1]


def test_what_speaks_for_a_category_is_clear_and_what_speaks_against_it_dark() -> None:
    darkness = decode(np.array([[2.0, 1.0], [0.0, -5.0]]))
    assert darkness.tolist() == [[0, 85], [170, 170]]


def test_an_image_in_which_nothing_speaks_for_it_is_dark_all_over() -> None:
    assert (decode(np.full((3, 4), -1.0)) == 170).all()


@pytest.mark.parametrize("shape", [(1, 1), (7, 7), (3, 9), (16, 16), (64, 48)])
def test_the_image_has_a_pixel_a_cell_at_most_sixteen_and_few_bytes(shape: tuple[int, int]) -> None:
    cells = np.random.default_rng(0).normal(size=shape)
    assert decode(cells).shape == (min(shape[0], 16), min(shape[1], 16))
    assert len(encode_map(Explanation("a", cells.astype(np.float32), 0.0))) <= 600


def test_a_part_that_counts_stays_where_it_is_in_a_large_map() -> None:
    cells = np.zeros((64, 64))
    cells[40:44, 8:12] = 1.0
    darkness = decode(cells)
    assert np.argwhere(darkness == darkness.min()).tolist() == [[10, 2]]
