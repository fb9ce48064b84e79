"""Encoded bytes go in; RGB pixels come out, or one sentence why not. No disk, no network.

Every byte is taken as hostile: pixels, bytes and JPEG scans are capped before work begins.
"""

import io
import re
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import islice

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from pixonomy.errors import UndecodableImage

Pixels = npt.NDArray[np.uint8]
"""uint8, shape (height, width, 3), RGB."""

MAX_PIXELS = 25_000_000
MAX_BYTES = 160 * 1024 * 1024  # 25 megapixels of uncompressed 16-bit RGB, and a little more
MAX_JPEG_SCANS = 64  # progressive encoders write about ten; thousands cost minutes to decode

# Formats by name: Pillow also knows some that start other programs (EPS) or read more files.
FORMATS = (
    "JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "JPEG2000", "PPM", "ICO", "TGA",
    "AVIF", "PCX", "SGI", "QOI",
)  # fmt: skip

_JPEG_START = b"\xff\xd8\xff"
_START_OF_SCAN = re.compile(rb"\xff\xda\x00")  # and its length, always below 256
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")  # stuffing, restarts, fill: no
_MAX_JPEG_SEGMENTS = 4096
_EXIF_MARK = b"Exif\x00\x00"
_ORIENTATION_TAG = 0x0112

# An ICO decodes the picture inside while it is opened: Pillow itself has to refuse large ones,
# and does so at twice this number.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
# A text chunk can hold a decompression bomb, and a cut file must not pass as a whole one.
ImageFile.LOAD_TRUNCATED_IMAGES = False


def decode(data: bytes, min_side: int | None = None) -> Pixels:
    """Turn the bytes of one picture into RGB pixels, upright, alpha laid on white.

    JPEGs take the fast path (simplejpeg); everything else, and JPEGs it refuses, goes through
    Pillow. Of an animation the first frame counts.

    Args:
        data: the encoded picture.
        min_side: if given, a JPEG may be decoded at a reduced scale at which both of its sides
            still have at least twice this many pixels (the resize that follows averages them).

    Returns:
        uint8, shape (height, width, 3), RGB.

    Raises:
        UndecodableImage: for any bytes that yield no picture within the limits.
    """
    return decode_once(data, [min_side])[0]


def decode_once(data: bytes, min_sides: Sequence[int | None]) -> list[Pixels]:
    """Do what `decode` does for several `min_side`s, decoding once where one scale serves them.

    Returns:
        For each of them what `decode` returns, to the bit; often one and the same array.

    Raises:
        UndecodableImage: see `decode`.
    """
    if not data:
        raise UndecodableImage("the file is empty")
    if len(data) > MAX_BYTES:
        raise UndecodableImage(f"larger than {MAX_BYTES // 1024**2} MiB")
    try:
        if data.startswith(_JPEG_START):
            pixels = _decode_jpeg(data, min_sides)
            if pixels is not None:
                return pixels
        return [_decode_with_pillow(data)] * len(min_sides)
    except UndecodableImage:
        raise
    # Decoders raise far more than OSError on odd files (IndexError, struct.error, …).
    except Exception as error:
        raise UndecodableImage(_explain(error)) from error


def _decode_jpeg(data: bytes, min_sides: Sequence[int | None]) -> list[Pixels] | None:
    """Return the pixels, or None where the guarded general path has to look."""
    if _has_many_scans(data):
        raise UndecodableImage(f"a JPEG of more than {MAX_JPEG_SCANS} scans")
    try:
        height, width, colorspace, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    _check_size(width, height)
    if colorspace in ("CMYK", "YCCK"):
        return None
    orientation = read_orientation(data)
    reductions = [_reduction(min(height, width), side) for side in min_sides]
    decoded: dict[int, Pixels] = {}
    for one in set(reductions):
        try:
            # The least sides allowed are those of the wanted scale: the decoder then takes it.
            pixels = simplejpeg.decode_jpeg(
                data,
                "RGB",
                min_height=-(-height // one),
                min_width=-(-width // one),
                min_factor=1.0,
            )
        except ValueError:
            return None
        decoded[one] = pixels if orientation == 1 else _turn_upright(pixels, orientation)
    return [decoded[one] for one in reductions]


def _reduction(shorter: int, min_side: int | None) -> int:
    """Return by how much a JPEG's sides may shrink while it is decoded: 1, 2, 4 or 8.

    Only these scales are faster than all of it, and the fewer there are, the more often pictures
    of several sizes come from one decode.
    """
    if min_side is None:
        return 1
    return next((one for one in (8, 4, 2) if -(-shorter // one) >= 2 * min_side), 1)


def _has_many_scans(data: bytes) -> bool:
    if next(islice(_START_OF_SCAN.finditer(data), MAX_JPEG_SCANS, None), None) is None:
        return False
    # Phones append a film to the picture, whose bytes look like scans: walk the picture alone.
    scans, place = 0, 2
    for _ in range(_MAX_JPEG_SEGMENTS):
        marker = _JPEG_MARKER.search(data, place)
        if marker is None or marker[1] == b"\xd9":  # the end of the picture
            return False
        scans += marker[1] == b"\xda"
        if scans > MAX_JPEG_SCANS:
            return True
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        place = marker.end() + length
    return True


def read_orientation(data: bytes) -> int:
    """Return the EXIF orientation of a JPEG, 1 to 8; 1 where it has none."""
    # Most pictures carry no EXIF; looking for its mark is much cheaper than parsing for it.
    if data.find(_EXIF_MARK, 0, 131_072) < 0:
        return 1
    try:
        with _quiet(), Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # a damaged EXIF block does not make the pixels unreadable
        return 1


def _turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo EXIF orientation 2 to 8 (CIPA DC-008, tag 0x0112)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _decode_with_pillow(data: bytes) -> Pixels:
    with _quiet(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_size(*image.size)
        image.load()
        upright = ImageOps.exif_transpose(image) if image.getexif() else image
        return np.ascontiguousarray(_to_rgb(upright))


def _to_rgb(image: Image.Image) -> Pixels:
    """Bring any Pillow mode to uint8 RGB."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _spread_grey(np.asarray(image))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        upper = image.convert("RGBA")
        paper = Image.new("RGBA", upper.size, "white")
        image = Image.alpha_composite(paper, upper)
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def _spread_grey(values: npt.NDArray[np.generic]) -> Pixels:
    """Bring 16-bit, 32-bit or floating-point grey to 0..255 by the range its type can hold."""
    grey = np.nan_to_num(values.astype(np.float64))
    if np.issubdtype(values.dtype, np.floating) and grey.max(initial=0.0) <= 1.0:
        grey = grey * 255.0
    elif grey.max(initial=0.0) > 255.0 or values.dtype.itemsize == 2:
        grey = grey * (255.0 / max(65_535.0, float(grey.max())))
    levels = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return np.repeat(levels[:, :, None], 3, axis=2)


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise UndecodableImage("a picture without pixels")
    if width * height > MAX_PIXELS:
        raise UndecodableImage(
            f"{width} x {height} pixels, more than the {MAX_PIXELS // 10**6} megapixels allowed"
        )


def _quiet() -> AbstractContextManager[object]:
    # Pillow warns about odd metadata; the caller gets pixels or a reason, never noise.
    return warnings.catch_warnings(action="ignore")


def _explain(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not a picture in a known format"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than the {MAX_PIXELS // 10**6} megapixels allowed"
    text = " ".join(str(error).split())
    return f"cannot be decoded: {text[:160] or type(error).__name__}"
