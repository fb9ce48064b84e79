import cv2
import numpy as np
import pytest

from pixonomy.gallery.compose import SCENES, compose
from pixonomy.images.decode import Pixels
from pixonomy.images.quality import (
    BLANK_DEVIATION,
    BLURRED_SHARPNESS,
    BRIGHT_LEVEL,
    DARK_LEVEL,
    measure_quality,
)

SIDE = 320


def draw(seed: int) -> Pixels:
    """A drawn scene with sharp edges, before anything is done to it."""
    canvas = compose(list(SCENES)[seed % len(SCENES)], np.random.default_rng(seed))
    return np.asarray(cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_a_sharp_picture_is_none_of_it_and_a_blurred_one_is_blurred(seed: int) -> None:
    image = draw(seed)
    quality = measure_quality(image)
    assert quality.deviation > BLANK_DEVIATION
    assert quality.light > DARK_LEVEL
    assert quality.dark < BRIGHT_LEVEL
    assert quality.sharpness > BLURRED_SHARPNESS
    blurred = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.015 * SIDE), np.uint8)
    assert measure_quality(blurred).sharpness < BLURRED_SHARPNESS


def test_sharpness_does_not_depend_on_contrast() -> None:
    image = draw(1)
    faint = (image // 3 + 80).astype(np.uint8)
    one, other = measure_quality(image).sharpness, measure_quality(faint).sharpness
    assert abs(one - other) < 0.15


@pytest.mark.parametrize("seed", range(6))
def test_a_sharp_subject_before_a_soft_ground_is_sharp(seed: int) -> None:
    image = draw(seed)
    soft = np.asarray(cv2.GaussianBlur(image, (0, 0), 10), np.uint8)
    soft[80:240, 80:240] = image[80:240, 80:240]
    assert measure_quality(soft).sharpness > BLURRED_SHARPNESS


def test_a_product_on_white_is_not_bright_but_a_washed_out_picture_is() -> None:
    white = np.full((180, 180, 3), 255, np.uint8)
    white[60:120, 80:100] = 90  # 4 % of it
    assert measure_quality(white).dark < BRIGHT_LEVEL
    washed = (255 - (255 - draw(3).astype(np.float32)) * 0.1).astype(np.uint8)
    assert measure_quality(washed).dark > BRIGHT_LEVEL


def test_a_night_with_a_lamp_is_not_dark_but_an_unlit_picture_is() -> None:
    night = np.full((180, 180, 3), 5, np.uint8)
    night[20:60, 20:60] = 200  # 5 % of it
    assert measure_quality(night).light > DARK_LEVEL
    assert measure_quality((draw(4) * 0.1).astype(np.uint8)).light < DARK_LEVEL


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (2, 3)])
def test_any_shape_can_be_measured(shape: tuple[int, int]) -> None:
    quality = measure_quality(np.zeros((*shape, 3), np.uint8))
    assert quality.deviation == 0
    assert quality.sharpness == pytest.approx(1.0)


def test_two_colours_that_are_equally_light_are_not_blank() -> None:
    image = np.full((64, 64, 3), (200, 60, 60), np.uint8)
    image[20:40, 20:40] = (0, 151, 80)  # the same grey
    assert measure_quality(image).deviation > BLANK_DEVIATION
