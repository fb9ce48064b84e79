"""Refuses WebP images and icons that declare too many pixels, from their first bytes alone.

Only of formats whose decoder allocates, or decodes, as soon as the file is opened.
"""

import struct

from pixonomy.errors import UndecodableImage
from pixonomy.images.pixels import check_size

_ENTRY = struct.Struct("<8xII")
_PNG = b"\x89PNG\r\n\x1a\n"


def check_declared(data: bytes) -> None:
    """Refuse WebP images and icons that declare too many pixels.

    Raises:
        UndecodableImage: see above.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        _check_webp(data)
    elif data[:4] == b"\0\0\1\0":
        _check_icon(data)


def _check_webp(data: bytes) -> None:
    """Look at the canvas (RFC 9649, 2.7.1), or at the one frame (2.5 and 2.6)."""
    kind = data[12:16]
    if kind == b"VP8X":
        sides = [1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27)]
    elif kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        sides = [1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)]
    else:
        sides = [int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28)]
    check_size(*sides)


def _check_icon(data: bytes) -> None:
    """Look at all images in an icon: each a PNG, or a bitmap with its mask below."""
    count = int.from_bytes(data[4:6], "little")
    for place in range(6, min(6 + 16 * count, len(data) - 15), 16):
        _, offset = _ENTRY.unpack_from(data, place)
        head = data[offset : offset + 24]
        try:
            if head.startswith(_PNG):
                width, height = struct.unpack_from(">II", head, 16)
            elif head[:4] == b"\x0c\0\0\0":
                width, height = struct.unpack_from("<HH", head, 4)
            else:
                width, height = (abs(side) for side in struct.unpack_from("<ii", head, 4))
        except struct.error as error:
            raise UndecodableImage("an icon that points behind its own end") from error
        if head.startswith(_PNG):
            check_size(width, height)
        else:
            check_size(width, max(1, height // 2))
