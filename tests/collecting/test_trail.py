import json
from typing import Any

from pixonomy.collecting.trail import MOST_BARREN, MOST_PAGES, Trail


def test_a_page_is_known_again_after_it_was_kept() -> None:
    trail = Trail()
    trail.note("http://x/1", ["a", "b"])
    kept = Trail.read(json.loads(json.dumps(trail.as_json())))
    assert kept == trail
    assert kept.knows("http://x/1")
    assert not kept.knows("http://x/2")


def test_pages_without_new_finds_end_a_search() -> None:
    trail = Trail()
    trail.note("http://x/0", ["a", "b"])
    for number in range(1, MOST_BARREN):
        trail.note(f"http://x/{number}", ["b", "a"] if number % 2 else [])
        assert trail.problem == ""
    trail.note("http://x/last", ["a", "b"])
    assert "10 pages in a row had no new pictures" in trail.problem
    trail.note("http://x/new", ["c"])
    assert trail.problem == ""


def test_a_search_that_never_ends_is_ended_and_stays_small() -> None:
    trail = Trail()
    for number in range(MOST_PAGES):
        assert not trail.problem
        trail.note(f"http://x/{number}" * 100, [str(number)])
    assert trail.problem == "1000 pages were read; the search ends there"
    assert len(json.dumps(trail.as_json())) < 30_000


def test_what_is_no_trail_is_an_empty_one() -> None:
    unread: tuple[Any, ...] = (None, [], {}, {"seen": 3}, {"pages": "many"})
    for kept in unread:
        assert Trail.read(kept) == Trail()
