"""Parts become one table; a run that was killed goes on behind its last whole part."""

import os
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from pixonomy.errors import StorageError
from pixonomy.storage.checkpoints import Checkpoints, remove_checkpoints
from pixonomy.storage.tables import read_parquet

PLAN = {"stage": "test", "sizes": (50, 100), "nested": {"a": None}}


def rows(*numbers: int) -> pl.DataFrame:
    return pl.DataFrame({"number": numbers}, schema={"number": pl.Int64})


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "new" / "table.parquet"


def test_parts_become_one_table_in_their_order(output: Path) -> None:
    parts = Checkpoints[Mapping[str, object]](output, PLAN)
    for number in range(12):
        parts.add(rows(number, 100 - number), {})
    parts.assemble({"about": "all"})
    expected = [one for number in range(12) for one in (number, 100 - number)]
    assert read_parquet(output)["number"].to_list() == expected
    assert pl.read_parquet_metadata(output)["about"] == "all"
    assert list(output.parent.iterdir()) == [output]


def test_what_was_said_of_each_part_is_known_to_the_next_run(output: Path) -> None:
    parts = Checkpoints[Mapping[str, object]](output, PLAN)
    assert parts.done == []
    parts.add(rows(1), {"end": 10, "damage": [{"offset": 3}]})
    parts.add(rows(), {"end": 20, "damage": []})
    again = Checkpoints[Mapping[str, object]](output, PLAN)
    assert (
        again.done
        == parts.done
        == [
            {"end": 10, "damage": [{"offset": 3}]},
            {"end": 20, "damage": []},
        ]
    )
    assert again.paths == parts.paths
    again.add(rows(2), {"end": 30})
    again.assemble({})
    assert read_parquet(output)["number"].to_list() == [1, 2]


def test_the_last_part_is_held_and_written_with_the_whole_or_before_the_next(output: Path) -> None:
    parts = Checkpoints[Mapping[str, object]](output, PLAN)
    parts.set_pending(rows(1), {"end": 1})
    assert parts.paths == []
    parts.set_pending(rows(2), {"end": 2})
    parts.add(rows(3), {"end": 3})
    assert len(parts.paths) == 3
    parts.set_pending(rows(4), {"end": 4})
    assert [one["end"] for one in parts.done] == [1, 2, 3, 4]
    assert [one["end"] for one in Checkpoints[Mapping[str, object]](output, PLAN).done] == [1, 2, 3]
    assert [part["number"].to_list() for part in parts.read(["number"])] == [[1], [2], [3], [4]]
    parts.assemble({})
    assert read_parquet(output)["number"].to_list() == [1, 2, 3, 4]


def test_parts_of_another_plan_are_removed(output: Path) -> None:
    Checkpoints[Mapping[str, object]](output, PLAN).add(rows(1), {})
    assert Checkpoints[Mapping[str, object]](output, {**PLAN, "stage": "other"}).done == []
    assert Checkpoints[Mapping[str, object]](output, PLAN).done == []


def test_half_a_part_is_none(output: Path) -> None:
    parts = Checkpoints[Mapping[str, object]](output, PLAN)
    parts.add(rows(1), {})
    left = parts.paths[0].with_name(".part-00001.parquet.partial-999999999")
    left.write_bytes(parts.paths[0].read_bytes()[:-20])
    again = Checkpoints[Mapping[str, object]](output, PLAN)
    assert len(again.done) == 1
    again.add(rows(2), {})
    again.assemble({})
    assert not left.exists()
    assert read_parquet(output).rows() == [(1,), (2,)]


def test_columns_that_only_some_parts_have_are_in_the_table(output: Path) -> None:
    parts = Checkpoints[Mapping[str, object]](output, PLAN)
    parts.add(rows(1), {})
    parts.add(rows(2).with_columns(colour=pl.lit("red")), {})
    parts.add(pl.DataFrame({"number": [None]}), {})
    parts.assemble({})
    table = read_parquet(output)
    assert table.rows() == [(1, None), (2, "red"), (None, None)]
    assert table.schema["number"] == pl.Int64


def test_names_that_are_not_utf_8_do(tmp_path: Path) -> None:
    output = tmp_path / os.fsdecode(b"caf\xe9") / os.fsdecode(b"t\xe9.parquet")
    parts = Checkpoints[Mapping[str, object]](output, PLAN)
    parts.add(rows(1), {})
    assert len(Checkpoints[Mapping[str, object]](output, PLAN).done) == 1
    parts.assemble({})
    assert read_parquet(output).rows() == [(1,)]


def test_a_full_disk_keeps_the_parts_and_the_next_run_goes_on(small_disk: Path) -> None:
    output = small_disk / "table.parquet"
    parts = Checkpoints[Mapping[str, object]](output, PLAN)
    parts.add(rows(1), {})
    filler = small_disk / "filler"
    filler.write_bytes(bytes(50_000))
    noise = pl.DataFrame(
        {"number": pl.int_range(8_000, eager=True).hash().cast(pl.Int64, strict=False)}
    )
    with pytest.raises(StorageError, match="The disk is full"):
        parts.add(noise, {})
    filler.unlink()
    again = Checkpoints[Mapping[str, object]](output, PLAN)
    assert len(again.done) == 1
    again.add(rows(2), {})
    again.assemble({})
    assert read_parquet(output).rows() == [(1,), (2,)]


def test_what_is_left_beside_a_finished_output_can_be_removed(output: Path) -> None:
    Checkpoints[Mapping[str, object]](output, PLAN).add(rows(1), {})
    remove_checkpoints(output)
    remove_checkpoints(output)
    assert list(output.parent.iterdir()) == []
