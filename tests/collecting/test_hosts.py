import math
import time

import pytest

from pixonomy.collecting.hosts import MOST_FAILING, Hosts, Place
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.collecting.search_results import NoReply, Pace, Refused, Trouble, Unreachable

NOW = 1.8e9
PATIENCE = RetryPolicy(attempts=3, first_seconds=0.001, longest_seconds=0.002, most_seconds=600)


def make(retry_policy: RetryPolicy = PATIENCE) -> tuple[Hosts, list[tuple[str, float, str]]]:
    kept: list[tuple[str, float, str]] = []
    hosts = Hosts(lambda _name, _kind: Pace(2, 100), retry_policy, lambda: NOW)
    hosts.keep = lambda host, until, reason: kept.append((host, until, reason))
    return hosts, kept


def at(hosts: Hosts, url: str) -> Place:
    return hosts.place(url, "media", "box")


def be_silent(hosts: Hosts, place: Place, rounds: int, trouble: Trouble | None = None) -> None:
    for _ in range(rounds):
        error = trouble or Unreachable("no connection")
        hosts.note_silence(place, time.monotonic(), error, "media")


def test_pace_and_quiet_go_by_name_and_who_is_there_by_port() -> None:
    hosts, _ = make()
    one, other = at(hosts, "http://Example.org/a"), at(hosts, "https://example.org.:8443/b")
    assert one.lane is other.lane
    assert one.origin is not other.origin
    be_silent(hosts, one, 2)
    assert one.closed_seconds() > 0
    assert other.closed_seconds() == 0
    hosts.note_quiet(other.origin.host, 50, "busy")
    assert one.wait() > 40
    assert hosts.place("http://example.org/api", "api", "box").lane is not one.lane


def test_a_stranger_that_is_silent_is_left_after_two_tries_and_one_known_after_all() -> None:
    hosts, _ = make()
    stranger, known = at(hosts, "http://a/"), at(hosts, "http://b/")
    hosts.note_answer(known, None, 0, "")
    for place, tries in ((stranger, 2), (known, 3)):
        be_silent(hosts, place, tries - 1)
        assert place.closed_seconds() == 0
        be_silent(hosts, place, 1)
        assert place.closed_seconds() > 50


def test_a_stranger_that_took_long_to_no_end_is_not_asked_twice_in_a_row() -> None:
    for seconds, is_known, is_closed in ((5, False, True), (4, False, False), (5, True, False)):
        hosts, _ = make()
        place = at(hosts, "http://a/")
        if is_known:
            hosts.note_answer(place, None, 0, "")
        began = time.monotonic() - seconds
        hosts.note_silence(place, began, Unreachable("no connection in time", True), "media")
        assert (place.closed_seconds() > 50) is is_closed


def test_requests_under_way_together_are_one_failure() -> None:
    hosts, _ = make()
    place, began = at(hosts, "http://a/"), time.monotonic()
    for _ in range(10):
        hosts.note_silence(place, began, NoReply("no whole reply within 1 seconds"), "media")
    assert place.closed_seconds() == 0
    struck = [hosts.strike(place, began) for _ in range(10)]
    assert place.origin.host.strikes == 1
    assert max(struck) <= 0.001


def test_a_silent_host_is_tried_once_more_and_then_no_more_in_this_run() -> None:
    hosts, _ = make()
    place = at(hosts, "http://a/")
    be_silent(hosts, place, 2)
    assert 50 < place.closed_seconds() <= 60
    place.origin.circuit.again_at = time.monotonic() - 1
    assert place.closed_seconds() == 0
    be_silent(hosts, place, 1)
    assert place.closed_seconds() > 3600
    assert place.leave(lambda: NOW).until is None
    assert hosts.left() == {"a": "no connection"}


def test_a_host_that_answers_again_is_open() -> None:
    hosts, _ = make()
    place = at(hosts, "http://a/")
    be_silent(hosts, place, 2)
    place.origin.circuit.again_at = time.monotonic() - 1
    hosts.note_answer(place, None, 0, "")
    assert place.origin.circuit.reason == ""


def test_long_quiet_is_kept_for_the_next_run_and_told_with_its_end() -> None:
    hosts, kept = make()
    place = at(hosts, "http://a/")
    hosts.note_answer(place, 3600, 0, "the host is busy (status 429)")
    assert kept == [("a", NOW + 3600, "the host is busy (status 429)")]
    left = place.leave(lambda: NOW)
    assert (left.host, left.wait_seconds) == ("a", 3600)
    assert left.until == pytest.approx(NOW + 3600)
    assert list(hosts.left()) == ["a"]
    assert "not before 20" in hosts.left()["a"]
    next_run, _ = make()
    next_run.remember({"a": (NOW + 1800, "busy"), "b": (NOW + 100, "busy"), "c": (NOW - 1, "busy")})
    waits = {name: at(next_run, f"http://{name}/").wait() for name in "abc"}
    assert waits["a"] == pytest.approx(1800, abs=1)
    assert waits["b"] == pytest.approx(100, abs=1)
    assert waits["c"] == 0
    assert at(next_run, "http://b/").closed_seconds() == 0


def test_a_host_that_is_always_busy_is_left() -> None:
    hosts, _ = make()
    place = at(hosts, "http://a/")
    for _ in range(3):
        hosts.note_answer(place, hosts.strike(place, time.monotonic()), 0, "busy")
    assert place.closed_seconds() > 50


def test_pictures_that_fail_in_a_row_close_a_host_and_one_that_comes_begins_the_row_anew() -> None:
    hosts, _ = make()
    place = at(hosts, "http://a/")
    for _ in range(MOST_FAILING - 1):
        hosts.note_failure(place, "status 500")
    hosts.note_given(place)
    hosts.note_failure(place, "status 500")
    assert place.closed_seconds() == 0
    for _ in range(MOST_FAILING - 1):
        hosts.note_failure(place, "status 500")
    assert place.closed_seconds() > 0


def test_a_network_that_is_off_is_noticed_and_dead_hosts_are_not_taken_for_it() -> None:
    for is_ours, is_off in ((True, True), (False, False)):
        hosts, _ = make()
        for number in range(60):
            place = at(hosts, f"http://h{number}/")
            be_silent(hosts, place, 2, Unreachable("no connection", is_ours))
        assert hosts.is_off is is_off
        assert hosts.unreached == 60
        hosts.note_answer(at(hosts, "http://other/"), None, 0, "")
        assert hosts.unreached == 0


def test_many_dead_hosts_where_others_answer_are_no_network_that_is_off() -> None:
    for has_lost in (False, True):
        hosts, _ = make()
        live = at(hosts, "http://live/")
        hosts.note_answer(live, None, 0, "")
        lost = live if has_lost else at(hosts, "http://h60/")
        be_silent(hosts, lost, 3, Unreachable("no connection in time", is_ours=True))
        for number in range(100):
            place = at(hosts, f"http://h{number}/")
            be_silent(hosts, place, 2, Unreachable("no connection in time", is_ours=True))
        assert hosts.is_off is has_lost


def test_one_host_that_is_down_is_no_network_that_is_off() -> None:
    hosts, _ = make()
    be_silent(hosts, at(hosts, "http://a/"), 2)
    assert hosts.unreached == 0
    assert hosts.left() == {}
    at(hosts, "http://a/").leave(lambda: NOW)
    assert hosts.left() == {"a": "no connection"}


def test_what_hosts_say_to_robots_does_not_fill_the_memory() -> None:
    hosts, _ = make()
    busy = at(hosts, "http://busy/")
    hosts.note_rules(busy, Refused("-"), 1)
    busy.lane.take()
    for number in range(100):
        hosts.note_rules(at(hosts, f"http://h{number}/"), Refused("-"), 512 * 1024)
    known = sum(at(hosts, f"http://h{number}/").is_open for number in range(100))
    assert 10 <= known <= 32
    assert at(hosts, "http://busy/").origin is busy.origin


def test_no_proper_address_has_no_place() -> None:
    with pytest.raises(Refused):
        at(make()[0], "http://a..b/")
    assert math.isfinite(at(make()[0], "http://a.b/").wait())
