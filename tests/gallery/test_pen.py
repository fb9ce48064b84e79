import numpy as np
import pytest

from pixonomy.gallery.pen import Pen, arc, box, oval, rounded, smooth


def plain_pen(size: int = 100) -> Pen:
    canvas = np.zeros((size, size, 3), np.uint8)
    frame = np.array([[10.0, 0.0, 50.0], [0.0, 10.0, 50.0], [0.0, 0.0, 1.0]])
    return Pen(canvas, frame, (0.8, 0.6))


def test_a_flat_fill_gives_exactly_its_colour_inside_and_nothing_outside() -> None:
    pen = plain_pen()
    pen.fill(box(-2.0, -2.0, 2.0, 2.0), (10.0, 200.0, 30.0))
    assert pen.canvas[50, 50].tolist() == [10, 200, 30]
    assert pen.canvas[50, 80].tolist() == [0, 0, 0]


def test_shade_darkens_along_the_light() -> None:
    pen = plain_pen()
    pen.fill(box(-3.0, -3.0, 3.0, 3.0), (120.0, 120.0, 120.0), shade=0.4)
    assert pen.canvas[35, 35, 0] > pen.canvas[50, 50, 0] > pen.canvas[65, 65, 0]


def test_opacity_mixes_with_what_lies_below() -> None:
    pen = plain_pen()
    pen.canvas[:] = 100
    pen.fill(box(-2.0, -2.0, 2.0, 2.0), (200.0, 200.0, 200.0), opacity=0.5)
    assert abs(int(pen.canvas[50, 50, 0]) - 150) <= 1


@pytest.mark.parametrize("away", [-1000.0, 30.0, 5000.0])
def test_paint_outside_the_canvas_is_dropped(away: float) -> None:
    pen = plain_pen()
    pen.moved(away, away).fill(oval(0.0, 0.0, 2.0), (255.0, 255.0, 255.0), shade=0.3)
    assert not pen.canvas.any()


def test_a_moved_pen_scales_turns_and_mirrors() -> None:
    moved = plain_pen().moved(1.0, 2.0, 0.5, 90.0)
    assert np.allclose(moved.pixels([(0.0, 0.0), (2.0, 0.0)]), [(60.0, 70.0), (60.0, 80.0)])
    mirrored = plain_pen().moved(flip=True)
    assert np.allclose(mirrored.pixels([(2.0, 1.0)]), [(30.0, 60.0)])


def test_outlines_keep_to_their_radii() -> None:
    assert np.allclose(np.hypot(*oval(0.0, 0.0, 2.0, turn=30.0).T), 2.0)
    assert np.allclose(arc(0.0, 0.0, 1.0, 1.0, (0.0, 90.0))[-1], (0.0, 1.0))
    corners = rounded(-1.0, -1.0, 1.0, 1.0, 0.3)
    assert np.allclose(np.abs(corners).max(axis=0), (1.0, 1.0))
    assert np.hypot(*corners.T).max() < np.sqrt(2.0)


def test_smoothing_cuts_corners_and_stays_inside() -> None:
    curve = smooth(box(-1.0, -1.0, 1.0, 1.0))
    assert len(curve) == 16
    assert np.abs(curve).max() <= 1.0
