import sqlite3
from pathlib import Path

import polars as pl
import pytest

from pixonomy.collecting.lists import KeywordList, ListForm, Row
from pixonomy.errors import DataError

ROWS = pl.DataFrame(
    {
        "url": [f"http://x/{number}" for number in range(10)],
        "keyword": ["Beach", "car", None] * 3 + ["BEACH"],
        "caption": [f"a red-car number {number}, at the sea" for number in range(10)],
        "width": [float(number) for number in range(10)],
    }
)


def form(path: Path, matched: str = "keyword") -> ListForm:
    return ListForm(path, ("url", "width"), matched, matched == "caption")


@pytest.fixture(params=["csv", "parquet"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"list.{request.param}"
    (ROWS.write_csv if request.param == "csv" else ROWS.write_parquet)(path)
    return path


def urls(rows: list[Row]) -> list[int]:
    return [int(str(row["url"]).rpartition("/")[2]) for row in rows]


def test_a_keywords_rows_come_page_by_page_in_their_order(path: Path) -> None:
    listed = KeywordList(form(path))
    rows, following = listed.page("beach", 0, 3)
    assert (urls(rows), following) == ([0, 3, 6], 9)
    rows, following = listed.page("beach", 9, 3)
    assert (urls(rows), following) == ([9], None)
    assert listed.count("bEACH") == 4
    assert listed.page("boat", 0, 3) == ([], None)
    assert listed.count("boat") == 0


def test_all_words_of_a_keyword_stand_in_a_caption(path: Path) -> None:
    listed = KeywordList(form(path, "caption"), ["car 7", "sea (at)"])
    assert urls(listed.page("Car 7", 0, 99)[0]) == [7]
    assert urls(listed.page("at sea", 0, 99)[0]) == list(range(10))
    assert listed.page("num", 0, 99) == ([], None), "no whole word"
    assert listed.page("sea (at)", 0, 99) == ([], None), "no pattern"


def test_sizes_are_whole_numbers_and_what_is_missing_is_null(path: Path) -> None:
    rows, _ = KeywordList(form(path)).page("car", 0, 1)
    assert int(float(str(rows[0]["width"]))) == 1


def test_what_was_read_is_not_read_again_until_the_list_changes(tmp_path: Path) -> None:
    path, store = tmp_path / "list.csv", tmp_path / "store.sqlite"
    ROWS.write_csv(path)
    KeywordList(form(path), store=store).page("beach", 0, 9)
    with sqlite3.connect(store) as database:
        database.execute('UPDATE entries SET cells = \'{"url": "http://x/77"}\'')
    database.close()
    assert urls(KeywordList(form(path), store=store).page("beach", 0, 1)[0]) == [77]
    ROWS.head(5).write_csv(path)
    assert urls(KeywordList(form(path), store=store).page("beach", 0, 9)[0]) == [0, 3]
    store.write_bytes(b"damaged" * 999)
    assert urls(KeywordList(form(path), store=store).page("beach", 0, 9)[0]) == [0, 3]


def test_rows_that_are_torn_or_too_long_are_rows(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        b"url,keyword,width\nhttp://x/1,beach,3,and,more\nhttp://x/2\nhttp://x/3,beach\n"
        b"http://x/\xff4,beach,\n" + b"http://x/" + b"5" * 100_000 + b",beach,1\n"
    )
    rows, _ = KeywordList(form(path)).page("beach", 0, 9)
    assert [len(str(row["url"])) for row in rows] == [10, 10, 11, 10_000]


def test_what_is_no_table_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('url,keyword,width\nhttp://x/1,"be"ach",3\n')
    with pytest.raises(DataError, match=r"list.csv cannot be read as a table: .*'keyword'"):
        KeywordList(form(path)).page("beach", 0, 9)


def test_many_chunks_are_one_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixonomy.collecting.lists._CHUNK", 3)
    path = tmp_path / "list.csv"
    ROWS.write_csv(path)
    listed = KeywordList(form(path))
    assert urls(listed.page("beach", 0, 99)[0]) == [0, 3, 6, 9]
    assert listed.count("beach") == 4
