"""Hashes images as others find duplicates, with the pairs that these hashes find."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image

Bits = npt.NDArray[np.uint8]
"""uint8, shape (n, bits): 0 or 1."""

PDQ_DISTANCE, PDQ_QUALITY = (
    31,
    49,
)  # what its makers advise: https://github.com/facebook/ThreatExchange
_BLOCK = 512


@dataclass(frozen=True)
class Hashes:
    """The hashes of images: each (n, bits); an image of PDQ quality 49 or less is not used."""

    phash_64: Bits
    phash_256: Bits
    pdq: Bits
    pdq_quality: npt.NDArray[np.int64]


@dataclass(frozen=True)
class HashPairs:
    """Pairs of images and how many bits of their hashes differ, at most `most` of them."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    distance: npt.NDArray[np.int64]

    def within(self, distance: int) -> "HashPairs":
        """Keep the pairs that are as near."""
        near = self.distance <= distance
        return HashPairs(self.first[near], self.second[near], self.distance[near])


def hash_images(images: Sequence[bytes]) -> Hashes:
    """Hash images by imagehash's pHash of 64 and 256 bits and by PDQ."""
    import pdqhash

    small, large, pdq, quality = [], [], [], []
    for data in images:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        grey = image.convert("L")
        small.append(imagehash.phash(grey, 8).hash.ravel())
        large.append(imagehash.phash(grey, 16).hash.ravel())
        bits, worth = pdqhash.compute(np.asarray(image))
        pdq.append(bits)
        quality.append(worth)
    return Hashes(
        np.array(small, np.uint8), np.array(large, np.uint8), np.array(pdq, np.uint8),
        np.array(quality, np.int64),
    )  # fmt: skip


def join_hashes(parts: Sequence[Hashes]) -> Hashes:
    """Return the hashes of several lists of images as those of one."""
    return Hashes(
        *(
            np.concatenate([getattr(one, kind) for one in parts])
            for kind in ("phash_64", "phash_256", "pdq", "pdq_quality")
        )
    )


def near_pairs(bits: Bits, most: int) -> HashPairs:
    """Return all pairs at most `most` bits apart."""
    parts = list(_near(bits.astype(np.float32), most))
    first, second, distance = (np.concatenate(one) for one in zip(*parts, strict=True))
    return HashPairs(first, second, distance)


def _near(bits: npt.NDArray[np.float32], most: int) -> Iterator[tuple[npt.NDArray[np.int64], ...]]:
    ones = bits.sum(1)
    for start in range(0, len(bits), _BLOCK):
        some = slice(start, start + _BLOCK)
        apart = ones[some, None] + ones[None] - 2 * bits[some] @ bits.T
        first, second = np.nonzero(apart <= most)
        is_pair = second > first + start
        first, second = first[is_pair], second[is_pair]
        yield first + start, second, apart[first, second].astype(np.int64)
