"""Encoded bytes go in; the ending that a file of them should have comes out."""

PICTURE_ENDINGS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".dib", ".tif", ".tiff",
    ".jp2", ".ppm", ".pgm", ".pbm", ".ico", ".tga", ".avif", ".pcx", ".sgi", ".qoi",
})  # fmt: skip
"""What names of picture files end in, in lower case."""

_STARTS = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n\x1a\n": ".png",
    b"GIF87a": ".gif",
    b"GIF89a": ".gif",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"\0\0\0\x0cjP  \r\n\x87\n": ".jp2",
    b"\xff\x4f\xff\x51": ".jp2",
    b"\0\0\1\0": ".ico",
    b"qoif": ".qoi",
    b"\x01\xda": ".sgi",
    b"BM": ".bmp",
    b"P1": ".pbm",
    b"P2": ".pgm",
    b"P3": ".ppm",
    b"P4": ".pbm",
    b"P5": ".pgm",
    b"P6": ".ppm",
}


def ending_of(data: bytes, name: str = "") -> str:
    """Return the ending by the real format of a picture, whatever it was called.

    Args:
        data: the encoded picture; its first bytes are looked at.
        name: what it was called: counts where the bytes tell nothing (as those of a TGA).

    Returns:
        One of `PICTURE_ENDINGS`; `.jpg` where nothing tells.
    """
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ".webp"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return ".avif"
    for start, ending in _STARTS.items():
        if data.startswith(start):
            return ending
    told = f".{name.rpartition('.')[2].lower()}"
    return told if told in PICTURE_ENDINGS else ".jpg"
