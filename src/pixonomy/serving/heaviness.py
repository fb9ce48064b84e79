"""Finds images that may take much memory to decode, by their first bytes alone."""

_MOST_PIXELS = 4_000_000  # up to 130 MB at some 32 bytes a pixel, where a format has alpha


def is_heavy(image: bytes) -> bool:
    """Tell whether decoding may take hundreds of megabytes.

    A JPEG is decoded in rows, at a reduced scale. Of PNG, GIF and WebP the declared size counts;
    all others are taken to be heavy.
    """
    if image.startswith(b"\xff\xd8\xff"):
        return False
    width, height = _declared_size(image[:30])
    return width * height > _MOST_PIXELS


def _declared_size(start: bytes) -> tuple[int, int]:
    """Return the sides of a PNG, GIF (canvas) or WebP (RFC 9649), else more than allowed."""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return int.from_bytes(start[16:20], "big"), int.from_bytes(start[20:24], "big")
    if start.startswith((b"GIF87a", b"GIF89a")):
        return int.from_bytes(start[6:8], "little"), int.from_bytes(start[8:10], "little")
    if start[:4] == b"RIFF" and start[8:16] == b"WEBPVP8 ":
        sides = (int.from_bytes(start[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return next(sides), next(sides)
    if start[:4] == b"RIFF" and start[8:16] == b"WEBPVP8L":
        bits = int.from_bytes(start[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if start[:4] == b"RIFF" and start[8:16] == b"WEBPVP8X":
        width, height = (1 + int.from_bytes(start[at : at + 3], "little") for at in (24, 27))
        return width, height
    return _MOST_PIXELS, 2
