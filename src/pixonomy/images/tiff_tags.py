"""Reads the first directory of a TIFF or of an EXIF block."""

import struct

_ORIENTATION, _NEW_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 274, 254, 330, 50706
_PHOTOMETRIC, _COLOUR_FILTERS = 262, (32803, 34892)
_MAX_TAGS = 500
_SHORT = 3  # the type of values of two bytes


def is_raw_tiff(start: bytes) -> bool:
    """Recognise a camera's raw image, where the first directory lies within the bytes given.

    It says a DNG version (Adobe DNG 1.6, tag 50706), or that its image is a colour filter array,
    or that it is but a preview (NewSubfileType 1) of images in sub-directories, as Nikon's and
    Sony's are.
    """
    tags = read_tags(start)
    is_preview = tags.get(_NEW_SUBFILE_TYPE) == 1 and _SUB_IFDS in tags
    return is_preview or _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in _COLOUR_FILTERS


def find_orientation(block: bytes) -> int:
    """Return the orientation (CIPA DC-008, tag 0x0112), 1 to 8; 1 where a block says none."""
    found = read_tags(block).get(_ORIENTATION, 1)
    return found if 1 <= found <= 8 else 1


def read_tags(start: bytes) -> dict[int, int]:
    """Return the tags of the first directory and their first values (TIFF 6.0, section 2)."""
    if start[:4] not in (b"II*\0", b"MM\0*"):
        return {}
    order = "<" if start.startswith(b"II") else ">"
    try:
        (place,) = struct.unpack_from(f"{order}L", start, 4)
        (count,) = struct.unpack_from(f"{order}H", start, place)
    except struct.error:
        return {}
    tags: dict[int, int] = {}
    end = min(place + 2 + 12 * min(count, _MAX_TAGS), len(start) - 11)
    for at in range(place + 2, end, 12):
        tag, kind, _, long = struct.unpack_from(f"{order}HHLL", start, at)
        (short,) = struct.unpack_from(f"{order}H", start, at + 8)
        tags.setdefault(tag, short if kind == _SHORT else long)
    return tags
