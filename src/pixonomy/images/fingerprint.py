"""A picture's bytes go in; its size, format and hashes come out, and the pixels for other uses."""

import hashlib
from dataclasses import dataclass

import imagehash
import numpy as np
from PIL import Image

from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import Pixels, decode_whole
from pixonomy.images.endings import ending_of

EXAMINED_SIDE = 128
"""Pictures are examined at a scale at which both sides have at least twice this many pixels, where
the picture has them: large JPEGs need not be decoded whole."""

_BLANK_DEVIATION = 2.0  # grey levels; below it a perceptual hash is noise, not a description


@dataclass(frozen=True)
class PictureFingerprint:
    """What tells one picture from another.

    Attributes:
        sha256: of the encoded bytes, hexadecimal.
        perceptual_hash: 64-bit pHash of the upright pixels, hexadecimal; None for a picture that
            is blank or cannot be decoded. (Zauner 2010, as implemented by `imagehash`.)
        problem: why the picture cannot be used, or None.
        width, height: of the whole picture, upright, in pixels; None where it cannot be decoded.
        format: by its bytes, as files of it end: jpg, png, …
        damage: what the decoder complained of, where the picture may be damaged.
    """

    sha256: str
    perceptual_hash: str | None
    problem: str | None
    width: int | None = None
    height: int | None = None
    format: str | None = None
    damage: str | None = None


@dataclass(frozen=True)
class Examined:
    """A picture that was decoded once.

    Attributes:
        pixels: uint8 (height, width, 3), of the scale at which pictures are examined; None where
            it cannot be decoded.
        framed: the pixels of the scale that was asked for beside it; often the same array.
    """

    fingerprint: PictureFingerprint
    pixels: Pixels | None = None
    framed: Pixels | None = None


def fingerprint(data: bytes) -> PictureFingerprint:
    """Hash the bytes and what can be seen in them; never raises for odd bytes."""
    return examine(data).fingerprint


def examine(data: bytes, name: str = "", framed_side: int = EXAMINED_SIDE) -> Examined:
    """Hash the bytes and what can be seen in them, and keep the pixels; never raises.

    Args:
        data: the encoded picture.
        name: what it was called: tells the format where the bytes do not.
        framed_side: `min_side` of a second scale, see `decode`; decoded anew only where the first
            scale does not serve. Hashes do not depend on it.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        decoded = decode_whole(data, (EXAMINED_SIDE, framed_side))
    except UndecodableImage as error:
        return Examined(PictureFingerprint(sha256, None, str(error)))
    ending = ending_of(data, name).removeprefix(".")
    pixels, framed = decoded.pixels
    known = decoded.width, decoded.height, ending, decoded.damage
    found = PictureFingerprint(sha256, _hash_pixels(pixels), None, *known)
    return Examined(found, pixels, framed)


def _hash_pixels(pixels: Pixels) -> str | None:
    grey = Image.fromarray(pixels).convert("L")  # what the hash is made of: plain red is blank too
    if float(np.asarray(grey).std()) < _BLANK_DEVIATION:
        return None
    return str(imagehash.phash(grey))
