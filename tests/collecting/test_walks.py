import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pixonomy.collecting.hosts import Hosts, Place
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.collecting.search_results import Pace, Refused, SearchResult
from pixonomy.collecting.search_window import Row, Window
from pixonomy.collecting.stored_rows import Waiting
from pixonomy.collecting.walks import End, Fate, KeywordCollection, Slots


@dataclass
class Trip:
    """A walk through a list of addresses, whose pictures come after a moment."""

    urls: list[str]
    wanted: int = 1000
    free: int = 8
    may_rest: bool = True
    fetched: list[str] = field(default_factory=list)
    most: int = 0
    pages: int = 0

    def __post_init__(self) -> None:
        self.hosts = Hosts(lambda _name, _kind: Pace(2, 1e6), RetryPolicy(), time.time)
        self.slots = Slots(self.free)
        self.meanwhile: Callable[[], None] = lambda: None
        self.settle: Callable[[Row], Fate | None] = lambda _row: None

    def waiting(self) -> list[Waiting]:
        left = ((k, url) for k, url in enumerate(self.urls, 1) if url not in self.fetched)
        return [Waiting(url, SearchResult(url, url), number) for number, url in left]

    def place(self, url: str) -> Place:
        place = self.hosts.place(url, "media", "box")
        if place.origin.rules is None:
            self.hosts.note_rules(place, Refused("-"), 1)
        return place

    async def fetch(self, row: Row) -> Fate:
        self.most = max(self.most, self.free - self.slots.free)
        await asyncio.sleep(0.01)
        self.fetched.append(row.url)
        row.place.lane.leave()
        self.slots.release()
        self.meanwhile()
        return Fate(is_stored=True)

    async def turn_page(self) -> bool:
        self.pages += 1
        return False

    async def walk(self) -> End:
        window = Window(
            lambda after, limit: [one for one in self.waiting() if one.number > after][:limit],
            lambda numbers: [one for one in self.waiting() if one.number in numbers],
            self.place,
            lambda _url, _reason: None,
            lambda _place: None,
        )
        walk = KeywordCollection(
            self.wanted, window, self.slots, lambda: len(self.fetched), self.fetch,
            self.settle, self.turn_page, lambda _url: None, lambda: self.hosts.is_off,
            lambda: None, 0.1, self.may_rest,
        )  # fmt: skip
        return await asyncio.wait_for(walk.run(), 20)

    def run(self) -> End:
        return asyncio.run(self.walk())


def of(host: str, count: int) -> list[str]:
    return [f"http://{host}/{number}" for number in range(count)]


def test_all_that_is_wanted_comes_and_no_more() -> None:
    trip = Trip(of("a", 50) + of("b", 50), wanted=30)
    assert trip.run() == "enough"
    assert len(trip.fetched) == 30
    assert trip.pages == 0


def test_no_more_at_a_time_than_there_are_slots() -> None:
    trip = Trip([url for host in "abcdefgh" for url in of(host, 5)], free=3)
    assert trip.run() == "over"
    assert (len(trip.fetched), trip.most) == (40, 3)


def test_the_last_that_is_wanted_may_be_one_that_another_keyword_has_fetched() -> None:
    trip = Trip(of("a", 50), wanted=2)

    def settle(row: Row) -> Fate:
        trip.fetched.append(row.url)
        return Fate(is_stored=True)

    trip.settle = settle
    assert trip.run() == "enough"
    assert len(trip.fetched) == 2


def test_a_host_that_opens_again_while_nothing_else_is_under_way_is_gone_on_with() -> None:
    trip = Trip(of("a", 5) + of("b", 3))
    place = trip.place("http://a/")
    place.origin.circuit.close("no connection", 60)

    def open_when_idle() -> None:
        if len(trip.fetched) == 3:
            place.origin.circuit.again_at = 0.0

    trip.meanwhile = open_when_idle
    assert trip.run() == "over"
    assert len(trip.fetched) == 8


def test_a_host_that_rests_is_waited_for_only_where_there_is_time() -> None:
    for may_rest, end, count in ((False, "resting", 3), (True, "over", 8)):
        trip = Trip(of("a", 5) + of("b", 3), may_rest=may_rest)
        trip.hosts.note_quiet(trip.place("http://a/").origin.host, 0.5, "busy")
        assert (trip.run(), len(trip.fetched)) == (end, count)


def test_a_walk_that_finds_all_slots_taken_waits_for_one() -> None:
    for may_rest in (True, False):
        trip = Trip(of("a", 5), may_rest=may_rest)
        trip.slots.free = 0

        async def walk(trip: Trip = trip) -> End:
            asyncio.get_running_loop().call_later(0.1, trip.slots.release)
            return await trip.walk()

        assert asyncio.run(walk()) == "over"
        assert len(trip.fetched) == 5


def test_a_network_that_is_off_ends_the_walk() -> None:
    trip = Trip(of("a", 50))

    def switch_off() -> None:
        trip.hosts.is_off = len(trip.fetched) >= 4

    trip.meanwhile = switch_off
    assert trip.run() == "over"
    assert len(trip.fetched) <= 6
