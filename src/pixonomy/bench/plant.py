"""Makes altered copies of images, as duplicates to be found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.images.decode import Pixels

_QUALITY = 92  # a copy is stored anew: never the bytes of the original
_REFERENCE_SIDE = 224  # pixels; blur is told for images of this size
_WORDS = [
    "summer",
    "sale",
    "today",
    "only",
    "new",
    "look",
    "fresh",
    "deal",
    "best",
    "price",
    "holiday",
    "greetings",
    "from",
    "us",
    "with",
    "love",
    "made",
    "by",
    "hand",
    "see",
    "you",
    "soon",
    "limited",
    "offer",
    "save",
    "more",
    "2026",
    "limited",
    "edition",
    "visit",
    "our",
    "shop",
]

Alteration = Callable[[Pixels, np.random.Generator], Pixels]


@dataclass(frozen=True)
class Plant:
    """One way to alter an image.

    Attributes:
        is_geometric: pixels move; otherwise only their values change.
        quality: of the JPEG it is stored as, 1 to 100.
    """

    is_geometric: bool
    alter: Alteration
    quality: int = _QUALITY

    def make(self, pixels: Pixels, generator: np.random.Generator) -> bytes:
        """Return the altered image as a JPEG."""
        return encode_jpeg(np.ascontiguousarray(self.alter(pixels, generator)), self.quality)


@dataclass(frozen=True)
class Strengths:
    """How strongly each kind of alteration is applied; shares are of a side's length."""

    qualities: tuple[int, ...]
    scales: tuple[float, ...]
    blur: float
    gammas: tuple[float, float]
    noise: float
    letters: tuple[float, float]
    crops: tuple[float, ...]
    trims: tuple[float, ...]
    padding: float
    degrees: float


REPORTED = Strengths(
    (20, 55, 90), (0.5, 1.6), 1.5, (0.6, 1.7), 12.0, (0.07, 0.10), (0.05, 0.15), (0.05, 0.15),
    0.10, 4.0,
)  # fmt: skip
"""What `bench duplicates` reports."""

TUNING = Strengths(
    (30, 75), (0.65, 1.35), 1.0, (0.75, 1.4), 8.0, (0.06, 0.08), (0.09, 0.20), (0.08, 0.12),
    0.07, 5.5,
)  # fmt: skip
"""What thresholds were chosen on, with other images."""


def plants(strengths: Strengths) -> Mapping[str, Plant]:
    """Return every alteration at these strengths, by a name that tells them."""
    light = {f"JPEG quality {q}": Plant(False, _leave, q) for q in strengths.qualities}
    light |= {f"resize to {s:.0%}": Plant(False, partial(_scale, s)) for s in strengths.scales}
    light["blur"] = Plant(False, partial(_blur, strengths.blur))
    light |= {f"gamma {g}": Plant(False, partial(_bend, g)) for g in strengths.gammas}
    light["grey"] = Plant(False, _bleach)
    light["noise"] = Plant(False, partial(_add_noise, strengths.noise))
    light["text"] = Plant(False, partial(_write, strengths.letters))
    moved = {
        f"crop {c:.0%} of each side's length": Plant(True, partial(_crop, c))
        for c in strengths.crops
    }
    moved |= {
        f"crop {c:.0%} at every edge": Plant(True, partial(_trim, c)) for c in strengths.trims
    }
    moved[f"padding {strengths.padding:.0%}"] = Plant(True, partial(_pad, strengths.padding))
    moved[f"rotation {strengths.degrees:g} degrees"] = Plant(
        True, partial(_rotate, strengths.degrees)
    )
    moved["flip"] = Plant(True, _mirror)
    return light | moved


def _leave(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return pixels


def _scale(scale: float, pixels: Pixels, _: np.random.Generator) -> Pixels:
    size = [max(8, round(side * scale)) for side in pixels.shape[1::-1]]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return _pixels(cv2.resize(pixels, size, interpolation=way))


def _blur(sigma: float, pixels: Pixels, _: np.random.Generator) -> Pixels:
    return _pixels(cv2.GaussianBlur(pixels, (0, 0), sigma * max(pixels.shape) / _REFERENCE_SIDE))


def _bend(gamma: float, pixels: Pixels, _: np.random.Generator) -> Pixels:
    table = np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
    return table[pixels]


def _bleach(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return _pixels(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def _add_noise(sigma: float, pixels: Pixels, generator: np.random.Generator) -> Pixels:
    return _pixels(pixels + generator.normal(0, sigma, pixels.shape))


def _write(letters: tuple[float, float], pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Lay a caption of three to six words over the image, on one line or two, outlined."""
    image = Image.fromarray(pixels)
    height = max(4.0, float(generator.uniform(*letters)) * image.height)
    font = ImageFont.load_default(height)
    words = generator.choice(_WORDS, int(generator.integers(3, 7)))
    lines = [" ".join(words)]
    pen = ImageDraw.Draw(image)
    if pen.textlength(lines[0], font) > 0.95 * image.width:  # then on two lines
        lines = [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]
    top = generator.uniform(0, max(1.0, image.height - 1.3 * height * len(lines)))
    ink, ground = ("white", "black") if generator.random() < 0.5 else ("black", "white")
    for number, line in enumerate(lines):
        spare = max(0.0, image.width - pen.textlength(line, font))
        place = (generator.uniform(0, spare), top + number * 1.3 * height)
        outline = max(1, round(height / 15))
        pen.text(place, line, ink, font, stroke_width=outline, stroke_fill=ground)
    return np.asarray(image, np.uint8)


def _crop(share: float, pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Keep a window anywhere in the image."""
    height, width = (max(4, round(side * (1 - share))) for side in pixels.shape[:2])
    top = int(generator.integers(0, pixels.shape[0] - height + 1))
    left = int(generator.integers(0, pixels.shape[1] - width + 1))
    return pixels[top : top + height, left : left + width]


def _trim(share: float, pixels: Pixels, _: np.random.Generator) -> Pixels:
    rows, columns = (max(1, round(side * share)) for side in pixels.shape[:2])
    return pixels[rows:-rows, columns:-columns]


def _pad(share: float, pixels: Pixels, generator: np.random.Generator) -> Pixels:
    rows, columns = (max(1, round(side * share)) for side in pixels.shape[:2])
    colour = _paper(generator)
    bars = (rows, rows, columns, columns)
    return _pixels(cv2.copyMakeBorder(pixels, *bars, cv2.BORDER_CONSTANT, value=colour))


def _rotate(degrees: float, pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Turn about the middle, either way; the canvas stays, its corners are plain or continued."""
    height, width = pixels.shape[:2]
    angle = degrees if generator.random() < 0.5 else -degrees
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    border = cv2.BORDER_REPLICATE if generator.random() < 0.3 else cv2.BORDER_CONSTANT
    colour = _paper(generator)
    return _pixels(
        cv2.warpAffine(
            pixels, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=border,
            borderValue=colour,
        )
    )  # fmt: skip


def _mirror(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return pixels[:, ::-1]


def _paper(generator: np.random.Generator) -> tuple[int, int, int]:
    """White, black or any other colour."""
    kind = generator.random()
    if kind < 0.7:
        return (255, 255, 255) if kind < 0.35 else (0, 0, 0)
    red, green, blue = (int(one) for one in generator.integers(0, 256, 3))
    return red, green, blue


def _pixels(values: npt.NDArray[np.generic] | cv2.typing.MatLike) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
