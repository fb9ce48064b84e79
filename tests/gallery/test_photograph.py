import cv2
import numpy as np

from pixonomy.gallery.photograph import encode_jpeg, photograph


def test_a_photograph_keeps_size_and_type() -> None:
    canvas = np.full((120, 90, 3), 130, np.uint8)
    taken = photograph(canvas, np.random.default_rng(2))
    assert taken.shape == canvas.shape
    assert taken.dtype == np.uint8
    assert (canvas == 130).all()


def test_a_few_photographs_are_grey() -> None:
    canvas = np.zeros((64, 64, 3), np.uint8)
    canvas[:] = (60, 120, 190)
    grey = 0
    for seed in range(200):
        taken = photograph(canvas, np.random.default_rng(seed)).astype(int)
        grey += int((np.ptp(taken, axis=2) <= 1).all())
    assert 3 <= grey <= 30


def test_a_lower_quality_makes_a_smaller_jpeg_in_rgb_order() -> None:
    canvas = np.zeros((80, 80, 3), np.uint8)
    canvas[:, 40:] = (250, 20, 10)
    fine, coarse = encode_jpeg(canvas, 95), encode_jpeg(canvas, 35)
    assert len(coarse) < len(fine)
    back = cv2.imdecode(np.frombuffer(fine, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert back is not None
    assert back[40, 60, 0] > 200
    assert back[40, 60, 2] < 60
