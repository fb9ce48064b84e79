from pathlib import Path

import pytest

from pixonomy.collecting.finds import BudgetSpent, Find, Page
from pixonomy.collecting.ledger import Ledger
from pixonomy.collecting.notes import Kept
from pixonomy.errors import SettingError, StorageError

KEY = ("box", "travel", "beach")


def find(number: int, url: str = "") -> Find:
    return Find(str(number), url or f"http://x/{number}", title="<é>", width=3)


def kept(sha256: str, number: int) -> Kept:
    return Kept(sha256, number, 0, 512, 7, "ffee", 40, 30, "jpg", 1.5)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def test_a_search_goes_on_where_it_was(ledger: Ledger) -> None:
    assert ledger.search(*KEY).next is None
    assert ledger.add_page(*KEY, Page((find(1), find(2)), {"page": 2}, 40), 5.0) == 2
    search = ledger.search(*KEY)
    assert (search.next, search.is_over, search.total) == ({"page": 2}, False, 40)
    assert ledger.add_page(*KEY, Page((find(2), find(3)), None), 6.0) == 1
    assert ledger.search(*KEY).is_over
    ledger.begin_again(*KEY)
    assert not ledger.search(*KEY).is_over


def test_pictures_wait_in_the_order_of_finding_until_they_are_kept_or_refused(
    ledger: Ledger,
) -> None:
    ledger.add_page(*KEY, Page(tuple(find(number) for number in range(5)), None), 0)
    assert [one.find for one in ledger.waiting(*KEY, 2)] == [find(0), find(1)]
    ledger.add_pictures([kept("a", 0)], [("http://x/0", "a"), ("http://x/1", "a")], {0: (9, False)})
    ledger.close_image("http://x/2", "refused", "too small")
    ledger.close_image("http://x/3", "failed", "busy")
    assert [one.url for one in ledger.waiting(*KEY, 9)] == ["http://x/4"]
    assert ledger.count_kept("travel", "beach") == 1
    assert ledger.reasons() == {"busy": 1, "too small": 1}
    assert ledger.count_images() == {"kept": 2, "refused": 1, "failed": 1, "waiting": 1}
    ledger.try_again(2)
    assert [one.url for one in ledger.waiting(*KEY, 9)] == ["http://x/3", "http://x/4"]
    ledger.close_image("http://x/3", "failed", "busy")
    ledger.try_again(2)
    assert [one.url for one in ledger.waiting(*KEY, 9)] == ["http://x/4"]


def test_a_picture_of_two_searches_waits_in_both_and_is_kept_for_both(ledger: Ledger) -> None:
    other = ("box", "home", "sand")
    for key in (KEY, other):
        ledger.add_page(*key, Page((find(1, "http://x/same"),), None), 0)
    assert ledger.waiting(*other, 9)
    ledger.add_pictures([kept("a", 0)], [("http://x/same", "a")], {0: (9, False)})
    assert not ledger.waiting(*other, 9)
    assert ledger.count_kept("home", "sand") == ledger.count_kept("travel", "beach") == 1
    assert [(one["category"], one["sha256"]) for one in ledger.sightings()] == [
        ("travel", "a"),
        ("home", "a"),
    ]


def test_all_is_there_again_after_closing(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.add_page(*KEY, Page((find(1),), None), 0)
        ledger.add_pictures([kept("a", 0)], [("http://x/1", "a")], {0: (99, True)})
        ledger.note("permission:html", "mine")
    with Ledger(tmp_path / "ledger.sqlite") as again:
        assert list(again.pictures()) == [kept("a", 0)]
        assert again.shards() == {0: (99, True)}
        assert again.noted("permission:html") == "mine"
        assert again.knows("a")
        assert again.count_pictures() == 1


def test_two_processes_do_not_use_one_ledger(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite"), pytest.raises(SettingError, match="is at work"):
        Ledger(tmp_path / "ledger.sqlite")


def test_a_damaged_ledger_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="is damaged"):
        Ledger(tmp_path / "ledger.sqlite")


def test_a_day_has_its_budget(ledger: Ledger) -> None:
    for _ in range(3):
        ledger.spend("box", "2026-01-01", 3)
    with pytest.raises(BudgetSpent, match="3 times today"):
        ledger.spend("box", "2026-01-01", 3)
    ledger.spend("box", "2026-01-02", 3)
    ledger.spend("other", "2026-01-01", None)
