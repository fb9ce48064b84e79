"""MixUp and CutMix: images made of two, and how much of each is in them."""

import cv2
import numpy as np
import numpy.typing as npt

from pixonomy.arrays.image_shards import Images

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]


def mix_permutation(count: int) -> npt.NDArray[np.int64]:
    """Return for each image of a batch the place of the other it is mixed with: its neighbour.

    Batches are shuffled, so a neighbour is any other; and a host that has an even part of a batch
    has both. The last of an odd number is mixed with itself.
    """
    places = np.arange(count)
    # The lowest bit flipped: 0 and 1, 2 and 3, …
    return np.minimum(places ^ 1, count - 1)


def blend(images: Images, shares: Floats) -> Images:
    """Lay each image over its neighbour: MixUp (Zhang et al. 2018).

    Args:
        images: uint8, shape (n, 3, size, size).
        shares: of each image itself, shape (n,), 0 to 1.

    Returns:
        uint8, same shape.
    """
    mixed = np.empty_like(images)
    for place, other in enumerate(mix_permutation(len(images)).tolist()):
        share = float(shares[place])
        cv2.addWeighted(images[place], share, images[other], 1 - share, 0, mixed[place])
    return mixed


def paste(images: Images, shares: Floats, middles: Doubles) -> tuple[Images, Floats]:
    """Put a rectangle of each image's neighbour into it: CutMix (Yun et al. 2019).

    Args:
        images: uint8, shape (n, 3, size, size).
        shares: of each image that is to stay, shape (n,), 0 to 1.
        middles: of the rectangles, shape (n, 2), 0 to 1 down and across.

    Returns:
        uint8, same shape; and the shares that did stay: rectangles end at the edge.
    """
    size = images.shape[-1]
    mixed, lam = images.copy(), np.ones(len(images), np.float32)
    # A rectangle of the image's own shape, whose area is 1 - share of it.
    halves = np.sqrt(1 - shares.astype(np.float64))[:, None] * size / 2
    low = np.clip(np.rint(middles * size - halves), 0, size).astype(int)
    high = np.clip(np.rint(middles * size + halves), 0, size).astype(int)
    for place, other in enumerate(mix_permutation(len(images)).tolist()):
        (top, left), (bottom, right) = low[place], high[place]
        mixed[place, :, top:bottom, left:right] = images[other, :, top:bottom, left:right]
        # The share that labels are mixed by follows from the pixels really replaced.
        lam[place] = 1 - (bottom - top) * (right - left) / size**2
    return mixed, lam
