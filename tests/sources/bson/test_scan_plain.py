from struct import pack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.sources.bson import scan_plain as module
from pixonomy.sources.bson.document import SMALLEST_PRODUCT
from pixonomy.sources.bson.scan_plain import scan_plain

FIRST = b"\x10_id\0"


def document(size: int, filler: bytes = b"x") -> bytes:
    """Bytes that begin like a document of this size."""
    return (pack("<i", size) + FIRST + filler * size)[:size]


def one_by_one(chunk: bytes) -> list[int]:
    place, found = 0, [0]
    while place + 4 <= len(chunk):
        length = int.from_bytes(chunk[place : place + 4], "little", signed=True)
        if length < SMALLEST_PRODUCT or place + length > len(chunk):
            break
        place += length
        found.append(place)
    return found


def offsets(chunk: bytes, most: int = 10**6) -> list[int]:
    starts, ends = scan_plain(memoryview(chunk), most)
    assert (starts[1:] == ends[:-1]).all()
    return [0, *ends.tolist()]


SIZES = st.lists(st.integers(SMALLEST_PRODUCT, 90), max_size=120)
# What looks like a document's beginning, and is none, among the bytes of a picture.
FILLERS = st.sampled_from([b"x", FIRST, pack("<i", 20) + FIRST, pack("<i", -1) + FIRST, b"\0"])


@settings(max_examples=300, deadline=None)
@given(SIZES, FILLERS, st.integers(20, 200), st.integers(20, 200), st.integers(1, 50), st.data())
def test_chains_side_by_side_find_what_one_chain_finds(
    sizes: list[int],
    filler: bytes,
    chain_bytes: int,
    searched: int,
    steps: int,
    data: st.DataObject,
) -> None:
    whole = b"".join(document(size, filler) for size in sizes)
    cut = data.draw(st.integers(0, len(whole)))
    changed = bytearray(whole[:cut])
    for _ in range(data.draw(st.integers(0, 2)) if changed else 0):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHAIN_BYTES", chain_bytes)
        patch.setattr(module, "_SEARCHED_BYTES", searched)
        patch.setattr(module, "_MOST_STEPS", steps)
        assert offsets(bytes(changed)) == one_by_one(bytes(changed))


@pytest.mark.parametrize("most", [1, 7, 299, 300, 301])
def test_no_more_documents_are_listed_than_asked(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(module, "_CHAIN_BYTES", 500)
    chunk = document(40) * 300
    assert offsets(chunk, most) == list(range(0, 40 * min(most, 300) + 1, 40))


def test_a_large_stretch_is_followed_in_many_chains() -> None:
    generator = np.random.default_rng(0)
    sizes = generator.integers(4000, 12_000, 600).tolist()
    chunk = b"".join(document(size) for size in sizes)
    assert offsets(chunk) == [0, *np.cumsum(sizes).tolist()]


@pytest.mark.parametrize("chunk", [b"", b"\x05", bytes(4), bytes(3_000_000), b"\xff" * 3_000_000])
def test_what_is_no_document_is_none(chunk: bytes) -> None:
    assert offsets(chunk) == [0]
