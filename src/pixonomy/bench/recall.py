"""Counts recall and false pairs of duplicates found among images and their altered copies."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.bench.hashing import PDQ_DISTANCE, PDQ_QUALITY, Hashes, HashPairs, near_pairs
from pixonomy.bench.result import Measurement, Yardstick

_FALSE_SHARE = 0.001  # of the pairs reported, at most
_RADII = {"phash_64": 16, "phash_256": 80}  # bits, at most
_USUAL = {"phash_64": 8}  # bits, where many let pairs be near, whatever else they find


@dataclass(frozen=True)
class Found:
    """How many copies were found with their originals, and how many other pairs were told."""

    right: int
    wrong: int


def count(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], images: int) -> Found:
    """Count pairs among `images` originals followed by their copies in the same order."""
    is_right = (second - first == images) & (first < images)
    return Found(int(is_right.sum()), int((~is_right).sum()))


@dataclass(frozen=True)
class HashedSet:
    """All pairs that hashes bring near in one set of originals and copies."""

    phash_64: HashPairs
    phash_256: HashPairs
    pdq: HashPairs


def compare_hashes(originals: Hashes, duplicates: Hashes) -> HashedSet:
    """Find near pairs by each kind of hash."""
    small, large = (
        near_pairs(np.concatenate([getattr(originals, kind), getattr(duplicates, kind)]), most)
        for kind, most in _RADII.items()
    )
    pdq = near_pairs(np.concatenate([originals.pdq, duplicates.pdq]), PDQ_DISTANCE)
    is_good = np.concatenate([originals.pdq_quality, duplicates.pdq_quality]) > PDQ_QUALITY
    both = is_good[pdq.first] & is_good[pdq.second]
    return HashedSet(small, large, HashPairs(pdq.first[both], pdq.second[both], pdq.distance[both]))


def count_hashes(sets: Mapping[str, HashedSet], images: int) -> dict[str, dict[str, Found]]:
    """Count what each kind of hash finds in each set.

    pHash gets the largest distance at which at most one in 1,000 of its pairs is wrong, chosen on
    these very sets, which favours it, and once more the distance that is usual; PDQ the distance
    and the quality that its makers advise.

    Returns:
        {name of the hash: {name of the set: what was found}}.
    """
    counted = {}
    for kind, title in (
        ("phash_64", "imagehash pHash, 64 bits"),
        ("phash_256", "imagehash pHash, 256 bits"),
    ):
        pairs = {name: getattr(one, kind) for name, one in sets.items()}
        radius = _largest_radius(list(pairs.values()), _RADII[kind], images)
        for distance in sorted({radius, _USUAL.get(kind, radius)}):
            counted[f"{title}, distance <= {distance}"] = {
                name: _count_within(one, distance, images) for name, one in pairs.items()
            }
    counted[f"PDQ, distance <= {PDQ_DISTANCE}, quality > {PDQ_QUALITY}"] = {
        name: _count_within(one.pdq, PDQ_DISTANCE, images) for name, one in sets.items()
    }
    return counted


def _largest_radius(pairs: list[HashPairs], most: int, images: int) -> int:
    for radius in range(most, 0, -1):
        found = [_count_within(one, radius, images) for one in pairs]
        wrong = sum(one.wrong for one in found)
        if wrong <= _FALSE_SHARE * (wrong + sum(one.right for one in found)):
            return radius
    return 0


def _count_within(pairs: HashPairs, radius: int, images: int) -> Found:
    near = pairs.within(radius)
    return count(near.first, near.second, images)


def count_pairs(pairs: pl.DataFrame, images: int, equal: int) -> Found:
    """Count what `find_pairs` found; `equal` copies have the bytes of their originals."""
    first, second = (pairs[name].to_numpy().astype(np.int64) for name in ("first", "second"))
    found = count(first, second, images)
    return Found(found.right + equal, found.wrong)


def describe(counted: Mapping[str, Mapping[str, Found]], images: int) -> list[Measurement]:
    """Return recall in per cent for each set, then false pairs in 1,000 reported; ours is first."""
    ours, *others = counted
    results = [
        Measurement(
            f"copies found: {name}",
            100 * one.right / images,
            "%",
            tuple(Yardstick(other, 100 * counted[other][name].right / images) for other in others),
        )
        for name, one in counted[ours].items()
    ]
    false = Measurement(
        "false pairs in 1,000 reported (less is better)",
        _false_share(counted[ours]),
        "pairs",
        tuple(Yardstick(other, _false_share(counted[other])) for other in others),
    )
    return [*results, false]


def _false_share(found: Mapping[str, Found]) -> float:
    wrong = sum(one.wrong for one in found.values())
    return 1000 * wrong / max(1, wrong + sum(one.right for one in found.values()))
