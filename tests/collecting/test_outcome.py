from pathlib import Path

import polars as pl
import pytest

from pixonomy.collecting.outcome import (
    SIGHTING_COLUMNS,
    Form,
    stream_images,
    stream_occurrences,
)
from pixonomy.collecting.outcome_counts import OutcomeCounts
from pixonomy.collecting.search_results import Page, SearchResult
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.stored_rows import StoredImage


@pytest.fixture
def state_db(tmp_path: Path) -> StateDatabase:
    return StateDatabase(tmp_path / "ledger.sqlite")


def keep(state_db: StateDatabase, images: list[tuple[str, str, str, int, int]]) -> pl.DataFrame:
    """Note pictures of (category, SHA-256, perceptual hash, width, height); return the rows."""
    for number, (category, sha256, seen, width, height) in enumerate(images):
        url = f"http://x/{number}"
        hit = SearchResult(str(number), url, title=f"t{number}", license="CC0")
        state_db.add_page("box", category, f"word of {category}", Page((hit,), {"page": 2}), 60.0)
        kept = [StoredImage(sha256, number, number // 2, 512, 9, seen, width, height, "jpg", 90.5)]
        state_db.add_images(kept, [(url, sha256)], {number // 2: (1024, False)})
    return rows_of(state_db)


def rows_of(state_db: StateDatabase, *licenses: str) -> pl.DataFrame:
    return pl.concat(stream_images(state_db, Form("shards", by_hash, frozenset(licenses))))


def by_hash(rows: pl.DataFrame) -> pl.Series:
    """Take pictures of one perceptual hash and width for copies, where the pixels would tell."""
    return rows.select(
        pl.when(pl.struct("perceptual_hash", pl.col("width") > 85).is_duplicated()).then(
            "perceptual_hash"
        )
    ).to_series()


def test_a_row_tells_where_the_bytes_lie_and_where_they_are_from(state_db: StateDatabase) -> None:
    rows = keep(state_db, [("a", "1" * 64, "00", 40, 30), ("a", "2" * 64, "ff", 40, 30)])
    first = rows.row(0, named=True)
    assert (first["image_id"], first["uri"]) == ("1" * 20, "shards/pictures-00000.tar")
    assert (first["offset"], first["length"], first["label"]) == (512, 9, "a")
    assert (first["keyword"], first["provider"]) == ("word of a", "box")
    assert (first["license"], first["fetched_at"]) == ("CC0", "1970-01-01T00:01:30Z")
    assert rows["problem"].null_count() == 2
    assert rows["duplicate_group"].null_count() == 2
    (sightings,) = stream_occurrences(state_db)
    assert sightings.columns == list(SIGHTING_COLUMNS)
    assert sightings["license_id"].to_list() == ["CC0-1.0"] * 2


def test_of_copies_the_largest_stays_and_what_is_not_proved_is_no_copy(
    state_db: StateDatabase,
) -> None:
    rows = keep(
        state_db,
        [
            ("a", "1" * 64, "ee", 40, 30),
            ("a", "2" * 64, "ee", 80, 60),
            ("a", "3" * 64, "ee", 90, 30),
        ],
    )
    assert rows["problem"].to_list() == ["duplicate of " + "2" * 20, None, None]
    groups = rows["duplicate_group"].to_list()
    assert groups[0] == groups[1] is not None
    assert groups[2] is None


def test_a_copy_in_another_category_makes_all_of_them_leaks(state_db: StateDatabase) -> None:
    rows = keep(state_db, [("a", "1" * 64, "ee", 40, 30), ("b", "2" * 64, "ee", 80, 60)])
    assert set(rows["problem"]) == {"found in several categories: a, b"}


def test_nothing_collected_is_a_table_without_rows(state_db: StateDatabase) -> None:
    rows = rows_of(state_db)
    assert rows.height == 0
    assert {"image_id", "label", "problem", "duplicate_group"} <= set(rows.columns)


def test_very_many_pictures_are_gathered_part_by_part(
    state_db: StateDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixonomy.collecting.records._CHUNK", 2)
    rows = keep(state_db, [("a", f"{k}" * 64, f"0{k}", 40, 30) for k in range(5)])
    assert rows["image_id"].to_list() == [f"{k}" * 20 for k in range(5)]


def test_what_was_found_for_two_keywords_of_one_category_is_no_leak(
    state_db: StateDatabase,
) -> None:
    keep(state_db, [("a", "1" * 64, "00", 40, 30)])
    again = SearchResult("9", "http://x/0")
    state_db.add_page("box", "a", "other word", Page((again,), None), 60.0)
    assert rows_of(state_db)["problem"].to_list() == [None]
    state_db.add_page("box", "b", "word of b", Page((again,), None), 60.0)
    assert rows_of(state_db)["problem"].to_list() == ["found in several categories: a, b"]


def test_a_picture_bears_the_keyword_that_found_it_first_whichever_was_fetched_first(
    state_db: StateDatabase,
) -> None:
    for keyword, number in (("first", 0), ("second", 1)):
        hit = SearchResult(str(number), f"http://x/{number}")
        state_db.add_page("box", "a", keyword, Page((hit,), None), 0)
    kept = StoredImage("1" * 64, 0, 0, 512, 9, "00", 40, 30, "jpg", 90.5)
    state_db.add_images([kept], [("http://x/1", "1" * 64)], {0: (1024, False)})
    assert rows_of(state_db)["keyword"].to_list() == ["second"]
    state_db.add_images([], [("http://x/0", "1" * 64)], {})
    assert rows_of(state_db)["keyword"].to_list() == ["first"]


def test_a_licence_that_is_not_asked_for_is_a_problem_and_no_best_copy(
    state_db: StateDatabase,
) -> None:
    licenses = ["CC BY 4.0", "CC0", ""]
    for number, license in enumerate(licenses):
        hit = SearchResult(str(number), f"http://x/{number}", license=license)
        state_db.add_page("box", "a", "word", Page((hit,), {"page": 2}), 0)
        side = 80 - number
        kept = StoredImage(f"{number}" * 64, number, 0, 512, 9, "ee", side, side, "jpg", 90.5)
        state_db.add_images([kept], [(hit.image_url, kept.sha256)], {0: (1024, False)})
    rows = rows_of(state_db, "CC0-1.0")
    assert rows["license_id"].to_list() == ["CC-BY-4.0", "CC0-1.0", None]
    assert rows["problem"].to_list() == [
        "duplicate of " + "1" * 20,
        None,
        "duplicate of " + "1" * 20,
    ]
    assert rows_of(state_db)["problem"].to_list()[0] is None, "without a policy the largest is best"


def test_rows_that_go_by_are_counted_by_keyword_provider_and_licence(
    state_db: StateDatabase,
) -> None:
    keep(state_db, [("a", "1" * 64, "ee", 40, 30), ("b", "2" * 64, "ee", 80, 60)])
    outcome_counts = OutcomeCounts()
    list(outcome_counts.watch(stream_images(state_db, Form("shards", by_hash))))
    assert (outcome_counts.rows, outcome_counts.usable, outcome_counts.odd) == (2, 0, [0, 1])
    assert outcome_counts.reasons() == {"found in several categories: a, b": 2}
    assert outcome_counts.licenses() == {"CC0-1.0": 2}
    assert outcome_counts.of_keywords("provider") == {
        ("a", "word of a"): {"box": 1},
        ("b", "word of b"): {"box": 1},
    }
