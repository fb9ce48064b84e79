"""Draws colours by chance: RGB triples of floats in 0..255."""

import colorsys

import numpy as np

Colour = tuple[float, float, float]

BLACK: Colour = (22.0, 22.0, 26.0)
WHITE: Colour = (244.0, 243.0, 238.0)
STEEL: Colour = (168.0, 172.0, 178.0)
WOOD: Colour = (142.0, 98.0, 58.0)
GOLD: Colour = (222.0, 176.0, 72.0)
LEAF: Colour = (62.0, 122.0, 58.0)


def from_hsv(hue: float, saturation: float, value: float) -> Colour:
    """The RGB colour of a hue (in turns), a saturation and a value (both 0..1)."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return (255.0 * red, 255.0 * green, 255.0 * blue)


def any_colour(generator: np.random.Generator) -> Colour:
    """A colour of any hue; one in four is nearly grey, as paint and cloth often are."""
    saturation = generator.uniform(0.02, 0.15) if generator.random() < 0.25 else 0.0
    saturation = saturation or generator.uniform(0.25, 0.9)
    return from_hsv(generator.random(), saturation, generator.uniform(0.35, 0.95))


def muted_colour(generator: np.random.Generator) -> Colour:
    """A colour of any hue that is never garish, as large surfaces have."""
    return from_hsv(generator.random(), generator.uniform(0.03, 0.5), generator.uniform(0.35, 0.9))


def pale_colour(generator: np.random.Generator) -> Colour:
    """A bright, unsaturated colour of any hue, as walls and paper have."""
    return from_hsv(generator.random(), generator.uniform(0.0, 0.3), generator.uniform(0.7, 0.97))


def lighten(colour: Colour, factor: float) -> Colour:
    """The colour times `factor`; below 1 darkens, and no channel leaves 0..255."""
    red, green, blue = colour
    return (min(255.0, red * factor), min(255.0, green * factor), min(255.0, blue * factor))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second colour in the first."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return (red, green, blue)


def vary(colour: Colour, generator: np.random.Generator, spread: float = 18.0) -> Colour:
    """A colour near the given one: each channel moves by up to `spread`."""
    red, green, blue = np.clip(np.add(colour, generator.uniform(-spread, spread, 3)), 0.0, 255.0)
    return (float(red), float(green), float(blue))
