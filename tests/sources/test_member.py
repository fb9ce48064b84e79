import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixonomy.errors import DataError, StorageError
from pixonomy.sources.damage import Damage
from pixonomy.sources.member import (
    BATCH,
    Member,
    in_batches,
    open_archive,
    spell,
    uri_of,
)
from pixonomy.sources.passed_over import PassedOver


def test_rows_come_in_batches_and_damage_behind_what_it_follows() -> None:
    members = [Member(f"{number}.jpg", number, number, 1) for number in range(2 * BATCH + 1)]
    batches = list(in_batches([*members, Damage(7, "broken")], "a.tar"))
    assert [batch.rows.height for batch in batches] == [BATCH, BATCH, 1]
    assert [batch.damage for batch in batches] == [None, None, Damage(7, "broken")]
    assert batches[2].rows["member"][0] == f"{2 * BATCH}.jpg"


def test_nothing_found_is_one_batch_without_rows_of_the_same_columns() -> None:
    (empty,) = in_batches([], "a.tar")
    (full,) = in_batches([Member("1.jpg", 0, 0, 1)], "a.tar")
    assert empty.rows.height == 0
    assert empty.rows.schema == full.rows.schema
    (damaged,) = in_batches([Damage(0, "broken")], "a.tar")
    assert damaged.rows.height == 0


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1])
def test_what_was_passed_over_is_told_by_the_last_batch(count: int) -> None:
    others = PassedOver()

    def find() -> Iterator[Member]:
        yield from (Member(f"{number}.jpg", number, number, 1) for number in range(count))
        others.add(".txt")
        others.remarks.append("odd")

    *before, last = in_batches(find(), "a.tar", others)
    assert (last.passed_over, last.remarks) == ({".txt": 1}, ("odd",))
    assert all(not one.passed_over and not one.remarks for one in before)
    assert sum(one.rows.height for one in [*before, last]) == count


def test_names_that_are_not_utf_8_stay_different() -> None:
    names = [os.fsdecode(name) for name in (b"caf\xe9", b"caf\xe8", b"caf\x81", b"cafe")]
    assert [spell(name) for name in names] == ["café", "cafè", "caf\\x81", "cafe"]


def test_a_name_that_is_there_twice_is_two_pictures() -> None:
    (batch,) = in_batches([Member("1.jpg", 0, 0, 1), Member("1.jpg", 9, 9, 1)], "a.tar")
    assert batch.rows["image_id"].to_list() == ["a.tar#1.jpg@0", "a.tar#1.jpg@9"]
    assert batch.rows["group_id"].to_list() == ["a.tar#1.jpg@0", "a.tar#1.jpg@9"]


def test_a_problem_leaves_no_range_and_a_group_is_kept() -> None:
    member = Member("1.jpg", 3, None, None, group_id="g", problem="a link")
    row = next(iter(in_batches([member], "a.tar"))).rows.row(0, named=True)
    assert (row["offset"], row["length"], row["group_id"]) == (None, None, "g")
    assert (row["image_id"], row["problem"]) == ("a.tar#1.jpg@3", "a link")


def test_an_archive_has_to_be_a_file_with_something_in_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tar")
    (tmp_path / "empty.tar").touch()
    for name, message in (("pipe.tar", "no regular file"), ("empty.tar", "is empty")):
        with pytest.raises(DataError, match=message), open_archive(tmp_path / name):
            pass
    with pytest.raises(StorageError, match="No such file"), open_archive(tmp_path / "none.tar"):
        pass


def test_archives_below_the_base_have_short_addresses(tmp_path: Path) -> None:
    assert uri_of(tmp_path / "a" / "b.tar", tmp_path) == "a/b.tar"
    assert uri_of(tmp_path / "b.tar", tmp_path / "a") == str(tmp_path / "b.tar")
