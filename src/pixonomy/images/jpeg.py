"""Decodes JPEGs fast, at a reduced scale where that is enough."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import simplejpeg

from pixonomy.errors import UndecodableImage
from pixonomy.images import colour
from pixonomy.images.jpeg_damage import find_damage
from pixonomy.images.jpeg_head import MAX_JPEG_SCANS, JpegHead, has_many_scans, read_head
from pixonomy.images.pixels import (
    MAX_BASELINE_PIXELS,
    MAX_PIXELS,
    MAX_PROGRESSIVE_PIXELS,
    Pixels,
    check_size,
    turn_upright,
)

JPEG_START = b"\xff\xd8\xff"
_FEW_PIXELS = 12_500_000  # may have all the scans allowed; every scan takes all pixels' time
_CMYK = ("CMYK", "YCCK")  # as simplejpeg calls the colours
_TURNED = (5, 6, 7, 8)  # EXIF orientations that swap width and height


JpegPixels = tuple[list[Pixels], int, int, str | None]
"""One array for each `min_side` asked for, often one and the same; width and height of the whole
image, upright; what the decoder complained of, where the image may be damaged."""

_Size = tuple[int, int]
"""Height and width."""


def decode_jpeg(
    data: bytes, min_sides: Sequence[int | None], colours: Literal["RGB", "Gray"] = "RGB"
) -> JpegPixels | None:
    """Return the pixels, or None where the guarded general path has to look.

    Args:
        colours: Gray gives luma as it is stored, of shape (height, width, 1), whatever the
            profile says of it; CMYK has none, and is left to the general path.

    Raises:
        UndecodableImage: if it is too large, or part of it is missing.
    """
    head, damage = read_head(data), None
    if not head.is_one_scan:
        _check_scans(data, MAX_JPEG_SCANS)
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return _leave(data)
    size = height, width
    if colours == "Gray" and space in _CMYK:
        return _leave(data)
    if height * width > _FEW_PIXELS:
        _check_large(data, size, head.is_one_scan)
    reductions = [_reduction(size, space, side) for side in min_sides]
    stored = _Stored(size, space, head, "CMYK" if space in _CMYK else colours)
    try:
        decoded = {one: _decode(data, stored, one) for one in set(reductions)}
    except ValueError as error:
        judged = find_damage(data, str(error))
        if judged is None:
            return _leave(data)
        mended, damage = judged
        try:
            decoded = {one: _decode(mended, stored, one, False) for one in reductions}
        except ValueError:
            return _leave(data)
    if head.orientation in _TURNED:
        width, height = size
    return [decoded[one] for one in reductions], width, height, damage


def _leave(data: bytes) -> JpegPixels | None:
    """Leave it to the general path, which may read all of its scans."""
    _check_scans(data, MAX_JPEG_SCANS)
    return None


def _check_large(data: bytes, size: _Size, is_one_scan: bool) -> None:
    height, width = size
    check_size(width, height, MAX_BASELINE_PIXELS if is_one_scan else MAX_PROGRESSIVE_PIXELS)
    if not is_one_scan:
        _check_scans(data, _FEW_PIXELS * MAX_JPEG_SCANS // (height * width))


def _check_scans(data: bytes, most: int) -> None:
    if has_many_scans(data, most):
        raise UndecodableImage(f"a JPEG of more than {most} scans")


def _reduction(size: _Size, space: str, min_side: int | None) -> int:
    """Return by how much the sides may shrink while it is decoded: 1, 2, 4 or 8.

    Only these scales are faster than all of it, and the fewer there are, the more often images
    of several sizes come from one decode.
    """
    one = 1
    # CMYK is not reduced without need: its blacks are no average of what is around them.
    if min_side is not None and space not in _CMYK:
        shorter = min(size)
        one = next((one for one in (8, 4, 2) if -(-shorter // one) >= 2 * min_side), 1)
    while size[0] * size[1] > MAX_PIXELS * one * one:
        one *= 2
    return one


class _Stored(NamedTuple):
    """How a JPEG is stored, and the colours that it is decoded to."""

    size: _Size
    space: str
    head: JpegHead
    colours: str


def _decode(data: bytes, stored: _Stored, reduction: int, strict: bool = True) -> Pixels:
    # The least sides allowed are those of the wanted scale: the decoder then takes it.
    pixels: Pixels = simplejpeg.decode_jpeg(
        data,
        stored.colours,
        min_height=-(-stored.size[0] // reduction),
        min_width=-(-stored.size[1] // reduction),
        min_factor=1.0,
        strict=strict,
    )
    profile, orientation = stored.head.profile, stored.head.orientation
    if stored.colours == "CMYK":  # stored inverted, as Adobe's programs have it
        pixels = colour.cmyk_to_srgb(np.subtract(255, pixels, dtype=np.uint8), profile)
    elif profile is not None and stored.space != "Gray" and stored.colours != "Gray":
        pixels = colour.to_srgb(pixels, profile)
    return pixels if orientation == 1 else turn_upright(pixels, orientation)
