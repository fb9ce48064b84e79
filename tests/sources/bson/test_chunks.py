"""Files and objects come in stretches, whatever the stretches and wherever they begin."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixonomy.errors import StorageError
from pixonomy.sources.bson import chunks as module
from pixonomy.sources.bson.chunks import Chunks, open_chunks
from pixonomy.storage.address import Address

CONTENT = random.Random(1).randbytes(300_001)
BLOCK = 10_000
Open = Callable[[bytes], Chunks]


@pytest.fixture(params=["a file", "an object"])
def open_content(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    storage: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Open]:
    """Return a function that opens bytes as a file here or as an object of many small blocks."""
    monkeypatch.setattr(module._Remote, "_BLOCK", BLOCK)
    with ExitStack() as stack:

        def open_as(content: bytes) -> Chunks:
            if request.param == "a file":
                (tmp_path / "file").write_bytes(content)
                return stack.enter_context(open_chunks(Address(tmp_path / "file")))
            storage.put("bucket/file", content)
            return stack.enter_context(open_chunks(Address.parse("s3://bucket/file")))

        yield open_as


def test_every_range_is_the_range_of_the_file(open_content: Open) -> None:
    chunks = open_content(CONTENT)
    assert chunks.size == len(CONTENT)
    place, chance = 0, random.Random(2)
    while place < len(CONTENT):
        length = chance.choice([1, 5, BLOCK, BLOCK + 1, 3 * BLOCK])
        assert bytes(chunks.read(place, length)) == CONTENT[place : place + length]
        place += chance.randrange(length + 1)


def test_a_stretch_may_be_longer_than_the_file(open_content: Open) -> None:
    assert bytes(open_content(CONTENT[:25_000]).read(0, 10**9)) == CONTENT[:25_000]


def test_reading_may_begin_anywhere_and_go_back(open_content: Open) -> None:
    chunks = open_content(CONTENT)
    for place in (250_000, 0, 300_000, 123_456):
        assert bytes(chunks.read(place, 30_000)) == CONTENT[place : place + 30_000]


def test_an_empty_file_has_no_stretches(open_content: Open) -> None:
    chunks = open_content(b"")
    assert chunks.size == 0
    assert len(chunks.read(0, 10)) == 0


def test_the_identity_is_that_of_the_content(open_content: Open) -> None:
    first = open_content(CONTENT).identity
    assert open_content(CONTENT[::-1]).identity != first


def test_arrays_that_still_look_at_a_stretch_do_not_keep_it_from_closing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    with open_chunks(Address(tmp_path / "file")) as chunks:
        array = np.frombuffer(chunks.read(0, 100), np.uint8)
    assert array.tobytes() == CONTENT[:100]


def test_a_file_is_closed_when_the_walk_breaks_off(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    folder = Path("/proc/self/fd")
    before = len(list(folder.iterdir()))
    for _ in range(20):
        with suppress(RuntimeError), open_chunks(Address(tmp_path / "file")) as chunks:
            chunks.read(0, 100)
            raise RuntimeError
    assert len(list(folder.iterdir())) <= before


def test_each_block_of_an_object_is_fetched_once_and_few_are_kept(
    storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module._Remote, "_BLOCK", BLOCK)
    storage.put("bucket/file", CONTENT)
    with open_chunks(Address.parse("s3://bucket/file")) as chunks:
        for place in range(0, len(CONTENT), 7000):
            chunks.read(place, 9000)
            assert isinstance(chunks, module._Remote)
            assert len(chunks._blocks) <= 2 + module._Remote._AHEAD
    asked = [span for method, _, span, _ in storage.asked if method == "GET"]
    starts = range(0, len(CONTENT), BLOCK)
    assert sorted(asked) == sorted(
        f"bytes={start}-{min(start + BLOCK, len(CONTENT)) - 1}" for start in starts
    )


def test_an_object_replaced_in_between_ends_the_reading(
    storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module._Remote, "_BLOCK", BLOCK)
    storage.put("bucket/file", CONTENT)
    with open_chunks(Address.parse("s3://bucket/file")) as chunks:
        chunks.read(0, 1000)
        storage.put("bucket/file", CONTENT[::-1])
        with pytest.raises(StorageError, match="run again"):
            chunks.read(200_000, 1000)
