from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pixonomy.images.decode import Pixels
from pixonomy.near_duplicates.ecc import Effort, Grey, align, lay, to_pixels, to_places
from pixonomy.near_duplicates.windows import Window, invert

Draw = Callable[[int], Pixels]
EFFORT = Effort(steps=20, blur=3, margin=2)


def grey(pixels: Pixels) -> Grey:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


@pytest.mark.parametrize("window", [Window(), Window(0.8, 0.2, 0.7), Window(is_mirrored=True)])
def test_places_and_pixels_lead_to_each_other(window: Window) -> None:
    warp = to_pixels(window.placement, (40, 60), (80, 50))
    assert to_places(warp, (40, 60), (80, 50)) == pytest.approx(window.placement, abs=1e-5)


def test_a_picture_laid_as_it_is_stays_as_it_is(draw: Draw) -> None:
    image = grey(draw(1))
    seen, is_seen = lay(image, image.shape, np.eye(2, 3, dtype=np.float32))
    np.testing.assert_array_equal(seen, image)
    assert is_seen.all()


@pytest.mark.parametrize("is_frame_first", [False, True])
def test_a_strong_frame_does_not_draw_the_picture_in_it_aside(
    draw: Draw, is_frame_first: bool
) -> None:
    image = grey(draw(3)) // 2 + 128
    framed = np.pad(image, ((24, 24), (29, 29)))
    guess = invert(Window(0.82).placement)
    pair = (framed, image) if is_frame_first else (image, framed)
    aligned = align(*pair, invert(guess) if is_frame_first else guess, EFFORT)
    assert aligned is not None
    exact = Window(200 / 248).placement
    found = aligned.placement if is_frame_first else invert(aligned.placement)
    assert found == pytest.approx(exact, abs=0.01)
    assert aligned.still.shape == image.shape
    difference = np.abs(aligned.seen[4:-4, 4:-4].astype(float) - aligned.still[4:-4, 4:-4])
    assert difference.mean() < 3


def test_what_is_moved_is_compared_with_what_is_blurred_as_much(draw: Draw) -> None:
    image = grey(draw(2))
    crop = np.asarray(cv2.resize(image[3:-4, 5:-2], (240, 200)), np.uint8)
    moved = align(image, crop, Window(0.96).placement, EFFORT)
    still = align(image, image, Window().placement, EFFORT)
    assert moved is not None
    assert still is not None
    np.testing.assert_array_equal(still.still, image)
    assert moved.still.std() < crop.std()


def test_blank_pictures_lie_nowhere() -> None:
    blank = np.full((32, 32), 9, np.uint8)
    assert align(blank, blank, Window().placement, EFFORT) is None
