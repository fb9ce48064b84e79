"""Collects images for keywords from providers, into tar files and a state database.

Each keyword is walked as long as it lacks images: a window slides over its search results. Images
are fetched side by side, are looked at in threads, and are written in batches by one writer.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

from pixonomy.collecting.door import clean
from pixonomy.collecting.faults import is_ours
from pixonomy.collecting.hosts import Place
from pixonomy.collecting.licences import check_license
from pixonomy.collecting.optout import check_image
from pixonomy.collecting.places import Places
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.search_results import Gone, Left, NoReply, Refused, Trouble, Unreachable
from pixonomy.collecting.search_window import Row, Window
from pixonomy.collecting.searching import Searching
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.tar_writer import ShardWriter
from pixonomy.collecting.walks import End, Fate, KeywordCollection, Slots
from pixonomy.collecting.writing import Fetched, ImageWriter
from pixonomy.errors import DataError, StorageError
from pixonomy.images.image_hash import ImageFingerprint, fingerprint
from pixonomy.progress import Progress
from pixonomy.storage.files import printable

MOST_TRIES = 4  # of an image that fails, one a run

_RESOLVERS = 64  # names that are looked up at a time
_MOST_NAMED = 5  # hosts that are told by name
_BUSY_FOR_ANOTHER = 0.25  # seconds until an image that another keyword fetches is looked for again


@dataclass(frozen=True)
class CollectSettings:
    """How much is collected.

    Attributes:
        per_keyword: images wanted of each.
        smallest_side: smaller images are refused, in pixels.
        refresh_seconds: a search that was walked to its end is walked again after that.
        licenses: images under others are refused; empty: none are for that.
    """

    per_keyword: int
    smallest_side: int = 64
    refresh_seconds: float = 24 * 3600.0
    licenses: frozenset[str] = frozenset()
    keywords_at_once: int = 4
    downloads_at_once: int = 32


@dataclass
class Collector:
    """Collects; see the module.

    Attributes:
        report: told once about each search that cannot go on, and why, and about hosts that were
            left.
        clock: seconds since 1970.
        left: hosts at which images still wait, and why; after `run`.
    """

    state_db: StateDatabase
    writer: ShardWriter
    providers: Sequence[Provider]
    politeness: Politeness
    settings: CollectSettings
    threads: Executor
    progress: Progress
    report: Callable[[str], None]
    clock: Callable[[], float]
    left: dict[str, str] = field(default_factory=dict, init=False)
    _under_way: set[str] = field(default_factory=set, init=False)  # addresses
    _slots: Slots = field(init=False)
    _searching: Searching = field(init=False)
    _writing: ImageWriter = field(init=False)

    async def run(self, keywords: Sequence[tuple[str, str]]) -> None:
        """Collect for keywords, each with its category, until each has enough.

        Where no more is found, what there is has to do. A search that cannot go on is told, and so
        is a host that is left; a full disk ends it all.

        Raises:
            DataError: if nobody at all could be reached, as without a network.
            StorageError: if the state database or the tar files cannot be written.
        """
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_RESOLVERS, "resolve"))
        hosts = self.politeness.hosts
        hosts.keep = self.state_db.rest_host
        hosts.remember(self.state_db.resting_hosts(self.clock()))
        self._slots = Slots(self.settings.downloads_at_once)
        self._searching = Searching(self.state_db, self.politeness, self.report, self.clock)
        wanted = self.settings.per_keyword
        collected = sum(min(self.state_db.count_stored(*one), wanted) for one in keywords)
        self._writing = ImageWriter(
            self.state_db, self.writer, self.progress, self.clock, collected, len(keywords) * wanted
        )
        try:
            await self._fill_all(keywords)
        except* sqlite3.Error as group:
            raise StorageError(
                f"{printable(self.state_db.path)} cannot be used: {_first(group)}."
            ) from group
        self._searching.report_rest()
        self._report_left()

    async def _fill_all(self, keywords: Sequence[tuple[str, str]]) -> None:
        """Fill all keywords; those that only wait for hosts at rest once more, when all are."""
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(self._writing.run())
            resting = await self._fill_each(keywords, may_rest=False)
            await self._fill_each(resting, may_rest=True)
            writing.cancel()

    async def _fill_each(
        self, keywords: Sequence[tuple[str, str]], may_rest: bool
    ) -> list[tuple[str, str]]:
        """Fill keywords, some at a time; return those that are to be filled once more."""
        places = Places(self.settings.keywords_at_once)
        resting: list[tuple[str, str]] = []

        async def fill(category: str, keyword: str) -> None:
            async with places.take() as give_place:
                for provider in self.providers:
                    end = await self._collect(provider, category, keyword, may_rest, give_place)
                    if end == "resting":
                        resting.append((category, keyword))
                    if end != "over":
                        return

        async with asyncio.TaskGroup() as filling:
            for category, keyword in keywords:
                filling.create_task(fill(category, keyword))
        return resting

    async def _collect(
        self,
        provider: Provider,
        category: str,
        keyword: str,
        may_rest: bool,
        give_place: Callable[[], None],
    ) -> End:
        """Fetch the results of a search, and go on with it."""
        key = (provider.name, category, keyword)
        search = self.state_db.search(*key)
        walked = search.walked_at or 0.0
        if search.is_over and self.clock() - walked > self.settings.refresh_seconds:
            self.state_db.begin_again(*key)
        window = Window(
            read=lambda after, limit: self.state_db.waiting(*key, limit, after),
            read_at=self.state_db.waiting_at,
            place=lambda url: self._place(provider, url),
            refuse=lambda url, reason: self._close(url, "refused", reason),
            leave=lambda place: place.leave(self.clock),
        )
        collection = KeywordCollection(
            wanted=self.settings.per_keyword,
            window=window,
            slots=self._slots,
            count=lambda: self.state_db.count_stored(category, keyword),
            fetch=lambda row: self._fetch(provider, row),
            settle=lambda row: self._settle(provider, row),
            turn_page=lambda: self._searching.turn_page(provider, category, keyword),
            open=lambda url: self.politeness.opening(url, "media", provider.name),
            is_stopped=lambda: self.politeness.hosts.is_off,
            give_place=give_place,
            soon_seconds=self.politeness.retry_policy.soon_seconds,
            may_rest=may_rest,
        )
        return await collection.run()

    def _place(self, provider: Provider, url: str) -> Place:
        try:
            return self.politeness.hosts.place(url, "media", provider.name)
        except Refused:
            raise
        except Exception as error:
            if is_ours(error):
                raise
            raise Refused(_unexpected(error)) from error

    def _settle(self, provider: Provider, row: Row) -> Fate | None:
        """Tell what becomes of a row that nobody has to be asked for; begin all others."""
        if row.url in self._under_way:
            return Fate(again_seconds=_BUSY_FOR_ANOTHER)
        if not self.state_db.is_waiting(row.url):
            return Fate(is_stored=True)  # or refused: what is kept is counted anew in any case
        try:
            if provider.needs_license and not row.hit.license:
                raise Refused("it names no licence")
            check_license(row.hit, self.settings.licenses)
        except Refused as reason:
            self._close(row.url, "refused", str(reason))
            return Fate()
        self._under_way.add(row.url)
        return None

    async def _fetch(self, provider: Provider, row: Row) -> Fate:
        """Fetch an image; whatever goes wrong with it is its own reason."""
        hosts = self.politeness.hosts
        try:
            written = await self._download(provider, row)
            hosts.note_given(row.place)
            await written
            return Fate(is_stored=True)
        except (Refused, Gone) as reason:
            hosts.note_given(row.place)
            self._close(row.url, "refused", str(reason))
        except Left:
            pass  # it waits for another run; its host is told
        except Trouble as trouble:
            return self._fail(row, trouble)
        except Exception as error:
            if is_ours(error):
                raise
            self._close(row.url, "failed", _unexpected(error))
        finally:
            self._under_way.discard(row.url)
        return Fate()

    async def _download(self, provider: Provider, row: Row) -> "asyncio.Future[None]":
        """Fetch and look; return what is done when it is written. Gives the slot back."""
        try:
            reply = await self.politeness.take(row.url, provider.name, row.place)
            loop = asyncio.get_running_loop()
            seen = await loop.run_in_executor(self.threads, _fingerprint, reply.body)
            self._check(seen)
            return await self._writing.add(Fetched(row.url, row.hit, reply.body, seen))
        finally:
            self._slots.release()

    def _fail(self, row: Row, trouble: Trouble) -> Fate:
        """Have an image asked for again, or note that it failed once more."""
        row.attempts += 1
        retry_policy = self.politeness.retry_policy
        # One that kept us for a whole reply's time is asked for again in the next run.
        is_silent = isinstance(trouble, NoReply)
        if row.place.closed_seconds() > 0 and not is_silent:
            return Fate()  # that is its host's failure, not its own
        if row.attempts < retry_policy.attempts and not is_silent:
            is_noted = trouble.wait_seconds is not None or isinstance(trouble, Unreachable)
            return Fate(again_seconds=0.0 if is_noted else retry_policy.pause(row.attempts))
        self._close(row.url, "failed", str(trouble))
        if not isinstance(trouble, Unreachable | NoReply):
            self.politeness.hosts.note_failure(row.place, str(trouble))
        return Fate()

    def _close(self, url: str, state: str, reason: str) -> None:
        self.state_db.close_image(url, state, clean(reason, 500))

    def _check(self, seen: ImageFingerprint) -> None:
        if seen.problem is not None:
            raise Refused(seen.problem)
        if min(seen.width or 0, seen.height or 0) < self.settings.smallest_side:
            raise Refused(f"smaller than {self.settings.smallest_side} px")

    def _report_left(self) -> None:
        """Report which hosts were left and why; raise where none was ever reached."""
        hosts = self.politeness.hosts
        self.left = hosts.left()
        # Where some were kept before, those left may all be dead.
        if hosts.unreached and not self.state_db.count_all():
            raise DataError(
                f"No host could be reached ({hosts.unreached:,} asked), as if this machine had no "
                "network: nothing was marked as failed; run the same command again when it has."
            )
        if self.left:
            named = [f"{host} ({reason})" for host, reason in list(self.left.items())[:_MOST_NAMED]]
            more = len(self.left) - len(named)
            rest = f" and {more:,} more hosts" if more else ""
            self.report(f"Left for now: {'; '.join(named)}{rest}. Run again to go on.")


def _fingerprint(data: bytes) -> ImageFingerprint:
    """Look at an image's bytes.

    Raises:
        Refused: where what stands inside it objects to the use.
    """
    check_image(data)
    return fingerprint(data)


def _unexpected(error: Exception) -> str:
    return f"it could not be handled ({type(error).__name__})"


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
