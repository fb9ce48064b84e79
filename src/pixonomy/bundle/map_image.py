"""Draws what an answer rests on as a small image to lay over the one that was classified."""

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pixonomy.bundle.explain import Explanation

_DARKEST = 170  # of 255: what is below still shows


def encode_map(explanation: "Explanation") -> bytes:
    """Return a PNG with a pixel for each cell: clear where it speaks for the category, else dark.

    The image is to be stretched over the square that the network saw.
    """
    strength = np.clip(explanation.map, 0, None)
    share = strength / max(float(strength.max()), 1e-9)
    alpha = np.rint(_DARKEST * (1 - share)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(np.stack([np.zeros_like(alpha), alpha], axis=2), "LA").save(
        file, "PNG", optimize=True
    )
    return file.getvalue()
