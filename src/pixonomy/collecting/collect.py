"""Keywords and providers go in; pictures in tar files, and a ledger of everything, come out.

Each keyword is walked page by page, as long as it lacks pictures: what a page finds is fetched
before the next one is asked for. Pictures come in side by side, are looked at in threads, and are
written in batches by one writer.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from pixonomy.collecting.finds import BudgetSpent, Find, Gone, Page, Refused, Reply, Trouble
from pixonomy.collecting.ledger import Ledger
from pixonomy.collecting.manners import Manners
from pixonomy.collecting.notes import Kept, Waiting
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.shards import NewPicture, ShardWriter
from pixonomy.images.fingerprint import PictureFingerprint, fingerprint
from pixonomy.progress import Progress

MOST_TRIES = 4  # of a picture that fails, one a run

_BATCH = 64


@dataclass(frozen=True)
class CollectSettings:
    """How much is collected.

    Attributes:
        per_keyword: pictures wanted of each.
        smallest_side: smaller pictures are refused, in pixels.
        refresh_seconds: a search that was walked to its end is walked again after that.
    """

    per_keyword: int
    smallest_side: int = 64
    refresh_seconds: float = 24 * 3600.0
    keywords_at_once: int = 4
    downloads_at_once: int = 32


@dataclass(frozen=True)
class _Fetched:
    """A picture on its way to the writer."""

    url: str
    find: Find
    data: bytes
    seen: PictureFingerprint
    written: asyncio.Future[None]


@dataclass
class Collector:
    """Collects; see the module.

    Attributes:
        say: told once about each search that cannot go on, and why.
        clock: seconds since 1970.
    """

    ledger: Ledger
    writer: ShardWriter
    providers: Sequence[Provider]
    manners: Manners
    settings: CollectSettings
    threads: Executor
    progress: Progress
    say: Callable[[str], None]
    clock: Callable[[], float]
    _flights: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _queue: asyncio.Queue[_Fetched] = field(init=False)
    _downloads: asyncio.Semaphore = field(init=False)

    async def run(self, keywords: Sequence[tuple[str, str]]) -> None:
        """Collect for keywords, each with its category, until each has enough.

        Where no more is found, what there is has to do. A search that cannot go on is told; a full
        disk ends it all.
        """
        self._queue = asyncio.Queue(2 * _BATCH)
        self._downloads = asyncio.Semaphore(self.settings.downloads_at_once)
        self._total = len(keywords) * self.settings.per_keyword
        self._kept = sum(min(self._had(*one), self.settings.per_keyword) for one in keywords)
        gate = asyncio.Semaphore(self.settings.keywords_at_once)

        async def fill(category: str, keyword: str) -> None:
            async with gate:
                await self._fill(category, keyword)

        async with asyncio.TaskGroup() as group:
            writing = group.create_task(self._write())
            async with asyncio.TaskGroup() as filling:
                for category, keyword in keywords:
                    filling.create_task(fill(category, keyword))
            writing.cancel()

    def _had(self, category: str, keyword: str) -> int:
        return self.ledger.count_kept(category, keyword)

    async def _fill(self, category: str, keyword: str) -> None:
        for provider in self.providers:
            await self._walk(provider, category, keyword)

    async def _walk(self, provider: Provider, category: str, keyword: str) -> None:
        """Fetch what a search finds, and go on with it, until the keyword has enough."""
        key = (provider.name, category, keyword)
        search = self.ledger.search(*key)
        walked = search.walked_at or 0.0
        if search.is_over and self.clock() - walked > self.settings.refresh_seconds:
            self.ledger.begin_again(*key)
        try:
            while (missing := self.settings.per_keyword - self._had(category, keyword)) > 0:
                waiting = self.ledger.waiting(*key, missing)
                if waiting:
                    await asyncio.gather(*(self._fetch(provider, one) for one in waiting))
                elif self.ledger.search(*key).is_over:
                    return
                else:
                    page = await self._find(provider, category, keyword)
                    self.ledger.add_page(*key, page, self.clock())
        except (Refused, Gone, Trouble, BudgetSpent) as reason:
            self.say(f"{provider.name}, {keyword!r}: {reason}. Run again to go on.")

    async def _find(self, provider: Provider, category: str, keyword: str) -> Page:
        """Ask for the next page, again where what comes makes no sense."""

        async def get(url: str, kind: Any, **more: Any) -> Reply:
            return await self.manners.get(url, kind, provider.name, **more)

        at = self.ledger.search(provider.name, category, keyword).next
        patience = self.manners.patience
        for failures in range(1, patience.attempts):
            try:
                return await provider.find(keyword, at, get)
            except Trouble as trouble:
                wait = trouble.wait_seconds
                if wait is not None and wait > patience.most_seconds:
                    raise
                await self.manners.sleep(patience.pause(failures))
        return await provider.find(keyword, at, get)

    async def _fetch(self, provider: Provider, waiting: Waiting) -> None:
        """Fetch a picture; one that several keywords wait for is fetched once."""
        if waiting.url not in self._flights:
            task = asyncio.create_task(self._download(provider, waiting.url, waiting.find))
            self._flights[waiting.url] = task
            task.add_done_callback(lambda _: self._flights.pop(waiting.url, None))
        await asyncio.shield(self._flights[waiting.url])

    async def _download(self, provider: Provider, url: str, find: Find) -> None:
        try:
            if provider.needs_license and not find.license:
                raise Refused("it names no licence")
            async with self._downloads:
                reply = await self.manners.get(url, "media", provider.name)
                loop = asyncio.get_running_loop()
                seen = await loop.run_in_executor(self.threads, fingerprint, reply.body)
            self._check(seen)
        except (Refused, Gone) as reason:
            self.ledger.close_image(url, "refused", str(reason))
            return
        except Trouble as reason:
            self.ledger.close_image(url, "failed", str(reason))
            return
        written = asyncio.get_running_loop().create_future()
        await self._queue.put(_Fetched(url, find, reply.body, seen, written))
        await written

    def _check(self, seen: PictureFingerprint) -> None:
        if seen.problem is not None:
            raise Refused(seen.problem)
        if min(seen.width or 0, seen.height or 0) < self.settings.smallest_side:
            raise Refused(f"smaller than {self.settings.smallest_side} px")

    async def _write(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._keep(batch)
            for one in batch:
                if not one.written.done():
                    one.written.set_result(None)

    async def _keep(self, batch: Sequence[_Fetched]) -> None:
        """Append the pictures that are new, and note them all."""
        news: dict[str, _Fetched] = {}
        for one in batch:
            if one.seen.sha256 not in news and not self.ledger.knows(one.seen.sha256):
                news[one.seen.sha256] = one
        number = self.ledger.count_pictures()
        appended = [
            NewPicture(one.data, one.seen.format or "bin", _about(one.find))
            for one in news.values()
        ]
        placed = await asyncio.to_thread(self.writer.append, number, appended)
        now = self.clock()
        kept = [
            Kept(
                sha256=one.seen.sha256,
                number=number + place,
                shard=where.shard,
                offset=where.offset,
                length=where.length,
                perceptual_hash=one.seen.perceptual_hash,
                width=one.seen.width,
                height=one.seen.height,
                format=one.seen.format,
                fetched_at=now,
            )
            for place, (one, where) in enumerate(zip(news.values(), placed, strict=True))
        ]
        urls = [(one.url, one.seen.sha256) for one in batch]
        self.ledger.add_pictures(kept, urls, self.writer.ends)
        self._kept = min(self._total, self._kept + len(kept))
        self.progress("collecting pictures", self._kept, self._total)


def _about(find: Find) -> dict[str, Any]:
    told = {
        "image_url": find.image_url,
        "page_url": find.page_url,
        "title": find.title,
        "creator": find.creator,
        "license": find.license,
        "license_url": find.license_url,
    }
    return {key: value for key, value in told.items() if value}
