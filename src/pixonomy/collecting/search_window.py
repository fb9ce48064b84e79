"""Chooses the next pending image of a search whose host may be asked.

Some hundred of them are in sight, in a queue for each host: one that rests, or that nobody answers
for, keeps nobody else waiting. Of those beyond that only the numbers are kept, up to a horizon.

Some hundred of them are in sight, in a queue for each host: one that rests, or that nobody answers
for, keeps nobody else waiting. Of those beyond that only the numbers are kept, up to a horizon.
"""

import heapq
import itertools
import math
import time
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pixonomy.collecting.hosts import Place
from pixonomy.collecting.search_results import Refused, SearchResult
from pixonomy.collecting.stored_rows import Waiting

SLOW_SECONDS = 1.0
"""A host that takes longer to be opened is not waited for."""

_CHUNK = 128  # rows that are read at a time
_IN_SIGHT = 512  # rows in memory, of one search
_OF_ORIGIN = 32  # of them, of one origin
_HORIZON = 10_000  # numbers of rows that are passed over for now


@dataclass
class Row:
    """A image on its way.

    Attributes:
        attempts: how often it was asked for in vain in this run.
    """

    number: int
    url: str
    hit: SearchResult
    place: Place
    attempts: int = 0


@dataclass
class _Queue:
    place: Place
    rows: deque[Row] = field(default_factory=deque)
    passed: "array[int]" = field(default_factory=lambda: array("q"))
    is_in_line: bool = False  # in `_line`, `_full` or `_unopened`
    opening_at: float = math.inf  # when its host began to be opened

    def __len__(self) -> int:
        return len(self.rows) + len(self.passed)


@dataclass
class Window:
    """The rows of one search, in the order of finding as far as their hosts allow.

    Attributes:
        read: (after, limit) → the waiting rows behind a number, in order.
        read_at: numbers → those of these rows that still wait.
        place: an address → where it is asked for; raises `Refused`.
        refuse: told of an address that cannot be asked, and why.
        leave: told of a place where something is left for this run.
        is_read: no further row waits in the state database.
    """

    read: Callable[[int, int], Sequence[Waiting]]
    read_at: Callable[[Sequence[int]], Sequence[Waiting]]
    place: Callable[[str], Place]
    refuse: Callable[[str, str], None]
    leave: Callable[[Place], object]
    is_read: bool = field(default=False, init=False)
    _after: int = field(default=0, init=False)
    _queues: dict[str, _Queue] = field(default_factory=dict, init=False)
    _line: list[tuple[float, int, _Queue]] = field(default_factory=list, init=False)
    _full: list[_Queue] = field(default_factory=list, init=False)
    _unopened: deque[_Queue] = field(default_factory=deque, init=False)
    _later: list[tuple[float, int, Row]] = field(default_factory=list, init=False)
    _left: dict[str, Place] = field(default_factory=dict, init=False)
    _in_sight: int = field(default=0, init=False)
    _passed: int = field(default=0, init=False)
    _turn: "itertools.count[int]" = field(default_factory=itertools.count, init=False)

    def __len__(self) -> int:
        return self._in_sight + self._passed + len(self._later)

    def next(self) -> Row | None:
        """Return a row whose host may be asked at once; None where all have to wait."""
        now = time.monotonic()
        self._bring_back(now)
        while self._line and self._line[0][0] <= now:
            queue = heapq.heappop(self._line)[2]
            queue.is_in_line = False
            row = self._from(queue, now)
            if row is not None:
                return row
        return None

    def wait(self) -> float:
        """Return after how many seconds to look again, if nothing else happens."""
        now = time.monotonic()
        heads = (heap[0][0] for heap in (self._line, self._later) if heap)
        return max(0.0, min(heads, default=math.inf) - now)

    def put_back(self, row: Row, seconds: float) -> None:
        """Let a row be asked for again after so many seconds."""
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._turn), row))

    def read_more(self) -> bool:
        """Read some more rows from the state database; tell whether there were any."""
        if self.is_read or self._passed >= _HORIZON:
            return False
        rows = self.read(self._after, _CHUNK)
        self.is_read = len(rows) < _CHUNK
        for row in rows:
            self._after = row.number
            self._add(row)
        return bool(rows)

    def unopened(self) -> tuple[str, object] | None:
        """Return an address of a host that has to be opened first, and a mark for `opened`."""
        while self._unopened:
            queue = self._unopened.popleft()
            if queue.rows or self._load(queue):
                queue.opening_at = time.monotonic()
                return queue.rows[0].url, queue
            self._queues.pop(queue.place.origin.name, None)
        return None

    def opened(self, key: object) -> None:
        """Go on with a host that was opened, or could not be."""
        assert isinstance(key, _Queue)
        key.is_in_line, key.opening_at = False, math.inf
        self._stand(key, 0.0)

    def count_soon(self, seconds: float) -> int:
        """Return how many rows have a host that may be asked within so many seconds.

        One that takes long to be opened may never answer, and is not counted on.
        """
        slow = time.monotonic() - SLOW_SECONDS
        queues = (one for one in self._queues.values() if one.opening_at > slow)
        soon = sum(len(one) for one in queues if one.place.wait() < seconds)
        return soon + len(self._later)

    def begin_again(self) -> bool:
        """Look once more for rows of hosts that were left and may be asked by now."""
        again = [key for key, place in self._left.items() if place.closed_seconds() <= 0]
        for key in again:
            del self._left[key]
        if again:
            self._after, self.is_read = 0, False
        return bool(again)

    def _add(self, waiting: Waiting) -> None:
        try:
            place = self.place(waiting.url)
        except Refused as reason:
            self.refuse(waiting.url, str(reason))
            return
        if place.closed_seconds() > 0:
            self._leave(place)
            return
        queue = self._queues.setdefault(place.origin.name, _Queue(place))
        if len(queue.rows) >= _OF_ORIGIN or queue.passed or self._in_sight >= _IN_SIGHT:
            queue.passed.append(waiting.number)
            self._passed += 1
        else:
            queue.rows.append(Row(waiting.number, waiting.url, waiting.hit, place))
            self._in_sight += 1
        self._stand(queue, 0.0)

    def _from(self, queue: _Queue, now: float) -> Row | None:
        """Return a queue's next row, or let the queue stand where it has to wait."""
        place = queue.place
        if place.closed_seconds() > 0:
            self._drop(queue)
        elif not (queue.rows or self._load(queue)):
            self._queues.pop(place.origin.name, None)
        elif not place.is_open:
            queue.is_in_line = True
            self._unopened.append(queue)
        elif place.lane.is_full:
            queue.is_in_line = True
            self._full.append(queue)
        elif (until := max(now + place.wait(), place.lane.next_at)) > now:
            self._stand(queue, until)
        else:
            self._in_sight -= 1
            row = queue.rows.popleft()
            self._stand(queue, now)
            return row
        return None

    def _stand(self, queue: _Queue, until: float) -> None:
        if not queue.is_in_line:
            queue.is_in_line = True
            heapq.heappush(self._line, (until, next(self._turn), queue))

    def _bring_back(self, now: float) -> None:
        """Let those stand in line again that waited for something that has come."""
        still = []
        for queue in self._full:
            if queue.place.lane.is_full:
                still.append(queue)
            else:
                queue.is_in_line = False
                self._stand(queue, now)
        self._full = still
        while self._later and self._later[0][0] <= now:
            row = heapq.heappop(self._later)[2]
            queue = self._queues.setdefault(row.place.origin.name, _Queue(row.place))
            queue.rows.appendleft(row)
            self._in_sight += 1
            self._stand(queue, now)

    def _load(self, queue: _Queue) -> bool:
        """Read the rows of a queue that were passed over, some at a time."""
        while queue.passed and not queue.rows:
            numbers = queue.passed[:_OF_ORIGIN]
            del queue.passed[:_OF_ORIGIN]
            self._passed -= len(numbers)
            for one in self.read_at(numbers):
                queue.rows.append(Row(one.number, one.url, one.hit, queue.place))
            self._in_sight += len(queue.rows)
        return bool(queue.rows)

    def _drop(self, queue: _Queue) -> None:
        self._in_sight -= len(queue.rows)
        self._passed -= len(queue.passed)
        self._queues.pop(queue.place.origin.name, None)
        self._leave(queue.place)

    def _leave(self, place: Place) -> None:
        self._left[place.origin.name] = place
        self.leave(place)
