import asyncio
import time
from pathlib import Path

import pytest

from pixonomy.collecting.search_results import SearchResult
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.tar_writer import NewImage, Placed, ShardWriter
from pixonomy.collecting.writing import Fetched, ImageWriter
from pixonomy.images.image_hash import ImageFingerprint


def image(number: int, size: int = 10) -> Fetched:
    data = f"{number:09d}".encode().ljust(size, b"\0")
    seen = ImageFingerprint(f"{number:064x}", "ff", None, 80, 60, "jpg")
    return Fetched(
        f"http://x/{number}", SearchResult(str(number), f"http://x/{number}"), data, seen
    )


def write(folder: Path, writer: ShardWriter, images: list[Fetched]) -> list[object]:
    """Write pictures side by side; return what became of each, and see what the ledger notes."""

    async def work() -> list[object]:
        with StateDatabase(folder / "ledger.sqlite") as state_db:
            writing = ImageWriter(state_db, writer, lambda *_: None, time.time, 0, len(images))
            task = asyncio.create_task(writing.run())

            async def one(image: Fetched) -> int:
                await (await writing.add(image))
                assert writing._bytes <= 64 * 1024**2 + 1024**2
                return 1

            found: list[object] = await asyncio.gather(
                *(one(image) for image in images), return_exceptions=True
            )
            task.cancel()
            assert state_db.count_all() == found.count(1)
            return found

    return asyncio.run(work())


def test_pictures_are_written_in_batches_that_take_bounded_memory(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path / "shards", {})
    images = [image(number, 1024**2) for number in range(100)]
    assert write(tmp_path, writer, images) == [1] * 100
    assert (tmp_path / "shards/pictures-00000.tar").stat().st_size > 100 * 1024**2


class Stumbling(ShardWriter):
    """A writer that one picture is too much for."""

    def append(self, number: int, images: "list[NewImage]") -> list[Placed]:  # type: ignore[override]
        if any(one.data.startswith(b"000000003") for one in images):
            raise ValueError("no such sign")
        return super().append(number, images)


def test_a_picture_that_cannot_be_written_costs_the_batch_nothing(tmp_path: Path) -> None:
    found = write(tmp_path, Stumbling(tmp_path / "shards", {}), [image(k) for k in range(6)])
    assert [isinstance(one, ValueError) for one in found] == [False] * 3 + [True] + [False] * 2


def test_a_full_disk_is_no_single_pictures_fault(tmp_path: Path) -> None:
    from pixonomy.errors import StorageError

    class Full(ShardWriter):
        def append(self, *_: object) -> list[Placed]:
            raise StorageError("The disk is full.")

    async def work() -> None:
        with StateDatabase(tmp_path / "ledger.sqlite") as state_db:
            full = Full(tmp_path / "shards", {})
            writing = ImageWriter(state_db, full, lambda *_: None, time.time, 0, 1)
            await writing.add(image(1))
            await writing.run()

    with pytest.raises(StorageError, match="The disk is full"):
        asyncio.run(work())
