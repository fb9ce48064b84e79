"""Draws coins, banknotes, piggy banks and jars."""

import numpy as np

from pixonomy.gallery.palette import (
    BLACK,
    GOLD,
    STEEL,
    WHITE,
    Colour,
    any_colour,
    from_hsv,
    lighten,
    vary,
)
from pixonomy.gallery.pen import Pen, arc, box, oval, smooth
from pixonomy.gallery.scenes.scene import Scene

_METALS: tuple[Colour, ...] = (GOLD, STEEL, (186.0, 112.0, 70.0))


def coin_metal(generator: np.random.Generator) -> Colour:
    """The colour of a gold, silver or copper coin."""
    return vary(_METALS[generator.integers(len(_METALS))], generator, 16.0)


def coin(pen: Pen, metal: Colour, tilt: float = 1.0) -> None:
    """Draw a coin of radius 1 around the origin; `tilt` is its height over its width."""
    pen.fill(oval(0.05, 0.14, 1.0, tilt), lighten(metal, 0.35))
    pen.fill(oval(0.0, 0.0, 1.0, tilt), lighten(metal, 0.8))
    pen.fill(oval(0.0, 0.0, 0.93, 0.93 * tilt), lighten(metal, 1.12), shade=0.3)
    pen.fill(oval(0.0, 0.0, 0.76, 0.76 * tilt), metal, shade=-0.25)
    dark, bright = lighten(metal, 0.6), lighten(metal, 1.3)
    for tone, offset in ((dark, 0.04), (bright, 0.0)):
        pen.line([(-0.08 + offset, -0.4 * tilt), (0.12 + offset, -0.5 * tilt)], 0.12, tone)
        pen.line([(0.12 + offset, -0.5 * tilt), (0.12 + offset, 0.42 * tilt)], 0.14, tone)
        pen.line([(-0.12 + offset, 0.42 * tilt), (0.34 + offset, 0.42 * tilt)], 0.12, tone)


def coin_stack(pen: Pen, generator: np.random.Generator, count: int) -> None:
    """Draw `count` coins of radius 1 on top of each other, the lowest at y = 0."""
    metal = coin_metal(generator)
    pen.shadow(0.1, 0.05, 1.15, 0.4)
    for level in range(count):
        x, y = generator.uniform(-0.07, 0.07), -0.3 * level
        rim = np.concatenate(
            [arc(x, y, 1.0, 0.36, (0.0, 180.0)), arc(x, y - 0.26, 1.0, 0.36, (180.0, 360.0))]
        )
        pen.fill(rim, lighten(metal, 0.82), bulge=(0.5, 0.0))
        pen.line(arc(x, y, 1.0, 0.36, (0.0, 180.0)), 0.05, lighten(metal, 0.45))
    coin(pen.moved(0.0, -0.3 * count + 0.04), metal, 0.36)


def coins(pen: Pen, generator: np.random.Generator) -> None:
    """Draw stacks of coins in a row, or many coins scattered over each other."""
    if generator.random() < 0.5:
        heights = generator.integers(1, 9, int(generator.integers(3, 5)))
        if generator.random() < 0.5:
            heights = np.sort(heights)
        places = np.linspace(-0.75, 0.75, len(heights))
        for x, count in zip(places, heights, strict=True):
            foot = -0.1 + generator.uniform(-0.06, 0.06)
            coin_stack(pen.moved(float(x), foot, 0.26), generator, int(count) + 1)
        for _ in range(int(generator.integers(0, 4))):
            lying = pen.moved(generator.uniform(-0.9, 0.9), generator.uniform(-0.02, 0.1), 0.2)
            coin(lying, coin_metal(generator), 0.4)
        return
    tilt = generator.uniform(0.6, 1.0)
    for _ in range(int(generator.integers(9, 18))):
        x, y = generator.normal(0.0, 0.42), -0.6 + generator.normal(0.0, 0.3)
        size = generator.uniform(0.2, 0.32)
        flat = pen.moved(float(np.clip(x, -0.95, 0.95)), float(y), size)
        coin(flat.moved(turn=float(generator.uniform(-40, 40))), coin_metal(generator), tilt)


def banknote(pen: Pen, generator: np.random.Generator, paper: Colour) -> None:
    """Draw a banknote two units wide and one high around the origin."""
    ink = lighten(paper, 0.5)
    pen.fill(box(-0.98, -0.44, 1.03, 0.53), BLACK, opacity=0.3)
    pen.fill(box(-1.0, -0.5, 1.0, 0.5), lighten(paper, 1.25), shade=0.08)
    pen.fill(box(-0.94, -0.43, 0.94, 0.43), paper, shade=0.12)
    for y in np.linspace(-0.34, 0.34, 7):
        pen.line([(-0.9, y), (0.9, y)], 0.012, lighten(paper, 0.86))
    at = float(generator.choice([0.0, 0.45]))
    pen.fill(oval(at, 0.0, 0.27, 0.37), lighten(paper, 1.3))
    bust = [(at - 0.2, 0.3), (at - 0.12, 0.12), (at + 0.12, 0.12), (at + 0.2, 0.3)]
    pen.fill(bust, ink)
    pen.fill(oval(at, -0.05, 0.11, 0.16), lighten(ink, 1.25))
    pen.fill(arc(at, -0.08, 0.13, 0.16, (180.0, 360.0)), lighten(ink, 0.7))
    for x, y in ((-0.8, -0.3), (0.78, 0.3), (-0.55, 0.26)):
        pen.line([(x - 0.07, y - 0.08), (x - 0.07, y + 0.08)], 0.04, ink)
        pen.circle(x + 0.05, y, 0.06, 0.035, ink)
    pen.fill(box(-0.72, -0.08, -0.38, 0.08), lighten(paper, 0.75))


def banknotes(pen: Pen, generator: np.random.Generator) -> None:
    """Draw banknotes as a fan, or as a loose pile, with a coin or two."""
    count = int(generator.integers(3, 8))
    hue = generator.random() if generator.random() < 0.5 else 0.36
    fan = generator.random() < 0.5
    for index in range(count):
        shift = hue + generator.uniform(-0.06, 0.06)
        paper = from_hsv(shift, generator.uniform(0.15, 0.4), generator.uniform(0.62, 0.82))
        if fan:
            angle = -65.0 + 130.0 * index / (count - 1) - 90.0
            at = pen.moved(0.0, -0.05, 0.55, angle)
            banknote(at.moved(1.15, 0.0, stretch=1.0), generator, paper)
        else:
            x, y = generator.uniform(-0.3, 0.3), generator.uniform(-0.85, -0.3)
            turn = float(generator.uniform(-35.0, 35.0))
            banknote(pen.moved(x, y, generator.uniform(0.6, 0.7), turn), generator, paper)
    for _ in range(int(generator.integers(0, 3))):
        loose = pen.moved(generator.uniform(-0.7, 0.7), generator.uniform(-0.2, 0.0), 0.16)
        coin(loose, coin_metal(generator), 0.7)


def piggy_bank(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a piggy bank from the side, snout to the right, a coin above its slot."""
    skin = from_hsv(0.96, generator.uniform(0.25, 0.5), generator.uniform(0.75, 0.95))
    if generator.random() < 0.45:
        skin = any_colour(generator)
    dark = lighten(skin, 0.7)
    pen.shadow(0.0, 0.0, 0.8, 0.09)
    if generator.random() < 0.75:
        metal = coin_metal(generator)
        coin(pen.moved(-0.08, -1.45, 0.17, stretch=generator.uniform(0.5, 1.0)), metal)
    for x in (-0.42, -0.16, 0.2, 0.44):
        near = x in (-0.42, 0.2)
        leg = box(x - 0.11, -0.4, x + 0.11, 0.0)
        pen.fill(smooth(leg, 1), lighten(skin, 0.95 if near else 0.65), bulge=(0.3, 0.0))
    pen.line(arc(-0.8, -0.78, 0.09, 0.1, (60.0, 380.0)), 0.045, dark)
    pen.fill(oval(-0.08, -0.7, 0.72, 0.54), skin, bulge=(0.18, 0.35))
    pen.fill(oval(0.5, -0.78, 0.34, 0.33), skin, bulge=(0.15, 0.3))
    pen.fill(oval(0.78, -0.7, 0.14, 0.17), lighten(skin, 0.86), shade=0.2)
    for y in (-0.75, -0.65):
        pen.fill(oval(0.82, y, 0.028, 0.035), lighten(skin, 0.4))
    ear = [(0.3, -0.98), (0.28, -1.3), (0.56, -1.06)]
    pen.fill(smooth(ear, 1), dark, shade=0.2)
    pen.fill(oval(0.57, -0.86, 0.045, 0.055), BLACK)
    pen.fill(oval(0.585, -0.88, 0.015), WHITE)
    pen.line(arc(0.66, -0.6, 0.12, 0.08, (20.0, 130.0)), 0.02, lighten(skin, 0.5))
    pen.line([(-0.22, -1.22), (0.06, -1.22)], 0.045, lighten(skin, 0.3))
    pen.fill(oval(-0.25, -1.0, 0.22, 0.08, -12.0), WHITE, opacity=0.35)


def coin_jar(pen: Pen, generator: np.random.Generator) -> None:
    """Draw a glass jar partly filled with coins, with or without its lid."""
    pen.shadow(0.0, 0.0, 0.7, 0.1)
    outline = [(-0.6, 0.0), (-0.62, -1.15), (-0.42, -1.4), (-0.42, -1.52), (0.42, -1.52)]
    glass = smooth([*outline, (0.42, -1.4), (0.62, -1.15), (0.6, 0.0)], 1)
    pen.fill(glass, (206.0, 222.0, 224.0), bulge=(0.3, 0.0), opacity=0.5)
    level = generator.uniform(0.35, 1.0)
    for y in np.arange(-level, -0.06, 0.1):
        for x in np.arange(-0.44, 0.45, 0.22):
            spot = pen.moved(x + generator.uniform(-0.06, 0.06), float(y), 0.13)
            metal, tilt = coin_metal(generator), generator.uniform(0.35, 1.0)
            turn = float(generator.uniform(-60, 60))
            spot.fill(oval(0.05, 0.12, 1.05, tilt, turn), lighten(metal, 0.45))
            spot.fill(oval(0.0, 0.0, 1.0, tilt, turn), lighten(metal, 1.1))
            spot.fill(oval(0.0, 0.0, 0.72, 0.72 * tilt, turn), lighten(metal, 0.9))
    pen.fill(glass, (214.0, 230.0, 232.0), opacity=0.16)
    pen.fill(smooth(box(-0.5, -1.2, -0.38, -0.15), 1), WHITE, opacity=0.5)
    pen.fill(smooth(box(0.44, -1.1, 0.5, -0.2), 1), WHITE, opacity=0.4)
    edge = np.concatenate([glass, glass[:1]])
    pen.line(edge, 0.025, (168.0, 186.0, 190.0))
    if generator.random() < 0.4:
        pen.fill(smooth(box(-0.47, -1.7, 0.47, -1.48), 1), any_colour(generator), bulge=(0.4, 0.0))
    else:
        pen.line(arc(0.0, -1.5, 0.44, 0.08, (0.0, 360.0)), 0.035, (196.0, 210.0, 212.0))
    if generator.random() < 0.5:
        pen.fill(box(-0.32, -0.85, 0.32, -0.5), (238.0, 232.0, 214.0), shade=0.08)
        for y in (-0.74, -0.64):
            pen.line([(-0.22, y), (0.2, y)], 0.03, (96.0, 90.0, 84.0))


SCENES: dict[str, Scene] = {
    "coins": Scene(coins, 1.1, ("table", "cloth", "studio"), lean=12.0),
    "banknotes": Scene(banknotes, 1.2, ("table", "cloth", "studio"), lean=18.0),
    "piggy bank": Scene(piggy_bank, 1.5, ("table", "studio", "room")),
    "coin jar": Scene(coin_jar, 1.6, ("table", "room", "studio")),
}
