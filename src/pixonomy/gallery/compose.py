"""Composes a drawing of a category: place, clutter and subject."""

import cv2
import numpy as np

from pixonomy.gallery.backdrops import BACKDROPS
from pixonomy.gallery.palette import any_colour
from pixonomy.gallery.pen import Canvas, Pen, box, oval, smooth
from pixonomy.gallery.scenes import car, events, home, savings, travel
from pixonomy.gallery.scenes.scene import Scene

SCENES: dict[str, dict[str, Scene]] = {
    "car-expenses": car.SCENES,
    "home-expenses": home.SCENES,
    "special-events": events.SCENES,
    "general-savings": savings.SCENES,
    "travel": travel.SCENES,
}

_PROPORTIONS = (0.6, 0.75, 0.75, 0.8, 1.0, 1.25, 1.33, 1.33, 1.6)  # width over height


def compose(category: str, generator: np.random.Generator, name: str | None = None) -> Canvas:
    """Draw a scene of the category, uint8 (height, width, 3) RGB, before the camera sees it.

    The largest thing, nearest to the middle, is of the category; others are often about. `name` is
    that of the scene; None: any.
    """
    scenes = SCENES[category]
    scene = scenes[name] if name else list(scenes.values())[generator.integers(len(scenes))]
    canvas = _blank(generator)
    pen = _viewpoint(canvas, generator)
    strange = scene.anywhere and generator.random() < 0.15
    names = list(BACKDROPS) if strange else list(scene.backdrops)
    horizon = BACKDROPS[names[generator.integers(len(names))]](pen, generator)
    if generator.random() < 0.25:
        _put_rival(pen, category, horizon, generator)
    _scatter(pen, int(generator.integers(0, 3)), horizon, generator)
    if generator.random() < 0.35:
        size = 2 * int(generator.integers(1, 4)) + 1
        canvas[:] = cv2.GaussianBlur(canvas, (size, size), 0.0)
    _put_subject(pen, scene, horizon, generator)
    if generator.random() < 0.35:
        _scatter(pen, int(generator.integers(1, 3)), 0.75, generator)
    if generator.random() < 0.25:
        _occlude(pen, generator)
    return canvas


def _blank(generator: np.random.Generator) -> Canvas:
    """An empty canvas whose longer side is 160 to 320 pixels."""
    longest = int(generator.integers(160, 321))
    proportion = _PROPORTIONS[generator.integers(len(_PROPORTIONS))]
    shortest = round(longest * min(proportion, 1.0 / proportion))
    size = (shortest, longest) if proportion > 1.0 else (longest, shortest)
    return np.zeros((*size, 3), np.uint8)


def _viewpoint(canvas: Canvas, generator: np.random.Generator) -> Pen:
    """A pen that looks at the scene from a little aside, rolled and sometimes mirrored."""
    height, width = canvas.shape[:2]
    unit = min(height, width) / 2.0
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32)
    seen = square * unit + (width / 2.0, height / 2.0)
    seen += generator.uniform(-0.16, 0.16, (4, 2)) * unit
    frame = cv2.getPerspectiveTransform(square, seen.astype(np.float32))
    side = float(generator.choice([-0.8, 0.8]))
    pen = Pen(canvas, np.asarray(frame, np.float64), (side, 0.6))
    roll = float(generator.normal(0.0, 3.0))
    return pen.moved(turn=roll, flip=bool(generator.random() < 0.5))


def _put_subject(pen: Pen, scene: Scene, horizon: float, generator: np.random.Generator) -> None:
    size = (
        generator.uniform(1.45, 2.1) if generator.random() < 0.8 else generator.uniform(1.0, 1.45)
    )
    scale = size / max(1.7, scene.height)
    x = generator.normal(0.0, 0.12)
    middle = generator.normal(0.05, 0.1)
    foot = middle + scale * scene.height / 2.0
    if not scene.floats:
        foot = max(foot, min(horizon, 0.8) + 0.08)
    # Things lean about their middle, so that a tilted one does not leave the image.
    turn = float(generator.uniform(-scene.lean, scene.lean))
    centre = pen.moved(float(x), float(foot - scale * scene.height / 2.0), turn=turn)
    wide = float(generator.uniform(0.85, 1.15))
    flip = bool(generator.random() < 0.5)
    scene.draw(_turned(centre, scale, scene.height, wide, flip), generator)


def _turned(pen: Pen, scale: float, height: float, wide: float, flip: bool) -> Pen:
    """A pen whose foot lies half a height below the pen's origin."""
    return pen.moved(0.0, scale * height / 2.0, scale, flip=flip, stretch=wide)


def _put_rival(pen: Pen, category: str, horizon: float, generator: np.random.Generator) -> None:
    """Draw something of another category aside, about half as large as the subject."""
    others = [name for name in SCENES if name != category]
    scenes = list(SCENES[others[generator.integers(len(others))]].values())
    rival = scenes[generator.integers(len(scenes))]
    scale = generator.uniform(0.5, 0.85) / max(1.7, rival.height)
    x = float(generator.choice([-1.0, 1.0])) * generator.uniform(0.5, 0.95)
    foot = min(horizon, 0.7) + generator.uniform(0.05, 0.25)
    if rival.floats:
        foot = generator.uniform(-0.6, 0.1)
    rival.draw(pen.moved(x, foot, scale, flip=bool(generator.random() < 0.5)), generator)


def _scatter(pen: Pen, count: int, horizon: float, generator: np.random.Generator) -> None:
    """Draw small things of any category, the far ones first, and a plain shape now and then."""
    scenes = [scene for group in SCENES.values() for scene in group.values()]
    for foot in np.sort(generator.uniform(min(horizon, 0.8), 1.0, count)):
        x = generator.uniform(-1.1, 1.1)
        if generator.random() < 0.3:
            _shape(pen.moved(x, float(foot), generator.uniform(0.08, 0.22)), generator)
            continue
        scene = scenes[generator.integers(len(scenes))]
        scale = generator.uniform(0.2, 0.42) / max(1.7, scene.height)
        y = generator.uniform(-0.9, -0.2) if scene.floats else float(foot)
        scene.draw(pen.moved(x, y, scale, flip=bool(generator.random() < 0.5)), generator)


def _shape(pen: Pen, generator: np.random.Generator) -> None:
    colour = any_colour(generator)
    if generator.random() < 0.5:
        pen.fill(oval(0.0, -0.7, 0.7), colour, bulge=(0.3, 0.3))
    else:
        turned = pen.moved(turn=float(generator.uniform(-30, 30)))
        turned.fill(box(-0.7, -1.4, 0.7, 0.0), colour, shade=0.25)


def _occlude(pen: Pen, generator: np.random.Generator) -> None:
    """Cover a part of the image: something out of focus at its edge, a post or a branch."""
    colour = any_colour(generator)
    kind, side = generator.random(), float(generator.choice([-1.0, 1.0]))
    if kind < 0.45:
        blot = oval(side * generator.uniform(0.85, 1.3), generator.uniform(-1, 1), 0.45, 0.6)
        for opacity in (0.5, 0.8):
            pen.fill(blot, colour, opacity=opacity)
            blot = blot * 0.97
    elif kind < 0.75:
        x, wide = generator.uniform(-0.7, 0.7), generator.uniform(0.03, 0.1)
        slanted = pen.moved(x, 0.0, turn=float(generator.uniform(-8, 8)))
        slanted.fill(box(-wide, -2.5, wide, 2.5), colour, bulge=(0.5, 0.0))
    else:
        y = generator.uniform(-1.0, -0.5)
        pen.line([(side * 2.0, y - 0.3), (side * 0.2, y)], 0.03, (70.0, 54.0, 40.0))
        for x in np.linspace(0.2, 1.4, 12):
            at = pen.moved(side * x, y - 0.15 * x, 1.0, float(generator.uniform(-80, 80)))
            at.fill(
                smooth([(0.0, -0.03), (0.12, -0.07), (0.25, 0.0), (0.12, 0.07)], 1),
                (60.0, 104.0, 56.0),
            )
