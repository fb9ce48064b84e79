import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from conftest import as_bytes
from pixonomy.images.decode import Pixels, decode
from pixonomy.images.same import are_duplicates


def photograph(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Something with soft areas, edges and grain."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (7, 9, 3), np.uint8))
    pixels = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), np.float32).copy()
    pixels[60:120, 80:200] += 60
    pixels += generator.normal(0, 4, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("quality", [95, 75, 50, 35])
def test_compression_leaves_a_copy(quality: int) -> None:
    image = photograph()
    for format in ("JPEG", "WEBP"):
        assert are_duplicates(pixels(image), decode(as_bytes(image, format, quality=quality)))


@pytest.mark.parametrize("scale", [0.35, 0.5, 0.8, 1.6])
def test_scaling_leaves_a_copy(scale: float) -> None:
    image = photograph()
    scaled = image.resize((round(320 * scale), round(240 * scale)), Image.Resampling.LANCZOS)
    assert are_duplicates(pixels(image), pixels(scaled))
    assert are_duplicates(pixels(scaled), pixels(image))


def test_a_little_more_light_leaves_a_copy() -> None:
    image = photograph()
    assert are_duplicates(pixels(image), pixels(ImageEnhance.Brightness(image).enhance(1.03)))


@pytest.mark.parametrize("side", [4, 8, 16])
def test_a_mark_makes_another_picture(side: int) -> None:
    marked = pixels(photograph()).copy()
    marked[150 : 150 + side, 250 : 250 + side] = 0
    assert not are_duplicates(pixels(photograph()), marked)


def test_another_colour_or_another_shape_is_another_picture() -> None:
    image = photograph()
    red, green, blue = image.split()
    assert not are_duplicates(pixels(image), pixels(Image.merge("RGB", (green, red, blue))))
    assert not are_duplicates(pixels(image), pixels(image.resize((240, 240))))


def test_speckles_on_two_views_of_one_scene_make_two_pictures() -> None:
    def view(seed: int) -> Pixels:
        generator = np.random.default_rng(seed)
        shown = pixels(photograph()).copy()
        rows, columns = generator.integers(0, 240, 300), generator.integers(0, 320, 300)
        shown[rows, columns] = generator.integers(0, 256, (300, 3))
        return decode(as_bytes(Image.fromarray(shown), quality=92))

    assert not are_duplicates(view(1), view(2))


def test_tiny_and_equal_pictures_are_compared_too() -> None:
    tiny = pixels(photograph().resize((9, 7)))
    assert are_duplicates(tiny, tiny)
    assert are_duplicates(tiny[:1, :1], tiny[:1, :1])
    stream = io.BytesIO()
    Image.fromarray(tiny).save(stream, "BMP")
    assert are_duplicates(tiny, decode(stream.getvalue()))
