import numpy as np
import pytest

from pixonomy.gallery.backdrops import BACKDROPS
from pixonomy.gallery.compose import SCENES, compose
from pixonomy.gallery.pen import Pen
from pixonomy.gallery.scenes.scene import Scene

ALL = {name: scene for group in SCENES.values() for name, scene in group.items()}


def pen_on(shade: int) -> Pen:
    canvas = np.full((200, 200, 3), shade, np.uint8)
    frame = np.array([[70.0, 0.0, 100.0], [0.0, 70.0, 170.0], [0.0, 0.0, 1.0]])
    return Pen(canvas, frame, (0.8, 0.6))


@pytest.mark.parametrize("scene", ALL.values(), ids=list(ALL))
def test_every_subject_paints_much_of_its_frame(scene: Scene) -> None:
    pen = pen_on(128)
    scene.draw(pen, np.random.default_rng(5))
    painted = (pen.canvas != 128).any(axis=2)
    assert painted.mean() > 0.06
    rows = np.flatnonzero(painted.any(axis=1))
    assert (170 - rows[0]) / 70 < scene.height + 0.45


@pytest.mark.parametrize("name", BACKDROPS)
def test_every_backdrop_covers_the_whole_picture(name: str) -> None:
    pen = pen_on(0)
    pen.canvas[:] = (1, 2, 3)
    horizon = BACKDROPS[name](pen.moved(0.0, -1.0), np.random.default_rng(5))
    assert not (pen.canvas == (1, 2, 3)).all(axis=2).any()
    assert -1.0 <= horizon <= 1.0


def test_scenes_name_backdrops_that_exist() -> None:
    assert {name for scene in ALL.values() for name in scene.backdrops} <= set(BACKDROPS)


def test_a_composed_picture_repeats_with_its_seed() -> None:
    first = compose("car-expenses", np.random.default_rng(8))
    assert np.array_equal(first, compose("car-expenses", np.random.default_rng(8)))
