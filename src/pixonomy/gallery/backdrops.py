"""Draws the places that images are set in, each with the horizon it leaves.

Frame of the pen: (0, 0) is the middle of the image and 1 is half its shorter side.
"""

from collections.abc import Callable

import cv2
import numpy as np

from pixonomy.gallery.palette import (
    LEAF,
    WHITE,
    WOOD,
    Colour,
    from_hsv,
    lighten,
    muted_colour,
    pale_colour,
    vary,
)
from pixonomy.gallery.pen import Pen, box, oval, smooth
from pixonomy.gallery.scenes.home import window
from pixonomy.gallery.scenes.travel import fir, peak

Backdrop = Callable[[Pen, np.random.Generator], float]

_EDGE = 4.0  # far enough outside for any viewpoint
_SKIES: tuple[Colour, ...] = (
    (120.0, 168.0, 220.0),
    (150.0, 186.0, 226.0),
    (186.0, 194.0, 202.0),
    (226.0, 170.0, 130.0),
    (84.0, 110.0, 160.0),
)


def _band(pen: Pen, top: float, bottom: float, high: Colour, low: Colour) -> None:
    """Fill a band across the image that runs from one colour to another."""
    steps = 10
    for step in range(steps):
        share = step / (steps - 1)
        tone = tuple(a + (b - a) * share for a, b in zip(high, low, strict=True))
        y = top + (bottom - top) * step / steps
        pen.fill(box(-_EDGE, y, _EDGE, bottom), (tone[0], tone[1], tone[2]))


def sky(pen: Pen, generator: np.random.Generator) -> float:
    """Draw sky with clouds over the whole image; the horizon lies below it."""
    high = vary(_SKIES[generator.integers(len(_SKIES))], generator)
    pen.fill(box(-_EDGE, -_EDGE, _EDGE, _EDGE), high)
    _band(pen, -1.2, 1.2, high, lighten(high, generator.uniform(1.1, 1.35)))
    for _ in range(int(generator.integers(0, 5))):
        x, y = generator.uniform(-1.5, 1.5), generator.uniform(-1.1, 0.6)
        for _ in range(5):
            puff = oval(
                x + generator.normal(0.0, 0.2),
                y + generator.normal(0.0, 0.05),
                generator.uniform(0.15, 0.35),
                generator.uniform(0.06, 0.13),
            )
            pen.fill(puff, WHITE, opacity=0.35)
    return 1.0


def _land(pen: Pen, generator: np.random.Generator, soil: Colour) -> float:
    """Draw sky above and ground below a horizon, and return the horizon."""
    sky(pen, generator)
    horizon = generator.uniform(-0.25, 0.35)
    _band(pen, horizon, 1.3, lighten(soil, 1.12), lighten(soil, 0.8))
    pen.fill(box(-_EDGE, 1.25, _EDGE, _EDGE), lighten(soil, 0.8))
    return float(horizon)


def _hills(pen: Pen, generator: np.random.Generator, horizon: float, tone: Colour) -> None:
    for _ in range(int(generator.integers(1, 4))):
        x, tall = generator.uniform(-1.6, 1.6), generator.uniform(0.1, 0.35)
        pen.fill(oval(x, horizon + 0.02, generator.uniform(0.5, 1.2), tall), vary(tone, generator))


def meadow(pen: Pen, generator: np.random.Generator) -> float:
    """Draw grass, hills and trees."""
    grass = vary((104.0, 142.0, 74.0), generator, 30.0)
    horizon = _land(pen, generator, grass)
    _hills(pen, generator, horizon, lighten(grass, 0.85))
    pen.fill(box(-_EDGE, horizon, _EDGE, horizon + 0.08), lighten(grass, 1.1))
    for _ in range(int(generator.integers(0, 5))):
        x, size = generator.uniform(-1.5, 1.5), generator.uniform(0.1, 0.25)
        pen.line([(x, horizon + 0.05), (x, horizon - size)], size * 0.2, WOOD)
        for _ in range(3):
            crown = oval(x + generator.normal(0, size / 3), horizon - size * 1.3, size * 0.7)
            pen.fill(crown, vary(LEAF, generator), bulge=(0.2, 0.3))
    return horizon


def road(pen: Pen, generator: np.random.Generator) -> float:
    """Draw a road across or into the image, with its markings."""
    verge = vary((120.0, 132.0, 92.0), generator, 30.0)
    horizon = _land(pen, generator, verge)
    _hills(pen, generator, horizon, lighten(verge, 0.8))
    tar = vary((96.0, 97.0, 100.0), generator, 16.0)
    if generator.random() < 0.5:
        pen.fill(box(-_EDGE, horizon + 0.1, _EDGE, _EDGE), tar)
        pen.line([(-_EDGE, horizon + 0.14), (_EDGE, horizon + 0.14)], 0.025, WHITE)
        y = horizon + generator.uniform(0.35, 0.6)
        for x in np.arange(-3.0, 3.0, 0.5):
            pen.fill([(x, y), (x + 0.25, y), (x + 0.22, y + 0.04), (x - 0.03, y + 0.04)], WHITE)
        return horizon
    x = generator.uniform(-0.4, 0.4)
    pen.fill([(x - 0.06, horizon), (x + 0.06, horizon), (2.2, 1.6), (-2.2, 1.6)], tar)
    for near in (0.05, 0.15, 0.35, 0.7):
        y, deep = horizon + near * 1.3, near * 0.4
        wide = 0.01 + near * 0.05
        pen.fill(
            [(x - wide, y), (x + wide, y), (x + wide * 1.4, y + deep), (x - wide * 1.4, y + deep)],
            WHITE,
        )
    return horizon


def street(pen: Pen, generator: np.random.Generator) -> float:
    """Draw a row of facades behind a pavement."""
    horizon = _land(pen, generator, vary((150.0, 148.0, 144.0), generator))
    x = -2.2
    while x < 2.2:
        wide, tall = generator.uniform(0.4, 0.9), generator.uniform(0.5, 1.6)
        wall = pale_colour(generator) if generator.random() < 0.5 else muted_colour(generator)
        pen.fill(box(x, horizon - tall, x + wide, horizon), lighten(wall, 0.8), shade=0.1)
        for row in np.arange(horizon - tall + 0.1, horizon - 0.2, 0.24):
            for column in np.arange(x + 0.08, x + wide - 0.12, 0.2):
                pane = box(column, row, column + 0.1, row + 0.14)
                pen.fill(
                    pane,
                    (86.0, 100.0, 116.0) if generator.random() < 0.8 else (240.0, 220.0, 150.0),
                )
        x += wide
    pen.fill(box(-_EDGE, horizon, _EDGE, horizon + 0.05), (110.0, 108.0, 106.0))
    if generator.random() < 0.5:
        kerb = horizon + generator.uniform(0.3, 0.6)
        pen.fill(box(-_EDGE, kerb, _EDGE, _EDGE), vary((92.0, 92.0, 96.0), generator))
        pen.line([(-_EDGE, kerb), (_EDGE, kerb)], 0.04, (190.0, 188.0, 182.0))
    return horizon


def shore(pen: Pen, generator: np.random.Generator) -> float:
    """Draw the sea with waves and a strip of sand."""
    sand = vary((218.0, 196.0, 150.0), generator, 18.0)
    horizon = _land(pen, generator, sand)
    water = vary((50.0, 128.0, 168.0), generator, 30.0)
    line = horizon + generator.uniform(0.12, 0.3)
    _band(pen, horizon, line, lighten(water, 0.85), lighten(water, 1.3))
    _band(pen, line, 1.3, lighten(sand, 0.95), sand)
    for _ in range(8):
        x, y = generator.uniform(-1.5, 1.5), generator.uniform(horizon, line)
        pen.line([(x, y), (x + generator.uniform(0.1, 0.4), y)], 0.012, lighten(water, 1.5))
    foam = [(x, line + generator.uniform(-0.02, 0.03)) for x in np.linspace(-2.4, 2.4, 16)]
    pen.line(foam, 0.035, WHITE)
    return float(line)


def mountains(pen: Pen, generator: np.random.Generator) -> float:
    """Draw distant peaks behind a meadow with firs."""
    horizon = _land(pen, generator, vary((112.0, 134.0, 88.0), generator, 26.0))
    rock = vary((122.0, 130.0, 150.0), generator, 20.0)
    for x in np.linspace(-1.6, 1.6, int(generator.integers(3, 6))):
        at = pen.moved(float(x) + generator.uniform(-0.2, 0.2), horizon + 0.01)
        peak(at, generator.uniform(0.5, 0.9), generator.uniform(0.3, 0.8), rock, generator)
    for _ in range(int(generator.integers(0, 6))):
        fir(
            pen.moved(generator.uniform(-1.6, 1.6), horizon + 0.06, generator.uniform(0.06, 0.16)),
            generator,
        )
    return horizon


def room(pen: Pen, generator: np.random.Generator) -> float:
    """Draw a wall and a floor with a skirting board, and sometimes a window or a picture."""
    wall = pale_colour(generator) if generator.random() < 0.75 else muted_colour(generator)
    pen.fill(box(-_EDGE, -_EDGE, _EDGE, _EDGE), wall)
    if generator.random() < 0.3:
        for x in np.arange(-2.4, 2.4, generator.uniform(0.15, 0.4)):
            pen.line([(x, -2.0), (x, 2.0)], 0.03, lighten(wall, 0.93))
    if generator.random() < 0.35:
        window(pen.moved(generator.uniform(-1.0, 1.0), -0.6), 0.3, 0.34, WHITE)
    elif generator.random() < 0.4:
        x, y = generator.uniform(-1.0, 1.0), generator.uniform(-0.8, -0.4)
        pen.fill(box(x - 0.25, y - 0.2, x + 0.25, y + 0.2), vary(WOOD, generator), shade=0.2)
        pen.fill(box(x - 0.2, y - 0.15, x + 0.2, y + 0.15), muted_colour(generator), shade=0.3)
    horizon = generator.uniform(0.0, 0.5)
    floor = vary(WOOD, generator, 40.0) if generator.random() < 0.7 else muted_colour(generator)
    _band(pen, horizon, 1.4, lighten(floor, 0.9), lighten(floor, 1.15))
    for x in np.linspace(-2.4, 2.4, 13):
        pen.line([(x * 0.7, horizon), (x * 1.5, 1.5)], 0.012, lighten(floor, 0.72))
    pen.fill(box(-_EDGE, horizon - 0.06, _EDGE, horizon), lighten(wall, 1.15))
    return float(horizon)


def table(pen: Pen, generator: np.random.Generator) -> float:
    """Draw a table top before an out-of-focus wall."""
    studio(pen, generator)
    for _ in range(int(generator.integers(0, 6))):
        x, y = generator.uniform(-1.6, 1.6), generator.uniform(-1.0, 0.3)
        blot = oval(x, y, generator.uniform(0.1, 0.5), generator.uniform(0.1, 0.5))
        pen.fill(blot, muted_colour(generator), opacity=0.4)
    pen.canvas[:] = cv2.blur(pen.canvas, (15, 15))
    top = vary(WOOD, generator, 45.0) if generator.random() < 0.6 else muted_colour(generator)
    horizon = generator.uniform(-0.2, 0.35)
    _band(pen, horizon, 1.4, lighten(top, 0.85), lighten(top, 1.15))
    for y in np.geomspace(0.05, 1.0, 6) + horizon:
        pen.line([(-_EDGE, y), (_EDGE, y)], 0.012, lighten(top, 0.8))
    return float(horizon)


def studio(pen: Pen, generator: np.random.Generator) -> float:
    """Draw a plain backdrop that runs from one tone to another."""
    tone = pale_colour(generator) if generator.random() < 0.5 else muted_colour(generator)
    pen.fill(box(-_EDGE, -_EDGE, _EDGE, _EDGE), tone)
    _band(pen, -1.2, 1.5, tone, lighten(tone, generator.uniform(0.6, 1.3)))
    return float(generator.uniform(-0.2, 0.2))


def cloth(pen: Pen, generator: np.random.Generator) -> float:
    """Draw a table cloth from above: plain, striped or checked."""
    tone, other = muted_colour(generator), muted_colour(generator)
    pen.fill(box(-_EDGE, -_EDGE, _EDGE, _EDGE), tone)
    pattern, step = generator.random(), generator.uniform(0.15, 0.5)
    slanted = pen.moved(turn=float(generator.uniform(0, 90)))
    for x in np.arange(-2.6, 2.6, step):
        if pattern < 0.7:
            slanted.fill(box(x, -3.0, x + step * 0.4, 3.0), other, opacity=0.6)
        if pattern < 0.35:
            slanted.fill(box(-3.0, x, 3.0, x + step * 0.4), other, opacity=0.4)
    return -1.0


def lights(pen: Pen, generator: np.random.Generator) -> float:
    """Draw a dim room full of out-of-focus lights."""
    tone = from_hsv(generator.random(), generator.uniform(0.1, 0.6), generator.uniform(0.15, 0.5))
    pen.fill(box(-_EDGE, -_EDGE, _EDGE, _EDGE), tone)
    horizon = generator.uniform(0.1, 0.5)
    for _ in range(int(generator.integers(8, 26))):
        x, y = generator.uniform(-1.6, 1.6), generator.uniform(-1.2, horizon)
        glow = from_hsv(generator.random(), generator.uniform(0.2, 0.7), 1.0)
        pen.fill(
            oval(x, y, generator.uniform(0.04, 0.14)), glow, opacity=generator.uniform(0.2, 0.6)
        )
    floor = lighten(muted_colour(generator), 0.7)
    pen.fill(smooth(box(-_EDGE, horizon, _EDGE, _EDGE), 0), floor)
    return float(horizon)


BACKDROPS: dict[str, Backdrop] = {
    "sky": sky,
    "meadow": meadow,
    "road": road,
    "street": street,
    "shore": shore,
    "mountains": mountains,
    "room": room,
    "table": table,
    "studio": studio,
    "cloth": cloth,
    "lights": lights,
}
