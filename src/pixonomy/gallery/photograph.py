"""Makes of a drawing what a camera would.

Light and shadow, colour cast, night, blur, grain and JPEG compression.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pixonomy.gallery.pen import Canvas


def photograph(canvas: Canvas, generator: np.random.Generator) -> Canvas:
    """Take an image of a drawing: uint8 (height, width, 3) RGB, the same size as `canvas`."""
    seen = _focus(canvas, generator).astype(np.float32)
    night = bool(generator.random() < 0.08)
    cast = generator.normal(1.0, 0.06, 3)
    gain = _light(canvas.shape[0], canvas.shape[1], generator)
    gain *= np.float32(generator.uniform(0.95, 1.25))
    if night:
        cast = cast * (0.75, 0.85, 1.15)
        gain *= np.float32(generator.uniform(0.5, 0.75))
    contrast = generator.uniform(0.75, 1.2)
    lift = generator.uniform(-12.0, 12.0) + (1.0 - contrast) * 115.0
    gain *= np.float32(contrast)
    seen *= gain[..., None]
    seen *= cast.astype(np.float32)
    seen += np.float32(lift)
    if generator.random() < 0.04:
        grey = seen @ np.array([0.3, 0.59, 0.11], np.float32)
        seen = np.repeat(grey[..., None], 3, axis=2)
    noise = generator.gamma(2.0, 1.5) + (4.0 if night else 0.0)
    seen += _grain(canvas.shape[0], canvas.shape[1], noise, generator)[..., None]
    return np.clip(seen, 0.0, 255.0).astype(np.uint8)


def _focus(canvas: Canvas, generator: np.random.Generator) -> Canvas:
    """The drawing, mostly a little soft, sometimes out of focus or shaken."""
    kind = generator.random()
    if kind < 0.12:
        length = int(generator.integers(3, 9))
        shake = np.zeros((length, length), np.float32)
        rows = np.round(np.linspace(0, length - 1, length) * generator.random()).astype(int)
        shake[rows, np.arange(length)] = 1.0 / length
        return np.asarray(cv2.filter2D(canvas, -1, shake), np.uint8)
    sigma = generator.uniform(1.1, 2.0) if kind < 0.22 else generator.uniform(0.3, 0.9)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), sigma), np.uint8)


def _light(height: int, width: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """How bright each place is, float32 (height, width): slope, vignette, blotches, a shadow."""
    across = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    down = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    slope = generator.normal(0.0, 0.13, 2).astype(np.float32)
    gain = 1.0 + slope[0] * across + slope[1] * down
    gain *= 1.0 - np.float32(generator.uniform(0.0, 0.22)) * (across**2 + down**2)
    coarse = generator.normal(1.0, 0.05, (7, 9)).astype(np.float32)
    gain *= cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    fine = generator.normal(1.0, 0.03, (height // 4, width // 4)).astype(np.float32)
    gain *= cv2.resize(fine, (width, height), interpolation=cv2.INTER_LINEAR)
    if generator.random() < 0.25:
        x, tilt = generator.uniform(-0.7, 0.7), generator.uniform(-0.8, 0.8)
        lit = np.clip((across - np.float32(x) + np.float32(tilt) * down) * 6.0, 0.0, 1.0)
        gain *= 1.0 - np.float32(generator.uniform(0.2, 0.5)) * lit
    return np.asarray(gain, np.float32)


def _grain(
    height: int, width: int, strength: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Sensor noise, float32 (height, width)."""
    noise = generator.standard_normal((height, width), np.float32)
    return noise * np.float32(strength)


def encode_jpeg(image: Canvas, quality: int) -> bytes:
    """JPEG bytes of an RGB image at a quality of 1 to 100."""
    swapped = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", swapped, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()
