"""File name endings of images: the known ones, and the right one for an image's bytes."""

from pixonomy.images.formats import START_BYTES, format_of

IMAGE_ENDINGS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".mpo", ".png", ".apng", ".gif", ".webp",
    ".bmp", ".dib", ".tif", ".tiff", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".ppm",
    ".pgm", ".pbm", ".pnm", ".pfm", ".ico", ".tga", ".icb", ".vda", ".vst", ".avif", ".avifs",
    ".pcx", ".sgi", ".rgb", ".rgba", ".bw", ".qoi",
})  # fmt: skip
"""What names of image files end in, in lower case."""


def ending_of(data: bytes, name: str = "") -> str:
    """Return the ending by the real format of an image, whatever it was called.

    Args:
        data: the encoded image; its first bytes are looked at.
        name: what it was called: counts where the bytes decide nothing (as those of a TGA).

    Returns:
        One of `IMAGE_ENDINGS`; `.jpg` where neither decides.
    """
    found = format_of(data[:START_BYTES], name)
    if found is not None and found.is_readable:
        return found.ending
    named = f".{name.rpartition('.')[2].lower()}"
    return named if named in IMAGE_ENDINGS else ".jpg"
