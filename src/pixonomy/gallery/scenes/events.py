"""Draws cakes, Christmas trees, balloons and gifts."""

import numpy as np

from pixonomy.gallery.palette import (
    GOLD,
    LEAF,
    STEEL,
    WHITE,
    WOOD,
    Colour,
    any_colour,
    from_hsv,
    lighten,
    pale_colour,
    vary,
)
from pixonomy.gallery.pen import Pen, arc, box, oval, smooth
from pixonomy.gallery.scenes.scene import Scene


def cake(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a birthday cake of one to three tiers with icing and burning candles."""
    sponge = vary((196.0, 140.0, 88.0), generator, 40.0)
    if generator.random() < 0.4:
        sponge = any_colour(generator)
    icing = pale_colour(generator) if generator.random() < 0.7 else any_colour(generator)
    pen.shadow(0.0, 0.0, 1.0, 0.12)
    pen.fill(oval(0.0, -0.06, 0.95, 0.15), WHITE, shade=0.15)
    pen.fill(oval(0.0, -0.07, 0.82, 0.11), (208.0, 206.0, 202.0))
    tiers, y, wide = int(generator.integers(1, 4)), -0.08, 0.74
    tall = {1: 0.55, 2: 0.42, 3: 0.34}[tiers]
    for _ in range(tiers):
        round_foot = arc(0.0, y, wide, wide * 0.14, (0.0, 180.0))
        side = np.concatenate([round_foot, [(-wide, y - tall), (wide, y - tall)]])
        pen.fill(side, sponge, bulge=(0.4, 0.0))
        _tier(pen.moved(0.0, y), wide, tall, icing, generator)
        y, wide = y - tall, wide * 0.72
    candles = int(generator.integers(2, 6))
    for index, x in enumerate(np.linspace(-0.6, 0.6, candles) * wide):
        _candle(pen.moved(float(x), y + 0.05 * (index % 2) - 0.02), generator)


def _tier(
    pen: Pen, wide: float, tall: float, icing: Colour, generator: np.random.Generator
) -> None:
    """Ice the top and the rim of a tier whose foot is at y = 0."""
    pen.line(arc(0.0, -tall * 0.45, wide, wide * 0.14, (0.0, 180.0)), 0.04, icing)
    drip = [(wide, -tall)]
    for index, angle in enumerate(np.linspace(0.0, np.pi, 15)):
        low = generator.uniform(0.2, 0.5) * tall if index % 2 else 0.1 * tall
        drip.append((wide * np.cos(angle), wide * 0.14 * np.sin(angle) + low - tall))
    pen.fill(smooth([*drip, (-wide, -tall)], 1), icing, bulge=(0.3, 0.0))
    pen.fill(oval(0.0, -tall, wide, wide * 0.14), lighten(icing, 1.06))
    for angle in np.linspace(0.0, 2.0 * np.pi, 10, endpoint=False):
        x, edge = 0.86 * wide * np.cos(angle), 0.12 * wide * np.sin(angle) - tall
        pen.fill(oval(x, edge, 0.045), from_hsv(0.97, 0.75, 0.85))


def _candle(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a striped burning candle whose foot is at the origin."""
    pen.fill(box(-0.03, -0.32, 0.03, 0.0), any_colour(generator), bulge=(0.4, 0.0))
    for step in (0.08, 0.18):
        pen.line([(-0.03, -step), (0.03, -step - 0.05)], 0.02, WHITE)
    pen.fill(oval(0.0, -0.42, 0.13), (255.0, 226.0, 140.0), opacity=0.25)
    flame = [(-0.045, -0.38), (0.0, -0.54), (0.045, -0.38), (0.0, -0.32)]
    pen.fill(smooth(flame, 1), (255.0, 188.0, 60.0))
    pen.fill(oval(0.0, -0.38, 0.018, 0.035), (255.0, 248.0, 200.0))


def christmas_tree(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a decorated Christmas tree with a star on top and presents below."""
    needles = vary((42.0, 96.0, 54.0), generator, 22.0)
    if generator.random() < 0.15:
        needles = pale_colour(generator)
    pen.shadow(0.0, 0.0, 0.7, 0.09)
    pen.fill(box(-0.1, -0.3, 0.1, -0.05), lighten(WOOD, 0.7), bulge=(0.4, 0.0))
    pen.fill(
        [(-0.24, -0.2), (0.24, -0.2), (0.18, 0.02), (-0.18, 0.02)], any_colour(generator), shade=0.2
    )
    layers = int(generator.integers(3, 6))
    for layer in range(layers):
        low = -0.25 - 1.45 * layer / (layers + 0.4)
        top, wide = low - 0.75 + 0.06 * layer, 0.82 * (1.0 - layer / (layers + 0.8))
        tips = np.linspace(wide, -wide, 13)
        hem = [(x, low - 0.07 * (i % 2) + 0.05 * (1 - abs(x))) for i, x in enumerate(tips)]
        pen.fill([(0.0, max(top, -1.86)), *hem], lighten(needles, 0.85 + 0.08 * layer), shade=0.3)
        garland = arc(0.0, low - 0.2, wide * 0.7, 0.1, (10.0, 170.0))
        pen.line(garland, 0.025, GOLD)
    for _ in range(int(generator.integers(14, 26))):
        y = generator.uniform(-1.55, -0.3)
        x = generator.uniform(-0.62, 0.62) * (1.85 + y) / 1.55
        pen.fill(oval(x, y, 0.05), any_colour(generator), bulge=(0.3, 0.3))
    star = [
        (r * np.sin(a), -1.86 - r * np.cos(a))
        for a, r in zip(
            np.linspace(0, 2 * np.pi, 10, endpoint=False), [0.15, 0.06] * 5, strict=True
        )
    ]
    pen.fill(star, (252.0, 218.0, 90.0))
    for side in (-0.55, 0.5):
        if generator.random() < 0.6:
            gift(pen.moved(side, 0.05, generator.uniform(0.18, 0.28)), generator)


def balloons(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a bunch of balloons whose strings meet below."""
    count = int(generator.integers(3, 8))
    knot = (generator.uniform(-0.15, 0.15), -0.02)
    for index in range(count):
        angle = np.pi * (index + 0.5 + generator.uniform(-0.2, 0.2)) / count
        x = -0.62 * np.cos(angle) * generator.uniform(0.6, 1.1)
        y = -1.1 - 0.5 * np.sin(angle) * generator.uniform(0.3, 1.0)
        size = generator.uniform(0.24, 0.34)
        rubber = any_colour(generator)
        pen.line([(x, y + size * 1.25), (x * 0.5 + 0.03, -0.6), knot], 0.014, (226.0, 226.0, 224.0))
        pen.fill(
            [(x - 0.05, y + size * 1.3), (x + 0.05, y + size * 1.3), (x, y + size * 1.1)], rubber
        )
        pen.fill(oval(x, y, size, size * 1.2), rubber, shade=0.15, bulge=(0.25, 0.25))
        glint = oval(x - 0.4 * size * pen.light[0], y - 0.5 * size, size * 0.14, size * 0.24, 25.0)
        pen.fill(glint, WHITE, opacity=0.55)


def gift(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a wrapped present with a ribbon and a bow."""
    paper, ribbon = any_colour(generator), any_colour(generator)
    tall = generator.uniform(0.9, 1.3)
    pen.shadow(0.1, 0.0, 0.95, 0.1)
    pen.fill([(0.55, -tall), (0.9, -tall - 0.2), (0.9, -0.2), (0.55, 0.0)], lighten(paper, 0.6))
    pen.fill(box(-0.8, -tall, 0.55, 0.0), paper, shade=0.12)
    if generator.random() < 0.6:
        for x, y in generator.uniform((-0.72, -tall + 0.1), (0.47, -0.1), (14, 2)):
            pen.fill(oval(x, y, 0.05), lighten(paper, 1.4))
    lid = [(-0.84, -tall), (-0.45, -tall - 0.22), (0.94, -tall - 0.22), (0.6, -tall)]
    pen.fill(lid, lighten(paper, 1.2))
    pen.fill(box(-0.84, -tall, 0.6, -tall + 0.16), lighten(paper, 1.08))
    pen.fill(box(-0.22, -tall, 0.0, 0.0), ribbon, shade=0.15)
    pen.fill(
        [(-0.22, -tall), (0.12, -tall - 0.22), (0.32, -tall - 0.22), (0.0, -tall)],
        lighten(ribbon, 1.1),
    )
    for side in (-1.0, 1.0):
        knot = (0.05, -tall - 0.12)
        loop = [
            knot,
            (knot[0] + side * 0.3, knot[1] - 0.42),
            (knot[0] + side * 0.58, knot[1] - 0.12),
        ]
        pen.fill(smooth(loop), lighten(ribbon, 1.0 + 0.12 * side), shade=0.25)
    pen.fill(oval(0.05, -tall - 0.15, 0.1, 0.09), lighten(ribbon, 0.75))


def wedding_rings(pen: Pen, generator: np.random.Generator) -> None:
    """Draw two interlocked wedding rings on a cushion, one of them with a stone."""
    metal = vary(GOLD if generator.random() < 0.65 else STEEL, generator, 20.0)
    cloth = any_colour(generator)
    pen.shadow(0.0, 0.0, 1.0, 0.12)
    pen.fill(
        smooth([(-1.0, -0.25), (-0.8, -0.7), (0.8, -0.7), (1.0, -0.25), (0.6, 0.06), (-0.6, 0.06)]),
        cloth,
        shade=0.1,
        bulge=(0.15, 0.3),
    )
    pen.line(arc(0.0, -0.42, 0.85, 0.3, (20.0, 160.0)), 0.03, lighten(cloth, 0.7))
    lean = generator.uniform(0.8, 1.0)
    for x, start in ((-0.27, 0.0), (0.27, 0.0), (-0.27, -60.0)):
        span = (start, 360.0) if start == 0.0 else (start, 20.0)
        for inset, tone in ((0.0, 0.55), (0.02, 1.0), (0.06, 1.3)):
            path = arc(x, -0.62 - inset * 0.3, 0.42 * lean, 0.42, span)
            pen.line(path, 0.13 - 1.6 * inset, lighten(metal, tone))
    stone = [(0.27, -0.95), (0.12, -1.12), (0.2, -1.24), (0.34, -1.24), (0.42, -1.12)]
    pen.fill(stone, (206.0, 228.0, 240.0), shade=0.3)
    for x in (0.2, 0.27, 0.34):
        pen.line([(0.27, -0.97), (x, -1.12)], 0.012, WHITE)
    if generator.random() < 0.5:
        for side in (-0.8, 0.72):
            _rose(pen.moved(side, -0.25, 0.24), generator)


def _rose(pen: Pen, generator: np.random.Generator) -> None:
    petal = any_colour(generator)
    pen.fill(oval(0.7, 0.5, 0.7, 0.3, 30.0), LEAF, shade=0.2)
    for angle in np.linspace(0.0, 2.0 * np.pi, 6, endpoint=False):
        pen.fill(oval(0.5 * np.cos(angle), 0.5 * np.sin(angle), 0.55), petal, bulge=(0.25, 0.25))
    for size, tone in ((0.55, 0.85), (0.36, 1.15), (0.18, 0.7)):
        pen.fill(oval(0.0, 0.0, size), lighten(petal, tone), shade=0.2)


SCENES: dict[str, Scene] = {
    "birthday cake": Scene(cake, 1.7, ("table", "room", "lights"), lean=3.0),
    "christmas tree": Scene(christmas_tree, 2.0, ("room", "lights", "studio")),
    "balloons": Scene(balloons, 1.9, ("meadow", "room", "lights", "street"), True, 12.0),
    "wedding rings": Scene(wedding_rings, 1.3, ("table", "cloth", "lights"), lean=10.0),
    "gift": Scene(gift, 1.7, ("table", "room", "lights", "studio"), lean=8.0),
}
