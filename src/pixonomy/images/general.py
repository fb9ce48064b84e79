"""Decodes every format but JPEG, by way of Pillow.

Pillow is never asked to guess, nor relied upon to refuse: its limits belong to the whole process,
whose user may have changed them.
"""

import math
import re
import struct
import threading
import warnings
from contextlib import suppress
from typing import cast

import numpy as np
from PIL import Image, ImageFile

from pixonomy.errors import UndecodableImage
from pixonomy.images.colour import image_to_srgb
from pixonomy.images.declared import check_declared
from pixonomy.images.formats import TEXT, format_of
from pixonomy.images.grey import spread_grey
from pixonomy.images.pixels import Pixels, check_size, turn_upright
from pixonomy.images.whole import WholeFile, check_whole

_Filter = tuple[str, re.Pattern[str] | None, type[Warning], re.Pattern[str] | None, int]
_FILTER: _Filter = ("ignore", None, Warning, re.compile(r"PIL\.|pixonomy\.images\."), 0)
_lock = threading.Lock()
_inside: dict[int, int] = {}  # the list that holds the filter, by its id: how many threads need it


class Quiet:
    """While it is entered, what Pillow's modules warn of is ignored; any number of threads may.

    The filter goes out of the very list that it went into, even if somebody has swapped that.
    """

    def __enter__(self) -> None:
        self._filters = cast(list[_Filter], warnings.filters)
        with _lock:
            count = _inside.get(id(self._filters), 0)
            if not count:
                self._filters.insert(0, _FILTER)
            _inside[id(self._filters)] = count + 1

    def __exit__(self, *_: object) -> None:
        with _lock:
            count = _inside.pop(id(self._filters)) - 1
            if count:
                _inside[id(self._filters)] = count
                return
            with suppress(ValueError):
                self._filters.remove(_FILTER)


# Formats by name: Pillow also knows some that start other programs (EPS) or read more files.
FORMATS = (
    "JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "JPEG2000", "PPM", "ICO", "TGA",
    "AVIF", "PCX", "SGI", "QOI",
)  # fmt: skip

_READ_BYTEWISE = ("BMP", "DIB", "SGI", "QOI", "ICO")  # pixels too: their number is capped anyway
_ORIENTATION = 274
_PHOTOMETRIC, _BITS, _SAMPLE_FORMAT = 262, 258, 339
_PLANAR, _COMPRESSION = 284, 259
_WITH_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")
_LEAST_DEVIATION = 3.0  # levels of 255; below it alpha is as blank as an image is
_GREY = ("1", "L", "LA", "La")


def decode_generally(data: bytes) -> Pixels:
    """Return the pixels of the first image in a file, upright, alpha laid on white.

    Raises:
        UndecodableImage: if it is too large, or of no known format.
        Exception: what decoders raise of odd files is more than can be listed.
    """
    check_declared(data)
    with Quiet(), _open(data) as image:
        check_size(*image.size)
        image.load()
        check_whole(image, data)
        pixels = _to_rgb(image, data)
        return turn_upright(pixels, _read_orientation(image))


def pixels_of(image: Image.Image) -> Pixels:
    """Do what `decode_generally` does for an image that Pillow has opened already.

    Raises:
        UndecodableImage: if it is too large.
        Exception: its file may be read only now, see `decode_generally`.
    """
    check_size(*image.size)
    with Quiet():
        image.load()
        return turn_upright(_to_rgb(image, b""), _read_orientation(image))


def vanishes_on_white(data: bytes) -> bool:
    """Recognise an image that is blank only because it is laid on white: a white logo, for one.

    Args:
        data: an image that `decode` decodes to a blank one.
    """
    if data.startswith(b"\xff\xd8\xff"):  # a JPEG has no alpha
        return False
    with Quiet(), _open(data) as image:
        image.load()
        if image.mode not in _WITH_ALPHA and "transparency" not in image.info:
            return False
        alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return float(alpha.std()) >= _LEAST_DEVIATION


def _open(data: bytes) -> ImageFile.ImageFile:
    """Do what `Image.open` does, without its limits, which are the process's."""
    start = data[:16]
    for name in FORMATS:
        if name not in Image.OPEN:
            Image.init()
        factory, accept = Image.OPEN[name]
        if accept is not None and accept(start) is not True:
            continue
        file = WholeFile(data)
        file.may_end = name == "JPEG2000"
        try:
            image = factory(file, "")
        except Image.DecompressionBombError as error:
            raise UndecodableImage(
                "more pixels than this process lets Pillow open:"
                f" PIL.Image.MAX_IMAGE_PIXELS is {Image.MAX_IMAGE_PIXELS}"
            ) from error
        except (SyntaxError, IndexError, TypeError, struct.error):
            continue
        if name in _READ_BYTEWISE:
            file.reads_left = math.inf
        return image
    found = format_of(data)
    if found is None or found is TEXT:
        raise UndecodableImage("not a picture in a known format")
    raise UndecodableImage(f"{found.name} that is damaged or of a kind that is not read")


def _read_orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block does not make the pixels unreadable
        return 1


def _to_rgb(image: Image.Image, data: bytes) -> Pixels:
    """Bring any Pillow mode to uint8 RGB."""
    _refuse_deep_planes(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;16") or _is_signed(image):
        return _grey_to_rgb(image)
    profile = image.info.get("icc_profile")
    profile = profile if isinstance(profile, bytes) and image.mode not in _GREY else None
    if image.mode == "CMYK":
        return np.asarray(image_to_srgb(image, profile), dtype=np.uint8)
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        upper = image.convert("RGBA")
        if not _is_opaque(image, upper, data):
            return _lay_on_white(upper, profile)
        image = upper
    return np.asarray(image_to_srgb(image.convert("RGB"), profile), dtype=np.uint8)


def _is_signed(image: Image.Image) -> bool:
    """Recognise a TIFF's grey of signed bytes, which Pillow takes for unsigned ones."""
    tags = getattr(image, "tag_v2", {})
    return image.mode == "L" and tags.get(_BITS) == (8,) and tags.get(_SAMPLE_FORMAT) == (2,)


def _refuse_deep_planes(image: Image.Image) -> None:
    """Refuse what Pillow reads wrongly: colours of 16 bits, plane by plane, uncompressed."""
    tags = getattr(image, "tag_v2", {})
    is_deep = max(tags.get(_BITS, (8,))) > 8 and len(tags.get(_BITS, ())) > 1
    if is_deep and tags.get(_PLANAR) == 2 and tags.get(_COMPRESSION, 1) == 1:
        raise UndecodableImage(
            "a TIFF of 16-bit colours in planes, which is not read: save it with its colours side "
            "by side, or as PNG"
        )


def _is_opaque(image: Image.Image, upper: Image.Image, data: bytes) -> bool:
    """Recognise alpha that nobody has written: zero throughout, or declared as no bits by a TGA."""
    if image.format == "TGA" and len(data) > 17 and not data[17] & 0x0F:
        return True
    return upper.getchannel("A").getextrema()[1] == 0


def _lay_on_white(upper: Image.Image, profile: bytes | None) -> Pixels:
    if profile is not None:
        alpha = upper.getchannel("A")
        upper = image_to_srgb(upper.convert("RGB"), profile).convert("RGBA")
        upper.putalpha(alpha)
    paper = Image.new("RGBA", upper.size, "white")
    return np.asarray(Image.alpha_composite(paper, upper).convert("RGB"), dtype=np.uint8)


def _grey_to_rgb(image: Image.Image) -> Pixels:
    values, most = np.asarray(image), None
    tags = getattr(image, "tag_v2", {})
    if image.mode.startswith("I;16") or (image.mode, image.format) == ("I", "PPM"):
        most = 65_535
    is_unsigned = tags.get(_BITS) == (32,) and tags.get(_SAMPLE_FORMAT) != (2,)
    if image.mode == "I" and is_unsigned:
        values = values.view(np.uint32)  # Pillow keeps them as signed ones
    if _is_signed(image):
        values = values.view(np.int8)
    pixels = spread_grey(values, most)
    return 255 - pixels if tags.get(_PHOTOMETRIC) == 0 else pixels
