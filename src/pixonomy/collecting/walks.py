"""Fetches as many images of one keyword from one provider as are wanted.

While images are fetched, the next page of the search is asked for, and hosts are asked whether
they allow it: nobody waits for the slowest.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from pixonomy.collecting.search_window import SLOW_SECONDS, Row, Window

_LOW = 64  # rows that are at hand while the next page is asked for
_MOST_AT_HAND = 512  # rows: no further page is asked for while so many wait for hosts that rest
_OPENINGS = 128  # hosts that are asked for their robots.txt at a time


End = Literal["enough", "over", "resting"]
"""How a walk ends: with all that is wanted, with all that there is, or at hosts that rest."""


@dataclass(frozen=True)
class Fate:
    """What became of an image.

    Attributes:
        is_stored: it, or the same one before, is in the tar files.
        again_seconds: after which it is to be asked for again; None: it is not.
    """

    is_stored: bool = False
    again_seconds: float | None = None


@dataclass
class Slots:
    """So many downloads at a time, of all keywords together.

    Attributes:
        watchers: set where something has changed that a walk may wait for.
    """

    free: int
    watchers: set[asyncio.Event] = field(default_factory=set)

    def release(self) -> None:
        """Give one back, and wake all who may wait for it or for the host it was asked of."""
        self.free += 1
        for one in self.watchers:
            one.set()


@dataclass
class KeywordCollection:
    """One keyword at one provider.

    Attributes:
        wanted: images.
        count: tells how many the keyword has.
        fetch: fetches a row whose turn has been taken, and gives the slot back.
        settle: tells what became of a row without asking for it; None: it has to be asked for.
        turn_page: asks for the search's next page and notes it; False: there is none.
        open: begins to open the host of an address; None where it is open.
        is_stopped: nothing is to be begun any more.
        give_place: told when it does nothing but wait for hosts that take long to be opened.
        soon_seconds: a host that rests for longer does not count as one to be had.
        may_rest: it waits for hosts that rest, too.
    """

    wanted: int
    window: Window
    slots: Slots
    count: Callable[[], int]
    fetch: Callable[[Row], Awaitable[Fate]]
    settle: Callable[[Row], Fate | None]
    turn_page: Callable[[], Awaitable[bool]]
    open: Callable[[str], "asyncio.Task[None] | None"]
    is_stopped: Callable[[], bool]
    give_place: Callable[[], None]
    soon_seconds: float
    may_rest: bool
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _active: int = field(default=0, init=False)
    _had: int = field(default=0, init=False)
    _since: int = field(default=0, init=False)  # kept since that was counted; maybe duplicates
    _openings: int = field(default=0, init=False)
    _opening_at: float = field(default=0.0, init=False)  # when the last of them began
    _page: "asyncio.Task[None] | None" = field(default=None, init=False)
    _is_over: bool = field(default=False, init=False)

    async def run(self) -> End:
        """Fetch until there is enough, or no more to be had."""
        self._had = self.count()
        end: End = "over"
        self.slots.watchers.add(self._woken)
        try:
            async with asyncio.TaskGroup() as group:
                while not self.is_stopped() and self._free_or_recount() > -self._active:
                    self._woken.clear()
                    if await self._step(group):
                        continue
                    if self._is_idle():
                        if self.window.begin_again():
                            continue  # nothing is under way that could wake it
                        break
                    if not self.may_rest and self._only_rests():
                        end = "resting"
                        break
                    if self._slow_wait() <= 0:
                        self.give_place()
                    await self._sleep()
                if self._page is not None:
                    self._page.cancel()
        finally:
            self.slots.watchers.discard(self._woken)
        return "enough" if self.count() >= self.wanted else end

    def _free_or_recount(self) -> int:
        """Return how many more may be begun; duplicates among those that came do not count."""
        if self._since and self._had + self._since + self._active >= self.wanted:
            self._had, self._since = self.count(), 0
        return self.wanted - self._had - self._since - self._active

    async def _step(self, group: asyncio.TaskGroup) -> bool:
        """Begin what can be begun; tell whether to look again at once."""
        free_slots = self._free_or_recount()
        while free_slots > 0 and self.slots.free > 0 and (row := self.window.next()) is not None:
            self._begin(row, group)
            free_slots = self._free_or_recount()
        if free_slots <= 0:
            return not self._active  # with nothing under way nothing could wake it
        self._open_hosts(free_slots)
        if self.slots.free > 0 and self.window.read_more():
            await asyncio.sleep(0)  # others have their turn
            return True
        if self._wants_page(free_slots):
            self._page = group.create_task(self._turn_page())
        return False

    def _begin(self, row: Row, group: asyncio.TaskGroup) -> None:
        fate = self.settle(row)
        if fate is not None:
            self._end(row, fate)
            return
        row.place.lane.take()
        self.slots.free -= 1
        self._active += 1
        group.create_task(self._fetch(row))

    async def _fetch(self, row: Row) -> None:
        fate = await self.fetch(row)
        self._active -= 1
        self._end(row, fate)
        self._woken.set()

    def _end(self, row: Row, fate: Fate) -> None:
        self._since += fate.is_stored
        if fate.again_seconds is not None:
            self.window.put_back(row, fate.again_seconds)

    def _open_hosts(self, free_slots: int) -> None:
        while self._openings < min(_OPENINGS, 4 * free_slots):
            found = self.window.unopened()
            if found is None:
                return
            url, mark = found
            task = self.open(url)
            if task is None:
                self.window.opened(mark)
                self._woken.set()
                continue
            self._openings, self._opening_at = self._openings + 1, time.monotonic()
            task.add_done_callback(lambda _, mark=mark: self._end_opening(mark))  # type: ignore[misc]

    def _end_opening(self, mark: object) -> None:
        self._openings -= 1
        self.window.opened(mark)
        self._woken.set()

    def _wants_page(self, free_slots: int) -> bool:
        if self._is_over or self._page is not None or not self.window.is_read:
            return False
        if len(self.window) >= _MOST_AT_HAND:
            return False
        return self.window.count_soon(self.soon_seconds) < min(free_slots, _LOW)

    async def _turn_page(self) -> None:
        try:
            self._is_over = not await self.turn_page()
            self.window.is_read = False
        finally:
            self._page = None
            self._woken.set()

    def _is_idle(self) -> bool:
        """Tell whether nothing is under way that could bring an image."""
        return not (self._is_under_way() or len(self.window))

    def _only_rests(self) -> bool:
        """Tell whether all that is left is at hosts that rest for long."""
        return not self._is_under_way() and self.window.wait() > self.soon_seconds

    def _is_under_way(self) -> bool:
        # Unread the window is where all slots are taken by others, or it is full.
        is_waiting = self._active or self._openings or self._page is not None
        return bool(is_waiting or not self.window.is_read)

    def _slow_wait(self) -> float:
        """Return in how many seconds all that is under way is hosts that open slowly."""
        if self._active or self._page is not None or not self._openings or not self.slots.free:
            return math.inf
        return self._opening_at + SLOW_SECONDS - time.monotonic()

    async def _sleep(self) -> None:
        can_begin = self.slots.free > 0 and self._free_or_recount() > 0
        wait = self.window.wait() if can_begin else math.inf
        if self._slow_wait() > 0:
            wait = min(wait, self._slow_wait())
        handle = None
        if wait < math.inf:
            handle = asyncio.get_running_loop().call_later(wait, self._woken.set)
        await self._woken.wait()
        if handle is not None:
            handle.cancel()
