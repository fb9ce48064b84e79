"""Small real picture files for the tests: three categories that can be told apart."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

SHAPES = ("circle", "cross", "stripes")


def draw_shape(label: str, seed: int, size: int = 48) -> Image.Image:
    """Draw one shape at a random place in a random colour on a random ground."""
    generator = np.random.default_rng([SHAPES.index(label), seed])
    colours = [tuple(int(c) for c in generator.integers(0, 256, 3)) for _ in range(2)]
    image = Image.new("RGB", (size, size), colours[0])
    pen = ImageDraw.Draw(image)
    x, y = (int(v) for v in generator.integers(size // 4, 3 * size // 4, 2))
    reach = size // 5
    if label == "circle":
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colours[1])
    elif label == "cross":
        pen.line((x - reach, y, x + reach, y), fill=colours[1], width=4)
        pen.line((x, y - reach, x, y + reach), fill=colours[1], width=4)
    else:
        for left in range(0, size, 8):
            pen.line((left, 0, left, size), fill=colours[1], width=3)
    return image


def as_bytes(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    """Encode a picture."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


@pytest.fixture
def write_pictures() -> Callable[..., Path]:
    """Return a function that writes `count` pictures a category into `folder/<category>/`."""

    def write(folder: Path, count: int = 12, labels: tuple[str, ...] = SHAPES) -> Path:
        for label in labels:
            (folder / label).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                data = as_bytes(draw_shape(label, number))
                (folder / label / f"{number:03d}.jpg").write_bytes(data)
        return folder

    return write
