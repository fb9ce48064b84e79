import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from pixonomy.collecting.hosts import Hosts, Place
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.collecting.search_results import Pace, Refused, SearchResult
from pixonomy.collecting.search_window import SLOW_SECONDS, Row, Window
from pixonomy.collecting.stored_rows import Waiting


@dataclass
class Listing:
    """A long list of addresses, and a window on it."""

    urls: Sequence[str]
    pace: Pace = field(default_factory=lambda: Pace(2, 1e6))
    reads: list[tuple[int, int]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hosts = Hosts(lambda _name, _kind: self.pace, RetryPolicy(), time.time)
        self.window = Window(
            self.read, self.read_at, self.place, self.refused.__setitem__, self.leave
        )

    def read(self, after: int, limit: int) -> list[Waiting]:
        self.reads.append((after, limit))
        return self.read_at(range(after + 1, min(len(self.urls), after + limit) + 1))

    def read_at(self, numbers: Sequence[int]) -> list[Waiting]:
        return [
            Waiting(self.urls[one - 1], SearchResult(str(one), self.urls[one - 1]), one)
            for one in numbers
            if self.urls[one - 1] not in self.done
        ]

    def place(self, url: str) -> Place:
        place = self.hosts.place(url, "media", "box")
        if place.origin.rules is None:
            self.hosts.note_rules(place, Refused("-"), 1)  # open, as far as the window asks
        return place

    def leave(self, place: Place) -> None:
        self.left.append(place.origin.host.name)

    def next(self) -> Row | None:
        """Return the next row, however much has to be read for it."""
        while (row := self.window.next()) is None and self.window.read_more():
            pass
        return row


def of(host: str, count: int, start: int = 0) -> list[str]:
    return [f"http://{host}/{number}" for number in range(start, start + count)]


def test_rows_of_one_host_come_in_order_as_many_at_a_time_as_it_takes() -> None:
    listing = Listing(of("a", 300))
    seen = []
    for _ in range(150):
        rows = [listing.next(), listing.next()]
        for row in rows:
            assert row is not None
            row.place.lane.take()
            seen.append(row.url)
        time.sleep(0.00001)
        assert listing.window.next() is None
        for row in rows:
            assert row is not None
            row.place.lane.leave()
    assert seen == listing.urls
    assert listing.next() is None
    assert len(listing.window) == 0


def test_a_full_host_does_not_keep_others_waiting_however_many_rows_it_has_before_them() -> None:
    listing = Listing(of("a", 3000) + of("b", 3))
    for _ in range(2):
        row = listing.next()
        assert row is not None
        row.place.lane.take()
    found = [listing.next() for _ in range(3)]
    assert [row.url for row in found if row] == of("b", 3)


def test_no_further_than_a_horizon_is_read_ahead_and_little_of_it_is_kept() -> None:
    listing = Listing(of("a", 100_000))
    for _ in range(2):
        row = listing.next()
        assert row is not None
        row.place.lane.take()
    assert listing.next() is None
    assert listing.reads[-1][0] < 11_000
    held = listing.window._in_sight
    assert held <= 512
    asked = len(listing.reads)
    listing.hosts.place("http://a/", "media", "box").lane.leave()
    assert listing.next() is not None
    assert len(listing.reads) == asked  # there is enough to go on with


def test_rows_of_hosts_that_are_closed_are_left_and_looked_for_again_when_they_open() -> None:
    listing = Listing(of("a", 5) + of("b", 1) + of("a", 5, 5))
    place = listing.place("http://a/")
    place.origin.circuit.close("no connection", 60)
    row = listing.next()
    assert row is not None
    assert row.url == "http://b/0"
    listing.done.add(row.url)
    assert listing.next() is None
    assert set(listing.left) == {"a"}
    assert len(listing.window) == 0
    assert not listing.window.begin_again()
    place.origin.circuit.again_at = 0.0
    assert listing.window.begin_again()
    again = listing.next()
    assert again is not None
    assert again.url == "http://a/0"


def test_a_host_that_rests_is_waited_for_and_no_longer_than_it_asks() -> None:
    listing = Listing(of("a", 2))
    place = listing.place("http://a/")
    listing.hosts.note_quiet(place.origin.host, 0.2, "busy")
    assert listing.next() is None
    assert 0.05 < listing.window.wait() <= 0.2
    assert listing.window.count_soon(0.01) == 0
    assert listing.window.count_soon(1) == 2
    time.sleep(listing.window.wait() + 0.001)
    assert listing.next() is not None


def test_a_row_that_is_put_back_comes_again_when_it_is_due() -> None:
    listing = Listing(of("a", 1))
    row = listing.next()
    assert row is not None
    listing.window.put_back(row, 0.1)
    assert listing.window.next() is None
    time.sleep(0.11)
    assert listing.window.next() is row


def test_a_host_is_opened_before_any_of_its_rows_comes() -> None:
    listing = Listing(of("a", 3))
    listing.window.place = lambda url: listing.hosts.place(url, "media", "box")
    assert listing.next() is None
    found = listing.window.unopened()
    assert found is not None
    url, mark = found
    assert url == "http://a/0"
    assert listing.window.unopened() is None
    listing.place(url)
    listing.window.opened(mark)
    row = listing.next()
    assert row is not None
    assert row.url == url


def test_a_host_that_takes_long_to_be_opened_is_not_counted_on() -> None:
    listing = Listing(of("a", 3))
    listing.window.place = lambda url: listing.hosts.place(url, "media", "box")
    assert listing.next() is None
    found = listing.window.unopened()
    assert found is not None
    assert listing.window.count_soon(1) == 3
    time.sleep(SLOW_SECONDS)
    assert listing.window.count_soon(1) == 0
    listing.window.opened(found[1])
    assert listing.window.count_soon(1) == 3


def test_addresses_that_cannot_be_asked_are_told_and_rows_that_are_done_are_passed_over() -> None:
    listing = Listing(["http://a..b/", *of("a", 200)])
    first = listing.next()
    assert first is not None
    listing.done.update(of("a", 150))
    assert list(listing.refused) == ["http://a..b/"]
    seen = [first.url]
    while (row := listing.next()) is not None:
        seen.append(row.url)
    assert len(seen) == len(set(seen))
    assert seen[-1] == "http://a/199"
    assert len(seen) < 100  # those in sight, and what was still to be read
