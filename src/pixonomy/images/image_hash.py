"""Hashes that recognise an image, by its bytes and by what can be seen in it.

There are two kinds of perceptual hash, and only those of one kind can be compared: `hash_kind`.
"""

import hashlib
from dataclasses import dataclass

import cv2
import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image

from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import Pixels, decode_luma, decode_whole
from pixonomy.images.endings import ending_of

EXAMINED_SIDE = 128
"""Images are examined at a scale at which both sides have at least twice this many pixels, where
the image has them: large JPEGs need not be decoded whole."""

LUMA_HASH = "2:"
"""What the hashes begin with that `fingerprint` makes, of luma. Those that `examine` makes, of the
colours, and that every version before this one made, bear no such mark."""

_DCT_SIDE, _HASH_SIDE = 32, 8  # of which the lowest frequencies are the hash
_BLANK_DEVIATION = 2.0  # grey levels; below it a perceptual hash is noise, not a description


@dataclass(frozen=True)
class ImageFingerprint:
    """What distinguishes one image from another.

    Attributes:
        sha256: of the encoded bytes, hexadecimal.
        perceptual_hash: 64-bit pHash of the upright pixels, hexadecimal, behind the mark of its
            kind; None for an image that is blank or cannot be decoded. (Zauner 2010.)
        problem: why the image cannot be used, or None.
        width, height: of the whole image, upright, in pixels; None where it cannot be decoded.
        format: by its bytes, as files of it end: jpg, png, …
        damage: what the decoder complained of, where the image may be damaged.
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
    """An image that was decoded once.

    Attributes:
        pixels: uint8 (height, width, 3), of the scale at which images are examined; None where
            it cannot be decoded.
        framed: the pixels at the second scale that was asked for; often the same array.
    """

    fingerprint: ImageFingerprint
    pixels: Pixels | None = None
    framed: Pixels | None = None


def hash_kind(perceptual_hash: str) -> str:
    """Return the mark of a hash's kind; equal hashes are a hint only where the kinds are equal."""
    return LUMA_HASH if perceptual_hash.startswith(LUMA_HASH) else ""


def fingerprint(data: bytes) -> ImageFingerprint:
    """Hash the bytes and what can be seen in them; never raises for odd bytes.

    Colours are not decoded: a third of the time of `examine`.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        decoded = decode_luma(data, EXAMINED_SIDE)
    except UndecodableImage as error:
        return ImageFingerprint(sha256, None, str(error))
    ending = ending_of(data).removeprefix(".")
    known = decoded.width, decoded.height, ending, decoded.damage
    return ImageFingerprint(sha256, _hash_luma(decoded.pixels[0]), None, *known)


def examine(data: bytes, name: str = "", framed_side: int = EXAMINED_SIDE) -> Examined:
    """Hash the bytes and the colours that can be seen in them, and keep these; never raises.

    Args:
        data: the encoded image.
        name: what it was called: decides the format where the bytes do not.
        framed_side: `min_side` of a second scale, see `decode`; decoded anew only where the first
            scale does not serve. Hashes do not depend on it.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        decoded = decode_whole(data, (EXAMINED_SIDE, framed_side))
    except UndecodableImage as error:
        return Examined(ImageFingerprint(sha256, None, str(error)))
    ending = ending_of(data, name).removeprefix(".")
    pixels, framed = decoded.pixels
    known = decoded.width, decoded.height, ending, decoded.damage
    found = ImageFingerprint(sha256, _hash_pixels(pixels), None, *known)
    return Examined(found, pixels, framed)


def _hash_pixels(pixels: Pixels) -> str | None:
    grey = Image.fromarray(pixels).convert("L")  # what the hash is made of: plain red is blank too
    if float(np.asarray(grey).std()) < _BLANK_DEVIATION:
        return None
    return str(imagehash.phash(grey))


def _hash_luma(luma: npt.NDArray[np.uint8]) -> str | None:
    if float(luma.std()) < _BLANK_DEVIATION:
        return None
    # Rounded to whole levels, smooth images would have bits that are noise.
    exact, size = luma.astype(np.float32), (_DCT_SIDE, _DCT_SIDE)
    small = cv2.resize(exact, size, interpolation=cv2.INTER_AREA)
    # pHash: one bit for each of the 64 lowest frequencies, whether above their median.
    low = cv2.dct(small)[:_HASH_SIDE, :_HASH_SIDE]
    return LUMA_HASH + np.packbits(low > np.median(low)).tobytes().hex()
