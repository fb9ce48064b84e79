"""Makes of an uploaded image the copy that may be kept: its pixels encoded anew, nothing else.

No byte of the upload is in it: no EXIF, place, name or thumbnail, and nothing behind its end.
"""

import simplejpeg

from pixonomy.images.decode import decode
from pixonomy.images.resize import shrink

LONGEST = 1280
_QUALITY = 85


def encode_copy(image: bytes) -> bytes:
    """Return a JPEG of at most 1,280 pixels a side, upright, in sRGB, without metadata.

    Raises:
        UndecodableImage: see `images.decode.decode`.
    """
    pixels = shrink(decode(image, LONGEST // 2), LONGEST)
    encoded: bytes = simplejpeg.encode_jpeg(
        pixels, quality=_QUALITY, colorspace="RGB", colorsubsampling="420"
    )
    return encoded
