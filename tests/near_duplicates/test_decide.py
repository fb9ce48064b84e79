from collections.abc import Callable

import numpy as np
import pytest

from pixonomy.images.decode import Pixels
from pixonomy.near_duplicates.block_statistics import agree
from pixonomy.near_duplicates.decide import decide_pair
from pixonomy.near_duplicates.registration import lay_as_is, view

Draw = Callable[[int], Pixels]


def score(one: Pixels, other: Pixels) -> float:
    laid = lay_as_is(view(one), view(other))
    return 0.0 if laid is None else decide_pair(agree(other, laid, 1.2))


@pytest.fixture
def bottle() -> Pixels:
    """A dark bottle on white, with a label of stripes."""
    pixels = np.full((160, 160, 3), 255, np.uint8)
    pixels[10:150, 60:100] = (40, 20, 25)
    pixels[10:40, 60:70] = pixels[10:40, 90:100] = 255
    pixels[80:120, 62:98] = 235
    return pixels


def test_a_picture_is_itself(draw: Draw) -> None:
    assert score(draw(1), draw(1)) > 0.999


def test_two_pictures_differ(draw: Draw) -> None:
    assert score(draw(1), draw(2)) == 0


def test_the_same_bottle_with_another_label_is_another_picture(bottle: Pixels) -> None:
    one, other = bottle.copy(), bottle.copy()
    one[85:115:6, 65:95] = 20
    other[85:115, 65:95:6] = 20
    assert score(one, one) > 0.9
    assert score(one, other) == 0


def test_the_same_garment_in_another_colour_is_another_picture(draw: Draw) -> None:
    one, other = draw(1).copy(), draw(1).copy()
    texture = np.random.default_rng(0).integers(-15, 16, (60, 80, 1))
    one[60:120, 80:160] = np.clip(np.array([200, 60, 60]) + texture, 0, 255)
    other[60:120, 80:160] = np.clip(np.array([60, 90, 200]) + texture, 0, 255)
    assert score(one, one) > 0.9
    assert score(one, other) == 0


def test_a_picture_with_hardly_anything_on_it_is_no_evidence() -> None:
    blank = np.full((160, 160, 3), 240, np.uint8)
    blank[70:76, 70:76] = 200
    assert score(blank, blank) == 0


def test_no_agreement_is_no_evidence() -> None:
    assert decide_pair(None) == 0


def test_a_frame_that_both_have_is_no_evidence() -> None:
    one, other = (np.full((160, 160, 3), 255, np.uint8) for _ in "ab")
    one[60:100, 40:120:8] = 30
    other[60:100:8, 40:120] = 30
    for image in (one, other):
        image[:14] = image[-14:] = image[:, :14] = image[:, -14:] = (20, 40, 60)
    assert score(one, other) == 0
