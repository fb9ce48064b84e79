"""Draws what an answer rests on as a small image to lay over the one that was classified."""

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pixonomy.bundle.explain_answer import Explanation

_DARKEST = 170  # of 255: what is below still shows
_STEPS = 17  # of darkness: more are not seen, and are more bytes
_MOST_CELLS = 16  # a side


def encode_map(explanation: "Explanation") -> bytes:
    """Return a PNG with a pixel for each cell: clear where it speaks for the category, else dark.

    It is to be stretched over the image as the network saw it. Large maps are averaged to at most
    16 cells a side, so that it has a few hundred bytes.
    """
    height, width = (min(side, _MOST_CELLS) for side in explanation.map.shape)
    cells = cv2.resize(explanation.map, (width, height), interpolation=cv2.INTER_AREA)
    strength = np.clip(cells, 0, None)
    share = strength / max(float(strength.max()), 1e-9)
    step = _DARKEST / (_STEPS - 1)
    alpha = np.rint(np.rint((1 - share) * (_STEPS - 1)) * step).astype(np.uint8)
    stream = io.BytesIO()
    black = np.zeros_like(alpha)
    Image.fromarray(np.stack([black, alpha], axis=2), "LA").save(stream, "PNG", optimize=True)
    return stream.getvalue()
