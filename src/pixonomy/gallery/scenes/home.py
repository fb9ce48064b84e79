"""Draws houses, living rooms, tools and shelves."""

import numpy as np

from pixonomy.gallery.palette import (
    BLACK,
    LEAF,
    STEEL,
    WHITE,
    WOOD,
    Colour,
    any_colour,
    lighten,
    mix,
    pale_colour,
    vary,
)
from pixonomy.gallery.pen import Pen, arc, box, oval, smooth
from pixonomy.gallery.scenes.scene import Scene

_SKYLIT: Colour = (120.0, 148.0, 172.0)
_ROOFS: tuple[Colour, ...] = ((150.0, 72.0, 52.0), (92.0, 92.0, 100.0), (112.0, 82.0, 62.0))


def window(pen: Pen, wide: float, tall: float, frame: Colour) -> None:
    """Draw a window with four panes around the origin, `wide` and `tall` each half its size."""
    pen.fill(box(-wide, -tall, wide, tall), frame)
    pen.fill(box(-wide * 0.86, -tall * 0.88, wide * 0.86, tall * 0.88), _SKYLIT, shade=0.35)
    glint = [(-wide * 0.5, -tall * 0.8), (0.0, -tall * 0.8)]
    glint += [(-wide * 0.3, tall * 0.8), (-wide * 0.8, tall * 0.8)]
    pen.fill(glint, WHITE, opacity=0.3)
    pen.line([(0.0, -tall), (0.0, tall)], wide * 0.12, frame)
    pen.line([(-wide, 0.0), (wide, 0.0)], wide * 0.12, frame)
    pen.fill(box(-wide * 1.15, tall, wide * 1.15, tall * 1.14), lighten(frame, 0.8))


def house(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a house from outside: walls, roof, door, windows, chimney and bushes."""
    wall = pale_colour(generator) if generator.random() < 0.6 else any_colour(generator)
    roof = vary(_ROOFS[generator.integers(len(_ROOFS))], generator, 30.0)
    frame = WHITE if generator.random() < 0.7 else vary(WOOD, generator)
    top = -generator.uniform(0.65, 1.05)
    peak = top - generator.uniform(0.35, 0.6)
    pen.shadow(0.0, 0.0, 1.0, 0.07)
    if generator.random() < 0.7:
        x = generator.uniform(0.3, 0.5)
        pen.fill(
            box(x, peak - 0.1, x + 0.16, top - 0.1), vary((140.0, 84.0, 70.0), generator), shade=0.2
        )
    pen.fill(box(-0.85, top, 0.85, 0.0), wall, shade=0.12)
    for y in np.arange(top + 0.09, 0.0, 0.09):
        pen.line([(-0.85, y), (0.85, y)], 0.006, lighten(wall, 0.9))
    if generator.random() < 0.5:
        pen.fill([(-1.0, top), (0.0, peak), (1.0, top)], roof, shade=0.2)
        pen.fill([(-0.72, top), (0.0, peak + 0.14), (0.72, top)], lighten(wall, 0.94))
        pen.fill(oval(0.0, (top * 2 + peak) / 3, 0.11), frame)
        pen.fill(oval(0.0, (top * 2 + peak) / 3, 0.08), _SKYLIT)
    else:
        pen.fill([(-1.0, top), (-0.66, peak), (0.66, peak), (1.0, top)], roof, shade=0.2)
        for y in np.linspace(peak + 0.08, top - 0.04, 5):
            wide = 0.66 + 0.34 * (y - peak) / (top - peak)
            pen.line([(-wide, y), (wide, y)], 0.012, lighten(roof, 0.8))
    pen.fill(box(-1.0, top - 0.01, 1.0, top + 0.04), lighten(roof, 0.6))
    _house_front(pen, generator, top, frame)


def _house_front(pen: Pen, generator: np.random.Generator, top: float, frame: Colour) -> None:
    door = any_colour(generator)
    at = float(generator.choice([-0.5, 0.0, 0.5]))
    pen.fill(box(at - 0.17, -0.5, at + 0.17, 0.0), frame)
    pen.fill(box(at - 0.13, -0.46, at + 0.13, 0.0), door, shade=0.2)
    pen.fill(oval(at + 0.08, -0.22, 0.02), (230.0, 210.0, 120.0))
    pen.fill(box(at - 0.22, -0.04, at + 0.22, 0.03), (170.0, 168.0, 162.0))
    for x in (-0.5, 0.0, 0.5):
        if x != at:
            window(pen.moved(x, -0.32), 0.15, 0.15, frame)
        if top < -0.85:
            window(pen.moved(x, -0.75), 0.13, 0.13, frame)
    for _ in range(int(generator.integers(0, 4))):
        side = float(generator.choice([-1.0, 1.0]))
        x, size = side * generator.uniform(0.6, 0.95), generator.uniform(0.08, 0.18)
        pen.fill(oval(x, -size * 0.6, size, size * 0.8), vary(LEAF, generator), bulge=(0.3, 0.3))


def sofa(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a sofa with two seats, arms, feet and cushions."""
    cloth = any_colour(generator)
    pen.shadow(0.0, 0.0, 1.0, 0.07)
    for x in (-0.8, 0.8):
        pen.line([(x, -0.12), (x, 0.0)], 0.06, lighten(WOOD, 0.6))
    pen.fill(smooth(box(-0.86, -0.86, 0.86, -0.1), 1), cloth, shade=0.2, bulge=(0.0, 0.15))
    pen.line([(0.0, -0.82), (0.0, -0.4)], 0.015, lighten(cloth, 0.65))
    for x in (-0.37, 0.37):
        seat = smooth(box(x - 0.37, -0.47, x + 0.37, -0.26), 1)
        pen.fill(seat, lighten(cloth, 1.12), bulge=(0.12, 0.3))
    pen.fill(box(-0.76, -0.27, 0.76, -0.1), lighten(cloth, 0.75))
    for x in (-0.86, 0.86):
        pen.fill(
            smooth(box(x - 0.14, -0.62, x + 0.14, -0.08), 1),
            lighten(cloth, 0.92),
            shade=0.2,
            bulge=(0.3, 0.1),
        )
    for x in generator.choice([-0.5, 0.0, 0.48], size=2, replace=False):
        cushion = smooth(box(-0.18, -0.18, 0.18, 0.18), 1)
        soft = pen.moved(float(x), -0.56, turn=float(generator.uniform(-25, 25)))
        soft.fill(cushion, any_colour(generator), bulge=(0.25, 0.25))


def lamp(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a standing lamp, two units high, its shade at the top."""
    shade = vary((236.0, 208.0, 150.0), generator, 40.0)
    pen.fill(oval(0.0, -0.03, 0.26, 0.06), BLACK)
    pen.line([(0.0, -0.03), (0.0, -1.5)], 0.05, (70.0, 66.0, 62.0))
    pen.fill(oval(0.0, -1.68, 0.6, 0.52), (255.0, 240.0, 190.0), opacity=0.12)
    pen.fill([(-0.2, -2.0), (0.2, -2.0), (0.38, -1.42), (-0.38, -1.42)], shade, bulge=(0.25, 0.0))


def living_room(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a sofa with a lamp beside it and a window or a picture above it."""
    frame = WHITE if generator.random() < 0.6 else vary(WOOD, generator)
    if generator.random() < 0.65:
        window(pen.moved(generator.uniform(-0.4, 0.1), -1.3), 0.34, 0.3, frame)
        curtain = any_colour(generator)
        for x in (-0.66, 0.36):
            pen.fill(box(x - 0.1, -1.66, x + 0.1, -0.92), curtain, bulge=(0.4, 0.0))
    else:
        pen.fill(box(-0.45, -1.55, 0.35, -1.05), frame, shade=0.2)
        pen.fill(box(-0.4, -1.5, 0.3, -1.1), pale_colour(generator))
        pen.fill(oval(-0.05, -1.25, 0.2, 0.1), any_colour(generator))
    side = float(generator.choice([-0.82, 0.82]))
    lamp(pen.moved(side, -0.04, 0.78), generator)
    sofa(pen.moved(-side * 0.2, 0.0, 0.84), generator)
    if generator.random() < 0.6:
        pen.fill(oval(-side * 0.1, 0.1, 0.7, 0.07), any_colour(generator), shade=0.1)


def tools(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a hammer, a spanner, a screwdriver and sometimes a paint pot or a saw."""
    chosen = [_hammer, _spanner, _screwdriver, _paint_pot, _saw]
    picked = generator.permutation(len(chosen))[: int(generator.integers(3, 5))]
    places = np.linspace(-0.7, 0.7, len(picked))
    for x, which in zip(places, picked, strict=True):
        turn = generator.uniform(-22.0, 22.0) if which != 3 else 0.0
        tool = pen.moved(float(x), -0.05, generator.uniform(0.85, 1.05), float(turn))
        tool.moved(0.05, 0.03).fill(box(-0.06, -1.2, 0.06, 0.0), BLACK, opacity=0.22)
        chosen[which](tool, generator)


def _hammer(pen: Pen, generator: np.random.Generator) -> None:
    pen.fill(
        smooth(box(-0.075, -1.25, 0.075, 0.0), 1), vary(WOOD, generator, 30.0), bulge=(0.4, 0.0)
    )
    head = [(-0.32, -1.46), (0.18, -1.46), (0.44, -1.3), (0.16, -1.22), (-0.32, -1.2)]
    pen.fill(head, (104.0, 108.0, 116.0), shade=0.1, bulge=(0.0, 0.4))
    pen.fill(box(-0.4, -1.5, -0.3, -1.16), STEEL, bulge=(0.0, 0.4))


def _spanner(pen: Pen, generator: np.random.Generator) -> None:
    metal = vary(STEEL, generator)
    pen.fill(box(-0.075, -1.1, 0.075, -0.2), metal, bulge=(0.35, 0.0))
    pen.fill(oval(0.0, -0.16, 0.17), metal, shade=0.3)
    pen.fill(oval(0.0, -0.16, 0.08), (60.0, 60.0, 64.0))
    jaw = [
        (-0.1, -1.05),
        (-0.24, -1.2),
        (-0.2, -1.45),
        (-0.09, -1.5),
        (-0.09, -1.28),
        (0.09, -1.28),
    ]
    pen.fill([*jaw, (0.09, -1.5), (0.2, -1.45), (0.24, -1.2), (0.1, -1.05)], metal, shade=0.3)


def _screwdriver(pen: Pen, generator: np.random.Generator) -> None:
    grip = any_colour(generator)
    pen.fill(box(-0.035, -1.45, 0.035, -0.5), STEEL, bulge=(0.4, 0.0))
    pen.fill([(-0.05, -1.5), (0.05, -1.5), (0.035, -1.35), (-0.035, -1.35)], lighten(STEEL, 0.7))
    pen.fill(
        smooth(
            [
                (-0.09, -0.55),
                (0.09, -0.55),
                (0.14, -0.25),
                (0.12, 0.0),
                (-0.12, 0.0),
                (-0.14, -0.25),
            ],
            1,
        ),
        grip,
        bulge=(0.45, 0.1),
    )
    for x in (-0.05, 0.05):
        pen.line([(x, -0.45), (x, -0.08)], 0.02, lighten(grip, 0.6))


def _saw(pen: Pen, generator: np.random.Generator) -> None:
    teeth = [(0.2 - 0.06 * (i % 2), -0.45 - i * 0.055) for i in range(20)]
    pen.fill([(-0.16, -0.4), *teeth, (-0.02, -1.5)], lighten(STEEL, 1.1), shade=0.25)
    grip = vary(WOOD, generator, 30.0)
    pen.fill(smooth(box(-0.24, -0.45, 0.28, 0.0), 1), grip, shade=0.25)
    pen.fill(smooth(box(-0.1, -0.32, 0.14, -0.12), 1), lighten(grip, 0.35))


def _paint_pot(pen: Pen, generator: np.random.Generator) -> None:
    paint = any_colour(generator)
    pen.line(arc(0.0, -0.6, 0.3, 0.42, (180.0, 360.0)), 0.025, STEEL)
    pen.fill(smooth(box(-0.3, -0.68, 0.3, 0.0), 1), STEEL, bulge=(0.45, 0.0))
    pen.fill(box(-0.28, -0.5, 0.28, -0.2), paint, bulge=(0.45, 0.0))
    pen.fill(oval(0.0, -0.62, 0.29, 0.09), lighten(paint, 0.8))
    pen.fill(smooth(box(0.05, -0.66, 0.14, -0.4), 1), paint)


def shelf(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a shelf with books, a vase and boxes on its boards."""
    wood = vary(WOOD, generator, 40.0)
    pen.shadow(0.0, 0.0, 0.9, 0.07)
    pen.fill(box(-0.85, -1.8, 0.85, 0.0), lighten(wood, 0.5))
    floors = int(generator.integers(3, 5))
    tall = 1.74 / floors
    for floor in range(floors):
        y, x = -0.04 - floor * tall, -0.76
        while x < 0.62:
            wide = generator.uniform(0.06, 0.13)
            kind = generator.random()
            if kind < 0.1:
                pen.fill(
                    smooth(box(x, y - tall * 0.6, x + 0.2, y), 1),
                    any_colour(generator),
                    bulge=(0.4, 0.1),
                )
                wide = 0.22
            elif kind < 0.85:
                book = box(x, y - tall * generator.uniform(0.55, 0.85), x + wide, y)
                pen.fill(book, mix(any_colour(generator), wood, 0.2), bulge=(0.25, 0.0))
            x += wide + 0.01
        pen.fill(box(-0.82, y, 0.82, y + 0.06), wood, shade=0.1)
    for x in (-0.85, 0.79):
        pen.fill(box(x, -1.84, x + 0.07, 0.02), wood, shade=0.15)
    pen.fill(box(-0.88, -1.86, 0.88, -1.78), lighten(wood, 1.1))


SCENES: dict[str, Scene] = {
    "house": Scene(house, 1.5, ("meadow", "street", "mountains", "road")),
    "living room": Scene(living_room, 1.7, ("room",), lean=2.0, anywhere=False),
    "tools": Scene(tools, 1.5, ("table", "studio", "cloth"), lean=30.0),
    "bookshelf": Scene(shelf, 1.9, ("room", "studio"), lean=3.0),
}
