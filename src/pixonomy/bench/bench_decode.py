"""Measures how fast one core brings JPEGs to 100 pixels, beside other libraries."""

import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image

from pixonomy.bench.draw_catalogue import read_products
from pixonomy.bench.result import Measurement, Yardstick, measure_in_turn
from pixonomy.images.resize import ResizeSpec, frame
from pixonomy.progress import Context

_SIZE = 100  # pixels
_RESIZE_SPEC = ResizeSpec(_SIZE)
_IMAGES, _SLOW_IMAGES = 2000, 200  # a round; scikit-image takes milliseconds each
_ROUNDS = 7
QUICK = {"images": 4, "rounds": 1}
_MOST_GREY_LEVELS = 2.0

Way = Callable[[bytes], npt.NDArray[np.generic]]


def bench_decode(
    context: Context,
    source: Path | None = None,
    images: int = _IMAGES,
    rounds: int = _ROUNDS,
) -> list[Measurement]:
    """Measure images a second on one core, and how far ours is from a careful resize.

    Args:
        source: a BSON catalogue to take images from; None draws some.
    """
    products = read_products(source)
    jpegs = [data for product in products for data in product.images][:images]
    yardsticks: dict[str, Way] = {
        "simplejpeg + cv2.INTER_AREA alone": _bare,
        "Pillow draft + resize": _pillow,
    }
    slow = scikit_image(_SIZE)
    if slow is not None:
        yardsticks["scikit-image resize"] = slow
    ways = {"ours": _ours, **yardsticks}
    timed = {
        name: _time(way, jpegs[:_SLOW_IMAGES] if way is slow else jpegs)
        for name, way in ways.items()
    }
    figures = measure_in_turn(timed, rounds)
    context.progress("bench decode", 1, 1)
    width, height = Image.open(io.BytesIO(jpegs[0])).size
    speed = Measurement(
        f"{width} x {height} JPEG to {_SIZE} px, one core",
        figures["ours"],
        "images/s",
        tuple(Yardstick(name, figures[name]) for name in yardsticks),
    )
    return [speed, *_measure_difference(jpegs, slow)]


def _measure_difference(jpegs: list[bytes], slow: Way | None) -> list[Measurement]:
    """Compare our pixels with antialiased resizes of the whole image, in grey levels of 255."""
    references: Mapping[str, Way] = {"Pillow, box filter": _careful} | (
        {"scikit-image, Gaussian": slow} if slow is not None else {}
    )
    limit = Yardstick("the limit (less is better)", _MOST_GREY_LEVELS)
    return [
        Measurement(
            f"mean absolute difference from {name}",
            float(np.mean([_difference(data, way) for data in jpegs[:_SLOW_IMAGES]])),
            "grey levels",
            (limit,),
        )
        for name, way in references.items()
    ]


def _difference(data: bytes, way: Way) -> float:
    ours = _ours(data).transpose(1, 2, 0).astype(np.float64)
    return float(np.abs(ours - way(data).astype(np.float64)).mean())


def _ours(data: bytes) -> npt.NDArray[np.uint8]:
    return frame(data, _RESIZE_SPEC)


def _bare(data: bytes) -> npt.NDArray[np.generic]:
    pixels = simplejpeg.decode_jpeg(data, "RGB")
    return np.asarray(cv2.resize(pixels, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA))


def _pillow(data: bytes) -> npt.NDArray[np.generic]:
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (_SIZE, _SIZE))
    return np.asarray(image.convert("RGB").resize((_SIZE, _SIZE)))


def _careful(data: bytes) -> npt.NDArray[np.generic]:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    return np.asarray(image.resize((_SIZE, _SIZE), Image.Resampling.BOX))


def scikit_image(size: int) -> Way | None:
    """Return the way of the stories; None where scikit-image is not installed."""
    try:
        from skimage.io import imread
        from skimage.transform import resize
    except ImportError:
        return None
    shrink: Callable[..., npt.NDArray[np.generic]] = resize  # it has no types

    def way(data: bytes) -> npt.NDArray[np.generic]:
        pixels = imread(io.BytesIO(data))
        return np.asarray(shrink(pixels, (size, size), anti_aliasing=True, preserve_range=True))

    return way


def _time(way: Way, jpegs: list[bytes]) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        for data in jpegs:
            way(data)
        return len(jpegs) / (time.perf_counter() - began)

    return run
