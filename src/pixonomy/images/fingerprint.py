"""A picture's bytes go in; its size, format and hashes come out."""

import hashlib
from dataclasses import dataclass

import imagehash
import numpy as np
from PIL import Image

from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode

_HASH_SIDE = 32  # imagehash works on 32 x 32 pixels; decoding may stop at twice that
_BLANK_DEVIATION = 2.0  # grey levels; below it a perceptual hash is noise, not a description


@dataclass(frozen=True)
class PictureFingerprint:
    """What tells one picture from another.

    Attributes:
        sha256: of the encoded bytes, hexadecimal.
        perceptual_hash: 64-bit pHash of the upright pixels, hexadecimal; None for a picture that
            is blank or cannot be decoded. (Zauner 2010, as implemented by `imagehash`.)
        problem: why the picture cannot be used, or None.
    """

    sha256: str
    perceptual_hash: str | None
    problem: str | None


def fingerprint(data: bytes) -> PictureFingerprint:
    """Hash the bytes and what can be seen in them; never raises for odd bytes."""
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        pixels = decode(data, _HASH_SIDE)
    except UndecodableImage as error:
        return PictureFingerprint(sha256, None, str(error))
    grey = Image.fromarray(pixels).convert("L")  # what the hash is made of: plain red is blank too
    if float(np.asarray(grey).std()) < _BLANK_DEVIATION:
        return PictureFingerprint(sha256, None, None)
    return PictureFingerprint(sha256, str(imagehash.phash(grey)), None)
