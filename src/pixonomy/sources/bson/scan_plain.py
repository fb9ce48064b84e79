"""Finds where the documents in a chunk begin and end, by their lengths alone.

Each length tells where the next one lies, so a chain of documents can only be followed step by
step. But many chains can be followed side by side: each begins where something looks like a
document, and is believed only if the chain before it ends exactly there.
"""

from collections.abc import Container

import numpy as np
import numpy.typing as npt

from pixonomy.sources.bson.document import SMALLEST_PRODUCT

Numbers = npt.NDArray[np.int64]

_CHAIN_BYTES = 1024 * 1024  # at most
_CHAIN_STEPS = 256  # documents of a chain, about: so many steps, and so many chains side by side
_MEASURED = 64  # documents at the beginning, by which the length of the others is guessed
_SEARCHED_BYTES = 64 * 1024  # for a beginning; where there is none, the chain before goes on
_LONGEST_NAME = 64  # bytes
_MOST_STEPS = 4096  # of a chain: what begins wrongly may find tiny documents without end


def scan_plain(chunk: memoryview, most: int) -> tuple[Numbers, Numbers]:
    """List where documents begin and end, by their lengths alone.

    Args:
        most: how many documents are listed.

    Returns:
        int64 (n,) each; the last document is the last one that ends inside the chunk.
    """
    first, measured = _step(chunk, 0, min(most, _MEASURED), ())
    if not len(first):
        return first, first
    size = measured // len(first) + 1
    # More than what is asked is not looked at.
    chunk = chunk[: max(measured, size * most)]
    begins = _guess(chunk, min(_CHAIN_BYTES, _CHAIN_STEPS * size))
    chains = _follow(chunk, begins) if len(begins) > 1 else {}
    pieces: list[Numbers] = []
    place, count = 0, 0
    while count < most:
        known = chains.get(place)
        starts, end = known if known else _step(chunk, place, most - count, chains)
        if not len(starts):
            break
        pieces.append(starts)
        place, count = end, count + len(starts)
    offsets = np.concatenate([*pieces, [place]]).astype(np.int64)
    if len(offsets) > most + 1:
        offsets = offsets[: most + 1]
    return offsets[:-1], offsets[1:]


def _guess(chunk: memoryview, chain: int) -> Numbers:
    """Return the beginning of the chunk and of some documents in it, `chain` bytes apart.

    Most documents begin with the same field as the first one.
    """
    first_field, has_name, _ = bytes(chunk[4:_LONGEST_NAME]).partition(b"\0")
    found = {0}
    for place in range(chain, len(chunk) - chain, chain):
        searched = bytes(chunk[place : place + min(chain, _SEARCHED_BYTES)])
        at = searched.find(first_field + has_name, 4)
        if at >= 0:
            found.add(place + at - 4)
    return np.array(sorted(found), np.int64)


def _follow(chunk: memoryview, begins: Numbers) -> dict[int, tuple[Numbers, int]]:
    """Follow a chain from each beginning up to the next one.

    Returns:
        For each beginning where its documents begin, and where the last one ends.
    """
    size = len(chunk)
    words = np.lib.stride_tricks.sliding_window_view(np.frombuffer(chunk, np.uint8), 4)
    limits = np.append(begins[1:], size)
    places, counts = begins.copy(), np.zeros(len(begins), np.int64)
    alive = np.arange(len(begins))
    steps: list[Numbers] = []
    while alive.size and len(steps) < _MOST_STEPS:
        alive = alive[places[alive] <= size - 4]
        at = places[alive]
        after = at + np.ascontiguousarray(words[at]).view("<i4")[:, 0]
        is_whole = (after >= at + SMALLEST_PRODUCT) & (after <= size)
        alive = alive[is_whole]
        step = np.zeros(len(begins), np.int64)
        step[alive] = at[is_whole]
        steps.append(step)
        counts[alive] += 1
        places[alive] = after[is_whole]
        alive = alive[places[alive] < limits[alive]]
    table = np.stack(steps, axis=1)
    return {
        int(begin): (table[chain, : counts[chain]], int(places[chain]))
        for chain, begin in enumerate(begins)
    }


def _step(chunk: memoryview, place: int, most: int, chains: Container[int]) -> tuple[Numbers, int]:
    """Follow one chain, document by document, until it meets the beginning of another."""
    size = len(chunk)
    starts: list[int] = []
    # A length stands at any offset: four views of int32, each a byte further on. Indexing one is
    # half the work of unpacking.
    views = [chunk[shift : size - (size - shift) % 4].cast("i") for shift in range(4)]
    add, last = starts.append, size - 4
    for _ in range(most):
        if place > last:
            break
        length = views[place & 3][place >> 2]
        if length < SMALLEST_PRODUCT or place + length > size:
            break
        add(place)
        place += length
        if place in chains:
            break
    return np.array(starts, np.int64), place
