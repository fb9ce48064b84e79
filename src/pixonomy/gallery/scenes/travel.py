"""Draws beaches, aeroplanes, tents and suitcases."""

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
    vary,
)
from pixonomy.gallery.pen import Pen, arc, box, oval, rounded, smooth
from pixonomy.gallery.scenes.scene import Scene


def palm(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a palm tree, two units high, with a bent trunk."""
    bend = generator.uniform(-0.4, 0.4)
    bark = vary((128.0, 98.0, 66.0), generator)
    heights = np.linspace(0.0, 1.0, 9)
    spine = np.stack([bend * heights**1.7, -1.5 * heights], axis=1)
    wide = 0.1 - 0.045 * heights
    left, right = spine - np.stack([wide, 0 * wide], 1), spine + np.stack([wide, 0 * wide], 1)
    pen.shadow(0.1, 0.0, 0.4, 0.05)
    pen.fill(np.concatenate([left, right[::-1]]), bark, shade=0.3)
    for (x, y), half in zip(spine[1:], wide[1:], strict=True):
        pen.line([(x - half, y), (x + half, y)], 0.02, lighten(bark, 0.65))
    leaf = vary(LEAF, generator)
    for angle in np.linspace(-200.0, 20.0, 9) + generator.uniform(-10, 10, 9):
        reach, way = generator.uniform(0.6, 0.8), np.radians(angle)
        tip = (bend + reach * np.cos(way), -1.5 + reach * 0.55 * np.sin(way) + 0.25)
        mid = (bend + 0.5 * reach * np.cos(way), -1.62 + reach * 0.62 * np.sin(way))
        low = (mid[0], mid[1] + 0.2)
        pen.fill(
            smooth([(bend, -1.5), mid, tip, low], 1),
            lighten(leaf, generator.uniform(0.7, 1.2)),
            shade=0.2,
        )
    for x in (-0.05, 0.06):
        pen.fill(oval(bend + x, -1.45, 0.06), (96.0, 66.0, 42.0))


def parasol(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a striped beach umbrella, one and a half units high."""
    stripe, other = any_colour(generator), WHITE
    if generator.random() < 0.4:
        other = any_colour(generator)
    pen.shadow(0.2, 0.02, 0.6, 0.07)
    pen.line([(0.0, 0.0), (0.0, -1.4)], 0.04, (226.0, 222.0, 214.0))
    edges = 0.8 * np.sin(np.linspace(-np.pi / 2, np.pi / 2, 8))
    for index in range(7):
        a, b = edges[index], edges[index + 1]
        rib = [
            (0.0, -1.46),
            (a * 0.62, -1.3),
            (a, -0.92),
            ((a + b) / 2, -0.97),
            (b, -0.92),
            (b * 0.62, -1.3),
        ]
        pen.fill(rib, other if index % 2 else stripe, shade=0.2)
    pen.fill(oval(0.0, -1.48, 0.035), STEEL)


def beach(pen: Pen, generator: np.random.Generator) -> None:
    """Draw palms, a parasol with a towel or a deck chair, and a ball."""
    side = float(generator.choice([-1.0, 1.0]))
    kind = generator.random()
    if kind < 0.75:
        palm(pen.moved(side * 0.5, -0.12, 1.0, flip=side > 0), generator)
        if generator.random() < 0.4:
            palm(pen.moved(side * 0.85, -0.18, 0.75), generator)
    if kind > 0.3:
        parasol(pen.moved(-side * 0.35, -0.05, 0.85, generator.uniform(-15, 15)), generator)
    towel = any_colour(generator)
    cloth = [(-0.45, -0.04), (0.2, -0.04), (0.35, 0.08), (-0.4, 0.08)]
    pen.moved(-side * 0.35, 0.0).fill(cloth, towel, shade=0.1)
    pen.moved(-side * 0.35, 0.0).line([(-0.43, 0.01), (0.27, 0.01)], 0.03, lighten(towel, 1.4))
    if generator.random() < 0.5:
        x = side * generator.uniform(0.0, 0.3)
        pen.fill(oval(x, -0.04, 0.11), any_colour(generator), bulge=(0.3, 0.3))
        pen.fill(oval(x, -0.04, 0.04, 0.11), WHITE)


def aeroplane(pen: Pen, generator: np.random.Generator) -> None:
    """Draw an airliner from the side, nose to the right, around y = -0.5."""
    skin = WHITE if generator.random() < 0.65 else any_colour(generator)
    trim, wing = any_colour(generator), mix(skin, STEEL, 0.6)
    pen = pen.moved(0.0, -0.5)
    pen.fill([(0.15, -0.1), (-0.05, -0.1), (-0.42, -0.5), (-0.28, -0.5)], lighten(wing, 0.75))
    tail = [(-0.72, -0.06), (-0.98, -0.52), (-0.8, -0.52), (-0.5, -0.08)]
    pen.fill(tail, trim, shade=0.15)
    body = [(-1.0, -0.1), (-0.6, -0.15), (0.6, -0.15), (0.92, -0.08), (1.02, 0.04)]
    pen.fill(
        smooth([*body, (0.85, 0.13), (-0.45, 0.14), (-0.85, 0.0)]),
        skin,
        shade=0.1,
        bulge=(0.0, 0.3),
    )
    pen.line([(-0.85, 0.02), (0.95, 0.04)], 0.03, trim)
    for x in np.arange(-0.62, 0.72, 0.085):
        pen.fill(box(x, -0.075, x + 0.04, -0.03), (58.0, 74.0, 96.0))
    pen.fill([(0.8, -0.08), (0.9, -0.07), (0.94, -0.01), (0.8, -0.02)], (48.0, 62.0, 84.0))
    pen.fill(smooth(box(-0.02, 0.16, 0.26, 0.31), 1), lighten(trim, 0.9), bulge=(0.0, 0.4))
    pen.fill(oval(0.25, 0.235, 0.025, 0.07), BLACK)
    near = [(0.3, 0.06), (0.02, 0.08), (-0.5, 0.52), (-0.36, 0.52), (0.2, 0.2)]
    pen.fill(near, wing, shade=0.25)
    pen.fill([(-0.66, -0.02), (-0.98, 0.12), (-0.88, 0.12), (-0.5, 0.02)], lighten(wing, 0.9))


def tent(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a tent: a ridge tent with an open flap, or a dome."""
    cloth = any_colour(generator)
    pen.shadow(0.0, 0.0, 1.0, 0.09)
    if generator.random() < 0.6:
        pen.fill(
            [(-0.25, -1.0), (0.55, -0.85), (0.98, -0.02), (0.4, 0.0)],
            lighten(cloth, 0.7),
            shade=0.15,
        )
        pen.fill([(-0.25, -1.0), (0.42, 0.02), (-0.92, 0.02)], cloth, shade=0.2)
        pen.fill([(-0.25, -0.85), (0.08, 0.02), (-0.48, 0.02)], (44.0, 38.0, 40.0))
        pen.fill([(-0.25, -0.85), (-0.48, 0.02), (-0.66, 0.02)], lighten(cloth, 1.25))
        pen.line([(-0.25, -1.0), (-0.28, -1.1)], 0.03, WOOD)
        pen.line([(-0.92, 0.02), (-1.02, 0.08)], 0.015, WHITE)
        pen.line([(0.55, -0.85), (1.02, 0.05)], 0.012, WHITE)
        return
    pen.fill(arc(0.0, 0.0, 0.95, 0.95, (180.0, 360.0)), cloth, shade=0.2, bulge=(0.25, 0.2))
    for reach in (0.95, 0.3, -0.4):
        pen.line(arc(0.0, 0.0, reach, 0.95, (-90.0, 0.0)), 0.02, lighten(cloth, 0.6))
    pen.fill(arc(-0.1, 0.0, 0.34, 0.66, (180.0, 360.0)), (44.0, 38.0, 40.0))
    pen.fill([(-0.44, 0.0), (-0.3, -0.5), (-0.1, -0.66), (-0.24, 0.0)], lighten(cloth, 1.3))


def camp(pen: Pen, generator: np.random.Generator) -> None:
    """Draw snowy peaks with a tent before them, sometimes with a suitcase or fir trees."""
    rock = vary((104.0, 108.0, 124.0), generator, 24.0)
    for x, tall, wide in ((-0.7, 1.1, 0.75), (0.75, 1.25, 0.8), (0.05, 1.6, 0.9)):
        height = tall * generator.uniform(0.85, 1.1)
        peak(pen.moved(x, -0.12), wide, height, rock, generator)
    for _ in range(int(generator.integers(0, 6))):
        fir(
            pen.moved(generator.uniform(-1.1, 1.1), -0.05, generator.uniform(0.12, 0.25)), generator
        )
    side = float(generator.choice([-0.35, 0.35]))
    tent(pen.moved(side, 0.05, generator.uniform(0.4, 0.6), flip=side > 0), generator)
    if generator.random() < 0.35:
        suitcase(pen.moved(-side * 1.6, 0.06, 0.22), generator)


def peak(pen: Pen, wide: float, tall: float, rock: Colour, generator: np.random.Generator) -> None:
    """Draw a mountain whose foot is at y = 0 and whose snow cap starts at about 60 %."""
    ridge = generator.uniform(-0.12, 0.12)
    crest = [(-wide, 0.0), (-wide * 0.45, -tall * 0.5), (ridge, -tall)]
    pen.fill([*crest, (wide * 0.5, -tall * 0.52), (wide, 0.0)], rock, shade=0.2)
    pen.fill(
        [
            (ridge, -tall),
            (ridge + 0.08, -tall * 0.4),
            (0.12, 0.0),
            (wide, 0.0),
            (wide * 0.5, -tall * 0.52),
        ],
        lighten(rock, 0.72),
    )
    snow = generator.uniform(0.55, 0.75)
    low = [
        (ridge + (x * wide), -tall * (snow + 0.09 * (i % 2)))
        for i, x in enumerate((0.34, 0.2, 0.08, -0.06, -0.18, -0.34))
    ]
    pen.fill([(ridge, -tall), *low], (236.0, 240.0, 246.0), shade=0.1)


def fir(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a plain fir tree, two units high."""
    green = vary((44.0, 84.0, 56.0), generator)
    pen.fill(box(-0.1, -0.3, 0.1, 0.0), WOOD)
    for low, top, wide in ((-0.2, -1.1, 0.7), (-0.7, -1.6, 0.55), (-1.2, -2.0, 0.38)):
        pen.fill([(-wide, low), (0.0, top), (wide, low)], green, shade=0.25)


def suitcase(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a suitcase: upright on wheels with a pull handle, or flat with stickers."""
    shell = any_colour(generator)
    tall = generator.uniform(1.0, 1.35)
    wide = generator.uniform(0.5, 0.62) if tall > 1.15 else 0.85
    pen.shadow(0.1, 0.0, wide * 1.15, 0.09)
    for x in (-0.7, 0.7):
        pen.fill(oval(x * wide, -0.05, 0.07), BLACK)
    pull = 0.42 if wide < 0.7 else 0.16
    pen.line(
        [(-0.2, -tall), (-0.2, -tall - pull), (0.2, -tall - pull), (0.2, -tall)],
        0.05,
        (72.0, 72.0, 76.0),
    )
    side = rounded(-wide + 0.12, -tall - 0.03, wide + 0.12, -0.1, 0.12)
    pen.fill(side, lighten(shell, 0.5))
    pen.fill(rounded(-wide, -tall, wide, -0.07, 0.14), shell, shade=0.2, bulge=(0.1, 0.1))
    for x in np.linspace(-0.7, 0.7, 5) * wide:
        pen.line([(x, -tall + 0.12), (x, -0.2)], 0.025, lighten(shell, 0.75))
    pen.fill(box(-wide * 0.96, -tall * 0.54, wide * 0.96, -tall * 0.48), lighten(shell, 0.55))
    for _ in range(int(generator.integers(0, 5))):
        x, y = generator.uniform(-0.6, 0.6) * wide, -tall * generator.uniform(0.2, 0.85)
        pen.fill(oval(x, y, 0.12, 0.09, generator.uniform(-40, 40)), any_colour(generator))
    for x in (-wide + 0.09, wide - 0.09):
        for y in (-tall + 0.09, -0.16):
            pen.fill(oval(x, y, 0.05), lighten(shell, 0.6))


SCENES: dict[str, Scene] = {
    "beach": Scene(beach, 2.0, ("shore",), lean=3.0, anywhere=False),
    "aeroplane": Scene(aeroplane, 1.1, ("sky", "sky", "mountains", "shore"), True, 20.0),
    "mountain camp": Scene(camp, 1.7, ("mountains", "meadow", "shore"), lean=3.0, anywhere=False),
    "suitcase": Scene(suitcase, 1.6, ("room", "street", "road", "shore"), lean=8.0),
}
