"""Appends fetched images to tar files and notes them in the state database, in batches."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pixonomy.collecting.faults import is_ours
from pixonomy.collecting.search_results import SearchResult
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.stored_rows import StoredImage
from pixonomy.collecting.tar_writer import NewImage, Placed, ShardWriter
from pixonomy.images.image_hash import ImageFingerprint
from pixonomy.progress import Progress

_BATCH = 256
_GATHERING_SECONDS = 0.2  # until a batch is written: waiting for the disk costs more than each row
_MOST_BYTES = 64 * 1024**2  # of images that wait to be written, or are


@dataclass(frozen=True)
class Fetched:
    """A image on its way to the tar files."""

    url: str
    hit: SearchResult
    data: bytes
    seen: ImageFingerprint


_OnItsWay = tuple[Fetched, "asyncio.Future[None]"]


@dataclass
class ImageWriter:
    """The one that writes.

    Attributes:
        clock: seconds since 1970.
        kept, total: images there are, and that are wanted, of all keywords.
    """

    state_db: StateDatabase
    writer: ShardWriter
    progress: Progress
    clock: Callable[[], float]
    stored: int
    total: int
    _queue: "asyncio.Queue[_OnItsWay]" = field(init=False)
    _bytes: int = field(default=0, init=False)
    _written: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        self._queue = asyncio.Queue(_BATCH)

    async def add(self, image: Fetched) -> "asyncio.Future[None]":
        """Hand an image on; return what is done when it is in tar file and state database."""
        while self._bytes > _MOST_BYTES:
            self._written.clear()
            await self._written.wait()
        self._bytes += len(image.data)
        written = asyncio.get_running_loop().create_future()
        await self._queue.put((image, written))
        return written

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        with ThreadPoolExecutor(1, "write") as thread:
            while True:
                batch = [await self._queue.get()]
                await asyncio.sleep(_GATHERING_SECONDS)
                while len(batch) < _BATCH and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                await self._write(batch, thread)
                self._bytes -= sum(len(one.data) for one, _ in batch)
                self._written.set()

    async def _write(self, batch: Sequence[_OnItsWay], thread: ThreadPoolExecutor) -> None:
        """Write a batch; where one of it cannot be written, each by itself."""
        try:
            await self._keep([one for one, _ in batch], thread)
        except Exception as error:
            if is_ours(error):
                raise
            if len(batch) > 1:
                for single in batch:
                    await self._write([single], thread)
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for _, written in batch:
            if not written.done():
                written.set_result(None)

    async def _keep(self, batch: Sequence[Fetched], thread: ThreadPoolExecutor) -> None:
        """Append the images that are new, and note them all."""
        news: dict[str, Fetched] = {}
        for one in batch:
            if one.seen.sha256 not in news and not self.state_db.knows(one.seen.sha256):
                news[one.seen.sha256] = one
        number = self.state_db.count_all()
        appended = [
            NewImage(one.data, one.seen.format or "bin", _about(one.hit)) for one in news.values()
        ]
        loop = asyncio.get_running_loop()
        placed = await loop.run_in_executor(thread, self.writer.append, number, appended)
        now = self.clock()
        fresh = [
            _noted(one, number + place, where, now)
            for place, (one, where) in enumerate(zip(news.values(), placed, strict=True))
        ]
        urls = [(one.url, one.seen.sha256) for one in batch]
        self.state_db.add_images(fresh, urls, self.writer.ends)
        self.stored = min(self.total, self.stored + len(fresh))
        self.progress("collecting pictures", self.stored, self.total)


def _noted(one: Fetched, number: int, where: Placed, now: float) -> StoredImage:
    return StoredImage(
        sha256=one.seen.sha256,
        number=number,
        shard=where.shard,
        offset=where.offset,
        length=where.length,
        perceptual_hash=one.seen.perceptual_hash,
        width=one.seen.width,
        height=one.seen.height,
        format=one.seen.format,
        fetched_at=now,
    )


def _about(hit: SearchResult) -> dict[str, str]:
    about = {
        "image_url": hit.image_url,
        "page_url": hit.page_url,
        "title": hit.title,
        "creator": hit.creator,
        "license": hit.license,
        "license_url": hit.license_url,
    }
    return {key: value for key, value in about.items() if value}
