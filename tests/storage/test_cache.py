from pathlib import Path

import polars as pl

from pixonomy.storage.cache import keep


def test_a_table_is_made_once_and_again_when_it_is_made_from_something_else(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> pl.DataFrame:
        made.append(1)
        return pl.DataFrame({"n": [len(made)]})

    path = tmp_path / "t.parquet"
    assert keep(path, {"a": (1, 2)}, make)["n"].to_list() == [1]
    assert keep(path, {"a": [1, 2]}, make)["n"].to_list() == [1]
    assert keep(path, {"a": [1, 3]}, make)["n"].to_list() == [2]


def test_a_damaged_table_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 no more")
    assert keep(path, {}, lambda: pl.DataFrame({"n": [7]}))["n"].to_list() == [7]
