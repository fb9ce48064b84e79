"""The type and the limits of decoded images, and turning them upright."""

import numpy as np
import numpy.typing as npt

from pixonomy.errors import UndecodableImage

Pixels = npt.NDArray[np.uint8]
"""uint8, shape (height, width, 3), RGB."""

MAX_PIXELS = 25_000_000
"""How many pixels are ever allocated for one image."""

# A JPEG is decoded at 1/2 to 1/8 where it has more. A baseline one passes by in rows; a
# progressive one is held whole, in up to six bytes a pixel, before its first row is known.
MAX_BASELINE_PIXELS = 108_900_000  # sensors of "108 megapixels" give up to 12,032 x 9,024
MAX_PROGRESSIVE_PIXELS = 50_900_000  # sensors of "50 megapixels" give up to 8,688 x 5,792
MAX_BYTES = 160 * 1024 * 1024  # 25 megapixels of uncompressed 16-bit RGB, and a little more


def check_size(width: int, height: int, most: int = MAX_PIXELS) -> None:
    """Refuse an image without pixels, or with more than `most`.

    Raises:
        UndecodableImage: see above.
    """
    if width < 1 or height < 1:
        raise UndecodableImage("a picture without pixels")
    if width * height > most:
        raise UndecodableImage(
            f"{width} x {height} pixels, more than the {MAX_PIXELS // 10**6} megapixels allowed"
            f" ({MAX_BASELINE_PIXELS // 10**6} for a baseline JPEG,"
            f" {MAX_PROGRESSIVE_PIXELS // 10**6} for a progressive one)"
        )


def turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo EXIF orientation 2 to 8 (CIPA DC-008, tag 0x0112); others change nothing."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
