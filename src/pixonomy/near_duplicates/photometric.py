"""Photometric alignment: brings one image into the tones of the other before they are compared."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_GAMMAS = np.array([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.12, 1.25, 1.45, 1.7, 2.0, 2.4], np.float32)
_ROUNDS = 3
_SCALE = 8.0  # grey levels: blocks that miss by more count less in the next round
_LUMINANCE = np.array([[0.299], [0.587], [0.114]], np.float32)
_GREY = 10.0  # grey levels between an image's channels, up to which it is called grey


@dataclass(frozen=True)
class Tone:
    """A change of tone: a gamma for all channels, an offset and a gain for each.

    Attributes:
        gain, offset: float32 (channels,).
        misses: float32 (n,), the grey levels by which each block does not follow.
        is_grey: one of the images is grey: only brightness was compared, in one channel.
    """

    gamma: float
    gain: Floats
    offset: Floats
    misses: Floats
    is_grey: bool

    def as_seen(self, view: cv2.typing.MatLike) -> Floats:
        """Return an image as it was compared: in its colours, or in grey (one channel)."""
        values: Floats = np.asarray(view, np.float32)
        if self.is_grey:
            values = np.asarray(values @ _LUMINANCE, np.float32)
        return values

    def colour(self, view: npt.NDArray[np.uint8]) -> Floats:
        """Return an image, uint8 (height, width, 3), in the other's tones: float32."""
        table = _curve(np.arange(256, dtype=np.float32), self.gamma)
        values = self.as_seen(np.asarray(cv2.LUT(view, table)))
        changed = np.clip(values * self.gain + self.offset, 0, 255)
        return np.asarray(changed, np.float32)


def align_photometry(one: Floats, other: Floats, flatness: Floats) -> Tone:
    """Find the change of tone that brings one image's blocks nearest to the other's.

    Blocks that do not follow, such as a garment of another colour, count less and less.

    Args:
        one, other: float32 (n, 3), mean colours of the same blocks, 0 to 255.
        flatness: float32 (n,), how much each block counts at first: the mean of a block with an
            edge in it does not follow a gamma.
    """
    is_grey = min(_colourfulness(one), _colourfulness(other)) < _GREY
    if is_grey:
        one, other = one @ _LUMINANCE, other @ _LUMINANCE
    # Gammas are tried on a grid: for a given one, gain and offset have a closed form.
    curved = np.stack([_curve(other, gamma) for gamma in _GAMMAS])
    gain, offset, misses = _fit(one, curved, flatness)
    # Misses are cut off, so that one recoloured garment does not choose the gamma.
    best = int(np.argmin(np.minimum(misses, 3 * _SCALE) @ flatness))
    return Tone(float(_GAMMAS[best]), gain[best, 0], offset[best, 0], misses[best], is_grey)


def brightness(values: Floats) -> Floats:
    """Return the brightness of colours (…, channels), of three channels or of one: (…)."""
    if values.shape[-1] == 1:
        return np.asarray(values[..., 0], np.float32)
    return np.asarray((values @ _LUMINANCE)[..., 0], np.float32)


def off_hue(one: Floats, other: Floats) -> Floats:
    """Return 1 - cosine of the colours in which the structure of each block is drawn.

    Thin lines of another colour hardly change a block's mean colour.

    Args:
        one, other: float32 (rows, columns, channels), how much each channel changes with
            brightness.
    """
    lengths = np.linalg.norm(one, axis=2) * np.linalg.norm(other, axis=2)
    return np.asarray(1 - (one * other).sum(2) / np.maximum(lengths, 1e-6), np.float32)


def _curve(values: Floats, gamma: float) -> Floats:
    return np.asarray(255 * (np.maximum(values, 0) / 255) ** gamma, np.float32)


def _fit(wanted: Floats, given: Floats, flatness: Floats) -> tuple[Floats, Floats, Floats]:
    """Fit offset and gain of each channel, and return what each block misses.

    Args:
        wanted: (n, channels).
        given: (gammas, n, channels).
        flatness: (n,).

    Returns:
        Gain and offset, float32 (gammas, 1, channels), and misses, float32 (gammas, n).
    """
    weight = np.broadcast_to(flatness[:, None], (*given.shape[:2], 1))
    for _ in range(_ROUNDS):
        total = weight.sum(1, keepdims=True)
        middle = (weight * wanted).sum(1, keepdims=True) / total
        given_middle = (weight * given).sum(1, keepdims=True) / total
        apart, given_apart = wanted - middle, given - given_middle
        weighted = weight * given_apart
        spread = (weighted * given_apart).sum(1, keepdims=True)
        gain = (weighted * apart).sum(1, keepdims=True) / np.maximum(spread, 1e-4)
        misses = np.abs(apart - gain * given_apart).max(2)
        # Iteratively reweighted least squares with Cauchy weights (Holland & Welsch 1977).
        weight = (flatness / (1 + (misses / _SCALE) ** 2))[:, :, None]
    offset = middle - gain * given_middle
    return gain.astype(np.float32), offset.astype(np.float32), misses.astype(np.float32)


def _colourfulness(colours: Floats) -> float:
    apart = colours.max(1) - colours.min(1)
    place = int(0.95 * (len(apart) - 1))
    return float(np.partition(apart, place)[place])
