import sqlite3
import time
from pathlib import Path

import pytest

from pixonomy.collecting.records import (
    count_images,
    count_reasons,
    read_images,
    read_search_results,
    sum_keywords,
)
from pixonomy.collecting.search_results import BudgetSpent, Page, SearchResult
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.stored_rows import StoredImage, Waiting
from pixonomy.errors import SettingError, StorageError

KEY = ("box", "travel", "beach")


def find(number: int, url: str = "") -> SearchResult:
    return SearchResult(str(number), url or f"http://x/{number}", title="<é>", width=3)


def kept(sha256: str, number: int) -> StoredImage:
    return StoredImage(sha256, number, 0, 512, 7, "ffee", 40, 30, "jpg", 1.5)


@pytest.fixture
def state_db(tmp_path: Path) -> StateDatabase:
    return StateDatabase(tmp_path / "ledger.sqlite")


def test_a_search_goes_on_where_it_was(state_db: StateDatabase) -> None:
    assert state_db.search(*KEY).next is None
    assert state_db.add_page(*KEY, Page((find(1), find(2)), {"page": 2}, 40), 5.0) == 2
    search = state_db.search(*KEY)
    assert (search.next, search.is_over, search.total) == ({"page": 2}, False, 40)
    assert state_db.add_page(*KEY, Page((find(2), find(3)), None), 6.0) == 1
    assert state_db.search(*KEY).is_over
    state_db.begin_again(*KEY)
    assert not state_db.search(*KEY).is_over


def test_pictures_wait_in_the_order_of_finding_until_they_are_kept_or_refused(
    state_db: StateDatabase,
) -> None:
    state_db.add_page(*KEY, Page(tuple(find(number) for number in range(5)), None), 0)
    assert [one.hit for one in state_db.waiting(*KEY, 2)] == [find(0), find(1)]
    state_db.add_images([kept("a", 0)], [("http://x/0", "a"), ("http://x/1", "a")], {0: (9, False)})
    state_db.close_image("http://x/2", "refused", "too small")
    state_db.close_image("http://x/3", "failed", "busy")
    assert [one.url for one in state_db.waiting(*KEY, 9)] == ["http://x/4"]
    assert state_db.count_stored("travel", "beach") == 1
    assert count_reasons(state_db, "refused") == {"too small": 1}
    assert count_reasons(state_db, "failed") == {"busy": 1}
    assert count_images(state_db) == {"kept": 2, "refused": 1, "failed": 1, "waiting": 1}
    state_db.try_again(2)
    assert [one.url for one in state_db.waiting(*KEY, 9)] == ["http://x/3", "http://x/4"]
    state_db.close_image("http://x/3", "failed", "busy")
    state_db.try_again(2)
    assert [one.url for one in state_db.waiting(*KEY, 9)] == ["http://x/4"]


def test_a_picture_of_two_searches_waits_in_both_and_is_kept_for_both(
    state_db: StateDatabase,
) -> None:
    other = ("box", "home", "sand")
    for key in (KEY, other):
        state_db.add_page(*key, Page((find(1, "http://x/same"),), None), 0)
    assert state_db.waiting(*other, 9)
    state_db.add_images([kept("a", 0)], [("http://x/same", "a")], {0: (9, False)})
    assert not state_db.waiting(*other, 9)
    assert state_db.count_stored("home", "sand") == state_db.count_stored("travel", "beach") == 1
    (found,) = read_search_results(state_db)
    assert found.select("category", "sha256").rows() == [("travel", "a"), ("home", "a")]


def test_a_find_of_a_picture_that_is_kept_already_counts_for_its_keyword(
    state_db: StateDatabase,
) -> None:
    state_db.add_page(*KEY, Page((find(1, "http://x/same"),), None), 0)
    state_db.add_images([kept("a", 0)], [("http://x/same", "a")], {0: (9, False)})
    state_db.add_page("other", "home", "sand", Page((find(7, "http://x/same"),), None), 0)
    assert state_db.count_stored("home", "sand") == 1
    state_db.add_page("box", "home", "sand", Page((find(8, "http://x/same"),), None), 0)
    assert state_db.count_stored("home", "sand") == 1, "one picture, however often it is found"


def test_what_is_closed_once_is_not_closed_again(state_db: StateDatabase) -> None:
    state_db.add_page(*KEY, Page((find(1),), None), 0)
    state_db.add_images([kept("a", 0)], [("http://x/1", "a")], {0: (9, False)})
    state_db.close_image("http://x/1", "failed", "too late")
    assert count_images(state_db) == {"kept": 1}
    assert not state_db.is_waiting("http://x/1")


def test_a_window_goes_on_behind_a_number(state_db: StateDatabase) -> None:
    state_db.add_page(*KEY, Page(tuple(find(number) for number in range(5)), None), 0)
    first = state_db.waiting(*KEY, 2)
    behind = state_db.waiting(*KEY, 2, after=first[-1].number)
    assert [one.hit for one in behind] == [find(2), find(3)]
    state_db.close_image("http://x/2", "refused", "no")
    assert state_db.waiting_at([one.number for one in behind]) == [
        Waiting("http://x/3", find(3), behind[1].number)
    ]


def test_what_failed_or_was_refused_is_asked_for_again_when_that_is_wanted(
    state_db: StateDatabase,
) -> None:
    urls = ["http://one.example/a", "https://ONE.example:444/b", "http://two.example/c"]
    search_results = tuple(find(number, url) for number, url in enumerate(urls))
    state_db.add_page(*KEY, Page(search_results, None), 0)
    state_db.rest_host("one.example", 1e12, "busy")
    for url, state in zip(urls, ("failed", "refused", "refused"), strict=True):
        state_db.close_image(url, state, "why")
    assert state_db.retry("one.example") == 2
    assert state_db.resting_hosts(0) == {}
    assert [one.url for one in state_db.waiting(*KEY, 9)] == urls[:2]
    assert state_db.retry("refused") == 1
    assert state_db.retry("failed") == 0
    assert state_db.retry("nobody.example") == 0
    assert count_images(state_db) == {"waiting": 3}


def test_a_host_rests_across_runs_until_its_time_has_come(tmp_path: Path) -> None:
    with StateDatabase(tmp_path / "ledger.sqlite") as state_db:
        state_db.rest_host("one.example", 100.0, "it asked for an hour")
    with StateDatabase(tmp_path / "ledger.sqlite") as state_db:
        assert state_db.resting_hosts(99.0) == {"one.example": (100.0, "it asked for an hour")}
        assert state_db.resting_hosts(100.0) == {}


def test_all_is_there_again_after_closing(tmp_path: Path) -> None:
    with StateDatabase(tmp_path / "ledger.sqlite") as state_db:
        state_db.add_page(*KEY, Page((find(1),), None), 0)
        state_db.add_images([kept("a", 0)], [("http://x/1", "a")], {0: (99, True)})
        state_db.note("permission:html", "mine")
    with StateDatabase(tmp_path / "ledger.sqlite") as again:
        (images,) = read_images(again)
        assert images["sha256"].to_list() == ["a"]
        assert images.select("shard", "offset", "length").rows() == [(0, 512, 7)]
        assert again.shards() == {0: (99, True)}
        assert again.noted("permission:html") == "mine"
        assert again.knows("a")
        assert again.count_all() == 1


def test_others_look_in_while_one_writes_and_see_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "ledger #1?.sqlite"
    with StateDatabase(path) as state_db:
        state_db.add_page(*KEY, Page((find(1), find(2)), None), 0)
        with StateDatabase(path, is_read_only=True) as other:
            state_db.close_image("http://x/1", "refused", "no")
            assert count_images(other) == {"waiting": 2}
        with StateDatabase(path, is_read_only=True) as other:
            assert count_images(other) == {"waiting": 1, "refused": 1}
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                other.note("key", "value")


def test_nothing_is_made_where_nothing_was_collected(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="Nothing has been collected"):
        StateDatabase(tmp_path / "ledger.sqlite", is_read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_ledger_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="is damaged"):
        StateDatabase(tmp_path / "ledger.sqlite")


def test_a_day_has_its_budget(state_db: StateDatabase) -> None:
    for _ in range(3):
        state_db.spend("box", "2026-01-01", 3)
    with pytest.raises(BudgetSpent, match="3 times today"):
        state_db.spend("box", "2026-01-01", 3)
    state_db.spend("box", "2026-01-02", 3)
    state_db.spend("other", "2026-01-01", None)


def test_counting_and_windows_do_not_slow_down_with_the_length_of_a_list(
    state_db: StateDatabase,
) -> None:
    def turn(start: int) -> float:
        began = time.process_time()
        state_db.add_page(
            *KEY, Page(tuple(map(find, range(start, start + 500))), {"row": start}), 0
        )
        for number in range(start, start + 500, 50):
            state_db.waiting(*KEY, 64)
            state_db.count_stored("travel", "beach")
            news = [kept(str(one), one) for one in range(number, number + 50)]
            urls = [(f"http://x/{one}", str(one)) for one in range(number, number + 50)]
            state_db.add_images(news, urls, {0: (number, False)})
            state_db.count_all()
        return time.process_time() - began

    took = [turn(start) for start in range(0, 12_000, 500)]
    assert sum(took[-4:]) < 2.5 * sum(took[2:6]), "quadratic, it would be five times"
    (beach,) = sum_keywords(state_db)
    assert (beach.kept, beach.waiting) == (12_000, 0)
