"""Converts pixels to sRGB by the ICC profile that came with them.

Without a profile, or with a damaged one, pixels are taken for sRGB, as browsers take them.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from pixonomy.images.pixels import Pixels

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

_MAX_PROFILE_BYTES = 4 * 1024 * 1024  # the largest in use, of printing presses, have 2.7 MB
_HEADER_BYTES = 128
_SAME_LEVELS = 3  # of 255: profiles that call themselves sRGB differ by up to two
_PROFILES = 8  # kept ready: a set of images has one or two, of 0.5 to 600 kB


def to_srgb(pixels: Pixels, profile: bytes | None) -> Pixels:
    """Convert uint8 pixels (height, width, 3) from the colours of a profile."""
    transform = _transform(profile, "RGB")
    if transform is None:
        return pixels
    return np.asarray(transform.apply(Image.fromarray(pixels)), dtype=np.uint8)


def cmyk_to_srgb(inks: npt.NDArray[np.uint8], profile: bytes | None) -> Pixels:
    """Convert uint8 inks (height, width, 4), 255 full; by rule of thumb without a profile."""
    image = Image.frombuffer("CMYK", inks.shape[1::-1], np.ascontiguousarray(inks).tobytes())
    return np.asarray(image_to_srgb(image, profile), dtype=np.uint8)


def image_to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert an image of mode RGB or CMYK; CMYK becomes RGB in any case."""
    transform = _transform(profile, image.mode)
    if transform is not None:
        return transform.apply(image)
    return image if image.mode == "RGB" else image.convert("RGB")  # which would copy it


def _transform(profile: bytes | None, mode: str) -> ImageCmsTransform | None:
    if profile is None or not _HEADER_BYTES < len(profile) <= _MAX_PROFILE_BYTES:
        return None
    return _make_transform(profile, mode)


@lru_cache(maxsize=_PROFILES)
def _make_transform(profile: bytes, mode: str) -> ImageCmsTransform | None:
    """Return the way from a profile to sRGB; None where nothing is to be done, or can be.

    Relative colorimetric with black point compensation, as image editors convert.
    """
    from PIL import ImageCms

    try:
        found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if found.profile.xcolor_space.strip() != mode:
            return None
        transform = ImageCms.buildTransform(
            found,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if mode == "RGB" and _changes_little(transform) else transform
    except Exception:  # of damaged profiles ImageCms raises more than its own error
        return None


def _changes_little(transform: ImageCmsTransform) -> bool:
    """Recognise a profile of sRGB itself, whatever its name, by what it does to 729 colours."""
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    changed = np.asarray(transform.apply(Image.fromarray(colours)), np.int16)
    return bool(np.abs(changed - colours).max() <= _SAME_LEVELS)
