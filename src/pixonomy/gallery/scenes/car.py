"""Draws cars, petrol pumps, motorbikes and tyres."""

import numpy as np

from pixonomy.gallery.palette import (
    BLACK,
    STEEL,
    WHITE,
    Colour,
    any_colour,
    lighten,
    mix,
    vary,
)
from pixonomy.gallery.pen import Pen, Points, arc, box, oval, smooth
from pixonomy.gallery.scenes.scene import Scene

_GLASS: Colour = (70.0, 92.0, 110.0)
_RUBBER: Colour = (38.0, 38.0, 42.0)
# Cabin outlines seen from the side, front to the right: saloon, hatchback, van, pick-up.
_CABINS: tuple[Points, ...] = (
    [(-0.74, -0.46), (-0.48, -0.8), (0.16, -0.82), (0.52, -0.46)],
    [(-0.95, -0.44), (-0.84, -0.84), (0.14, -0.86), (0.5, -0.46)],
    [(-0.98, -0.4), (-0.97, -1.0), (0.36, -1.0), (0.68, -0.46)],
    [(-0.2, -0.46), (-0.16, -0.86), (0.26, -0.86), (0.56, -0.46)],
)


def wheel(pen: Pen, x: float, y: float, radius: float, spokes: int) -> None:
    """Draw a tyre with its rim around (x, y)."""
    pen.fill(oval(x, y, radius), _RUBBER, shade=0.25)
    pen.fill(oval(x, y, radius * 0.66), STEEL, shade=0.3)
    pen.fill(oval(x, y, radius * 0.54), (72.0, 74.0, 80.0))
    for angle in np.linspace(0.0, 2.0 * np.pi, spokes, endpoint=False):
        tip = (x + radius * 0.58 * np.cos(angle), y + radius * 0.58 * np.sin(angle))
        pen.line([(x, y), tip], radius * 0.16, STEEL)
    pen.fill(oval(x, y, radius * 0.16), lighten(STEEL, 1.2))


def car(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a car, in two thirds of the cases from the side, else from the front."""
    if generator.random() < 0.33:
        _car_front(pen, generator)
        return
    paint = any_colour(generator)
    pen.shadow(0.0, 0.0, 1.0, 0.09)
    cabin = np.asarray(_CABINS[generator.integers(len(_CABINS))], np.float64)
    pen.fill(smooth(cabin, 1), paint, shade=0.2)
    _car_windows(pen, cabin, generator)
    body = [(-1.0, -0.14), (-1.02, -0.48), (-0.6, -0.52), (0.45, -0.52), (0.92, -0.44)]
    body += [(1.02, -0.3), (1.0, -0.12)]
    pen.fill(smooth(body), paint, shade=0.25, bulge=(0.0, 0.15))
    pen.fill(box(-0.9, -0.17, 0.92, -0.11), lighten(paint, 0.4))
    pen.line([(-0.94, -0.34), (0.9, -0.34)], 0.012, lighten(paint, 1.35))
    seam = lighten(paint, 0.6)
    for x in (-0.42, 0.02, 0.42):
        pen.line([(x, -0.5), (x, -0.18)], 0.01, seam)
    for x in (-0.12, 0.32):
        pen.line([(x - 0.05, -0.42), (x + 0.03, -0.42)], 0.025, seam)
    pen.fill(oval(0.93, -0.36, 0.06, 0.04), (250.0, 240.0, 200.0))
    pen.fill(box(-1.0, -0.44, -0.94, -0.33), (190.0, 30.0, 30.0))
    spokes = int(generator.integers(4, 9))
    for x in (-0.58, 0.6):
        pen.fill(oval(x, -0.19, 0.235), lighten(paint, 0.25))
        wheel(pen, x, -0.19, 0.2, spokes)


def _car_windows(pen: Pen, cabin: Points, generator: np.random.Generator) -> None:
    outline = np.asarray(cabin, np.float64)
    middle = outline.mean(axis=0)
    glass = vary(_GLASS, generator)
    inner = middle + (outline - middle) * (0.82, 0.74)
    pen.fill(inner, glass, shade=0.45)
    left, right = inner[1, 0], inner[2, 0]
    glint = [(left + 0.1, inner[1, 1]), (left + 0.22, inner[1, 1])]
    glint += [(left + 0.08, inner[0, 1]), (left - 0.04, inner[0, 1])]
    pen.fill(glint, WHITE, opacity=0.25)
    pillar = (left + right) / 2.0 + 0.05
    pen.line([(pillar, inner[1, 1]), (pillar, inner[0, 1])], 0.05, BLACK)


def _car_front(pen: Pen, generator: np.random.Generator) -> None:
    paint = any_colour(generator)
    pen = pen.moved(stretch=0.8, scale=1.1)
    pen.shadow(0.0, 0.0, 0.95, 0.1)
    for side in (-1.0, 1.0):
        left, right = sorted((side * 0.85, side * 0.6))
        pen.fill(smooth(box(left, -0.35, right, 0.0), 1), _RUBBER)
        pen.fill(oval(side * 0.9, -0.82, 0.11, 0.07), lighten(paint, 0.8))
    roof = [(-0.78, -0.7), (-0.55, -1.2), (0.55, -1.2), (0.78, -0.7)]
    pen.fill(smooth(roof, 1), paint, shade=0.15)
    screen = [(-0.66, -0.74), (-0.48, -1.12), (0.48, -1.12), (0.66, -0.74)]
    pen.fill(screen, vary(_GLASS, generator), shade=0.4)
    pen.fill([(-0.3, -1.1), (-0.1, -1.1), (-0.3, -0.76), (-0.52, -0.76)], WHITE, opacity=0.25)
    body = [(-0.92, -0.14), (-0.95, -0.55), (-0.8, -0.76), (0.8, -0.76), (0.95, -0.55)]
    pen.fill(smooth([*body, (0.92, -0.14)], 1), paint, shade=0.15, bulge=(0.12, 0.15))
    pen.line([(-0.66, -0.72), (-0.5, -0.5), (0.5, -0.5), (0.66, -0.72)], 0.015, lighten(paint, 0.6))
    pen.fill(smooth(box(-0.42, -0.46, 0.42, -0.27), 1), BLACK)
    for y in (-0.42, -0.37, -0.32):
        pen.line([(-0.36, y), (0.36, y)], 0.015, STEEL)
    for side in (-1.0, 1.0):
        pen.fill(oval(side * 0.67, -0.45, 0.17, 0.1, side * -12.0), STEEL)
        pen.fill(oval(side * 0.67, -0.45, 0.13, 0.075, side * -12.0), (252.0, 246.0, 214.0))
    pen.fill(box(-0.9, -0.22, 0.9, -0.13), lighten(paint, 0.45))
    pen.fill(box(-0.22, -0.26, 0.22, -0.16), WHITE)
    pen.line([(-0.17, -0.21), (0.17, -0.21)], 0.04, BLACK)


def petrol_pump(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a petrol pump with its display, hose and nozzle."""
    paint = any_colour(generator)
    trim = WHITE if generator.random() < 0.5 else any_colour(generator)
    pen.shadow(0.05, 0.0, 0.75, 0.1)
    pen.fill(box(-0.62, -0.1, 0.6, 0.02), (150.0, 150.0, 148.0), shade=0.15)
    pen.fill([(0.42, -1.72), (0.54, -1.66), (0.54, -0.1), (0.42, -0.1)], lighten(paint, 0.55))
    pen.fill(box(-0.5, -1.72, 0.42, -0.1), paint, shade=0.18)
    pen.fill(smooth(box(-0.54, -1.98, 0.48, -1.68), 1), trim, shade=0.15)
    pen.line([(-0.3, -1.83), (0.24, -1.83)], 0.09, paint)
    pen.fill(box(-0.4, -1.58, 0.32, -1.12), BLACK)
    pen.fill(box(-0.36, -1.54, 0.28, -1.16), vary((150.0, 170.0, 150.0), generator), shade=0.2)
    for y in (-1.45, -1.32, -1.22):
        for x in np.arange(-0.28, 0.24, 0.13):
            pen.line([(x, y), (x + 0.07, y)], 0.07, (36.0, 48.0, 40.0))
    pen.fill(box(-0.5, -1.02, 0.42, -0.86), trim)
    for index in range(3):
        x = -0.34 + index * 0.24
        pen.fill(box(x, -0.8, x + 0.17, -0.62), any_colour(generator))
    pen.fill(box(-0.4, -0.52, 0.32, -0.18), lighten(paint, 0.8))
    hose = [(0.5, -1.5), (0.78, -1.45), (0.9, -0.9), (0.84, -0.35), (0.7, -0.28), (0.64, -0.6)]
    pen.line([*hose, (0.64, -0.95)], 0.065, _RUBBER)
    nozzle = [(0.54, -1.0), (0.72, -1.0), (0.76, -1.24), (0.62, -1.3), (0.42, -1.22)]
    pen.fill(nozzle, vary((60.0, 60.0, 64.0), generator, 40.0))
    pen.line([(0.6, -1.25), (0.5, -1.4), (0.36, -1.42)], 0.05, STEEL)


def motorbike(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a motorbike from the side, front to the right."""
    paint = any_colour(generator)
    pen.shadow(0.0, 0.0, 1.0, 0.07)
    for x in (-0.62, 0.64):
        pen.circle(x, -0.35, 0.3, 0.1, _RUBBER)
        pen.circle(x, -0.35, 0.23, 0.03, STEEL)
        for angle in np.linspace(0.0, np.pi, 5, endpoint=False):
            reach = (0.22 * np.cos(angle), 0.22 * np.sin(angle))
            pen.line(
                [(x - reach[0], -0.35 - reach[1]), (x + reach[0], -0.35 + reach[1])], 0.01, STEEL
            )
        pen.fill(oval(x, -0.35, 0.07), (92.0, 94.0, 100.0))
    pen.line([(0.64, -0.35), (0.38, -1.02)], 0.07, STEEL)
    pen.line([(-0.62, -0.35), (-0.05, -0.38), (0.4, -0.85)], 0.07, (58.0, 58.0, 64.0))
    pen.line([(-0.62, -0.35), (-0.32, -0.74)], 0.05, STEEL)
    engine = [(-0.24, -0.26), (-0.28, -0.56), (0.0, -0.68), (0.22, -0.58), (0.2, -0.26)]
    pen.fill(smooth(engine, 1), (96.0, 98.0, 104.0), shade=0.35)
    for y in (-0.56, -0.5, -0.44):
        pen.line([(-0.16, y), (0.12, y)], 0.02, (52.0, 54.0, 58.0))
    pen.line([(0.05, -0.28), (-0.3, -0.22), (-0.86, -0.28)], 0.09, lighten(STEEL, 1.1))
    tank = [(-0.16, -0.68), (-0.12, -0.92), (0.14, -1.0), (0.42, -0.86), (0.3, -0.66)]
    pen.fill(smooth(tank), paint, shade=0.25, bulge=(0.1, 0.3))
    seat = [
        (-0.14, -0.72),
        (-0.14, -0.82),
        (-0.5, -0.82),
        (-0.86, -0.96),
        (-0.84, -0.8),
        (-0.5, -0.7),
    ]
    pen.fill(smooth(seat, 1), _RUBBER, shade=0.3)
    pen.fill(smooth([(-0.5, -0.68), (-0.84, -0.8), (-0.98, -0.66), (-0.6, -0.6)], 1), paint)
    pen.line(arc(0.64, -0.35, 0.37, 0.38, (200.0, 320.0)), 0.06, paint)
    pen.line([(0.38, -1.02), (0.34, -1.16), (0.16, -1.18)], 0.05, BLACK)
    pen.fill(oval(0.5, -0.95, 0.12, 0.12), mix(paint, BLACK, 0.6))
    pen.fill(oval(0.54, -0.95, 0.08, 0.1), (250.0, 244.0, 210.0))


def tyres(pen: Pen, generator: np.random.Generator) -> None:
    """Draw one to three car tyres, the last one in front, sometimes on a lying stack."""
    pen.shadow(0.0, 0.0, 0.95, 0.1)
    if generator.random() < 0.5:
        for level in range(3):
            y = -0.12 - 0.25 * level
            pen.fill(smooth(box(-0.98, y - 0.13, -0.02, y + 0.12), 1), _RUBBER, bulge=(0.4, 0.2))
            for x in np.linspace(-0.9, -0.1, 9):
                pen.line([(x, y - 0.1), (x + 0.03, y + 0.09)], 0.015, BLACK)
        pen.fill(oval(-0.5, -0.76, 0.46, 0.12), _RUBBER)
        pen.fill(oval(-0.5, -0.76, 0.26, 0.065), BLACK)
    x, radius = generator.uniform(-0.1, 0.3), 0.68
    pen.fill(oval(x + 0.14, -radius, radius * 0.96, radius), BLACK)
    for angle in np.linspace(0.0, 2.0 * np.pi, 26, endpoint=False):
        tip = (x + 0.07 + radius * np.cos(angle), -radius + radius * np.sin(angle))
        pen.fill(oval(*tip, 0.035), BLACK)
    wheel(pen, x, -radius, radius, int(generator.integers(4, 10)))
    pen.circle(x, -radius, radius * 0.84, 0.02, (70.0, 70.0, 74.0))


SCENES: dict[str, Scene] = {
    "car": Scene(car, 1.0, ("road", "street", "road", "meadow")),
    "petrol pump": Scene(petrol_pump, 2.0, ("road", "street")),
    "motorbike": Scene(motorbike, 1.25, ("road", "street", "mountains"), lean=8.0),
    "car tyres": Scene(tyres, 1.4, ("studio", "street", "room"), lean=8.0),
}
