import os
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.errors import DataError, SettingError, StorageError
from pixonomy.locate import locate
from pixonomy.sources.table import TableColumns, index_table

USUAL = TableColumns()


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_columns_are_found_by_their_usual_names(tmp_path: Path) -> None:
    table = write(
        tmp_path / "t.csv", "Image_Path,Category,SPLIT,group_id\nx/1.jpg,cat,Val,g1\n2.jpg,dog,,\n"
    )
    rows = index_table(table, USUAL, tmp_path)
    assert rows.select("image_id", "uri", "label", "split", "group_id").rows() == [
        ("x/1.jpg", "x/1.jpg", "cat", "validation", "g1"),
        ("2.jpg", "2.jpg", "dog", None, "2.jpg"),
    ]
    assert rows["problem"].null_count() == 2
    assert set(rows["label_source"]) == {"table"}


def test_csv_tsv_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    content = pl.DataFrame({"file": ["1.jpg", "2.jpg"], "class": ["a", "b"], "colour": ["x", None]})
    content.write_csv(tmp_path / "t.csv")
    content.write_csv(tmp_path / "t.tsv", separator="\t")
    content.write_parquet(tmp_path / "t.parquet")
    rows = [index_table(tmp_path / f"t.{kind}", USUAL, tmp_path) for kind in ("csv", "tsv")]
    for other in rows:
        assert other.equals(index_table(tmp_path / "t.parquet", USUAL, tmp_path))


def test_named_columns_come_before_usual_ones(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "path,where,what,label,set,who\nno,1.jpg,cat,no,test,p1\n")
    columns = TableColumns(path="where", label="what", split="set", group="who")
    row = index_table(table, columns, tmp_path).row(0, named=True)
    assert (row["uri"], row["label"], row["split"], row["group_id"]) == (
        "1.jpg",
        "cat",
        "test",
        "p1",
    )


def test_a_missing_named_column_names_those_at_hand(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "path,colour\n1.jpg,red\n")
    with pytest.raises(SettingError, match=r"no column 'color'; it has path, colour"):
        index_table(table, TableColumns(label="color"), tmp_path)


def test_a_table_without_paths_names_its_columns_and_the_way_out(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "url,label\nhttp://x,cat\n")
    with pytest.raises(SettingError, match=r"it has url, label.*--path-column"):
        index_table(table, USUAL, tmp_path)


def test_an_unknown_split_names_the_known_ones(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "path,split\n1.jpg,train\n2.jpg,holdout\n")
    with pytest.raises(SettingError, match=r"unknown split 'holdout' in column 'split'.*train"):
        index_table(table, USUAL, tmp_path)


def test_labels_that_look_like_numbers_stay_as_they_are(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "path,label\n1.jpg,007\n2.jpg,1e3\n3.jpg,true\n4.jpg, 1 \n")
    assert index_table(table, USUAL, tmp_path)["label"].to_list() == ["007", "1e3", "true", "1"]


def test_whole_numbers_of_a_parquet_file_become_text(tmp_path: Path) -> None:
    pl.DataFrame({"path": ["1.jpg"], "label": [7]}).write_parquet(tmp_path / "t.parquet")
    assert index_table(tmp_path / "t.parquet", USUAL, tmp_path)["label"].to_list() == ["7"]


def test_repeated_paths_are_numbered_and_share_a_group(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "path,label\na,x\na,y\nb,x\na,x\na#2,x\n")
    rows = index_table(table, USUAL, tmp_path)
    assert rows["image_id"].to_list()[:3] == ["a", "a#3", "b"]
    assert rows["image_id"].is_unique().all()
    assert rows["group_id"].to_list() == ["a", "a", "b", "a", "a#2"]


@given(st.lists(st.sampled_from(["a", "a#2", "a#2#2", "a#3", "no file", None]), min_size=1))
@settings(deadline=None, max_examples=60)
def test_ids_are_unique_whatever_the_paths(
    tmp_path_factory: pytest.TempPathFactory, paths: list[str | None]
) -> None:
    table = tmp_path_factory.getbasetemp() / "ids.parquet"
    pl.DataFrame({"path": pl.Series(paths, dtype=pl.String)}).write_parquet(table)
    rows = index_table(table, USUAL, table.parent)
    assert rows["image_id"].is_unique().all()
    assert rows["uri"].to_list() == paths


def test_rows_without_a_path_are_problems(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "path,label\n1.jpg,cat\n,cat\n,dog\n")
    rows = index_table(table, USUAL, tmp_path)
    assert rows["problem"].to_list() == [None] + ["the table names no file"] * 2
    assert rows["image_id"].is_unique().all()


def test_empty_labels_are_unknown(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "path,label\n1.jpg,\n2.jpg,  \n3.jpg,cat\n")
    assert index_table(table, USUAL, tmp_path)["label"].to_list() == [None, None, "cat"]


def test_relative_paths_hang_from_the_table_or_from_the_root(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    table = write(tmp_path / "lists" / "t.csv", "path\npictures/1.jpg\n../2.jpg\n/far/3.jpg\n")
    beside = locate(index_table(table, USUAL, tmp_path).pipe(with_range), tmp_path)
    assert [Path(location.file).resolve() for location in beside] == [
        tmp_path / "lists" / "pictures" / "1.jpg",
        tmp_path / "2.jpg",
        Path("/far/3.jpg"),
    ]
    rooted = index_table(table, TableColumns(root=tmp_path / "root"), tmp_path)
    assert rooted["uri"][0] == "root/pictures/1.jpg"


def with_range(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.lit(None, pl.Int64).alias("length"))


def test_other_columns_are_kept_as_text_and_our_own_names_are_not_taken_over(
    tmp_path: Path,
) -> None:
    content = {"path": ["1.jpg"], "price": [9.5], "sha256": ["forged"], "image_id": ["forged"]}
    pl.DataFrame(content).write_parquet(tmp_path / "t.parquet")
    row = index_table(tmp_path / "t.parquet", USUAL, tmp_path).row(0, named=True)
    assert row["price"] == "9.5"
    assert "forged" not in row.values()


def test_lists_and_bytes_beside_the_paths_are_left_out(tmp_path: Path) -> None:
    content = {"path": ["1.jpg"], "vector": [[0.5]], "raw": [b"\xff"], "info": [{"a": 1}]}
    pl.DataFrame(content).write_parquet(tmp_path / "t.parquet")
    assert not {"vector", "raw", "info"} & set(
        index_table(tmp_path / "t.parquet", USUAL, tmp_path).columns
    )


def test_pictures_inside_the_table_are_rows_of_it(tmp_path: Path) -> None:
    content = {"image": [{"bytes": b"abc", "path": None}], "label": ["cat"]}
    pl.DataFrame(content).write_parquet(tmp_path / "t.parquet")
    row = index_table(tmp_path / "t.parquet", USUAL, tmp_path).row(0, named=True)
    assert (row["uri"], row["member"], row["length"]) == ("t.parquet", "0", 3)
    pl.DataFrame(content).clear().write_parquet(tmp_path / "t.parquet")
    assert index_table(tmp_path / "t.parquet", USUAL, tmp_path).height == 0


def test_lists_as_labels_are_refused_by_name(tmp_path: Path) -> None:
    pl.DataFrame({"path": ["1.jpg"], "label": [["cat"]]}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(SettingError, match="in column 'label', not plain text"):
        index_table(tmp_path / "t.parquet", USUAL, tmp_path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_million_rows_take_seconds(tmp_path: Path, kind: str) -> None:
    numbers = pl.int_range(1_000_000, eager=True).cast(pl.String)
    content = pl.DataFrame(
        {"path": "pictures/" + numbers + ".jpg", "label": numbers.str.slice(-2), "group": numbers}
    )
    getattr(content, f"write_{kind}")(tmp_path / f"t.{kind}")
    began = time.process_time()
    rows = index_table(tmp_path / f"t.{kind}", USUAL, tmp_path)
    assert time.process_time() - began < 20
    assert rows["uri"][999_999] == "pictures/999999.jpg"


def test_a_mark_of_a_spreadsheet_and_bytes_that_are_not_utf_8_do_no_harm(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", b"\xef\xbb\xbfpath,label\r\n1.jpg,caf\xe9\r\n")
    row = index_table(table, USUAL, tmp_path).row(0, named=True)
    assert (row["uri"], row["label"]) == ("1.jpg", "caf\N{REPLACEMENT CHARACTER}")


def test_a_table_whose_name_is_not_utf_8_is_read(tmp_path: Path) -> None:
    table = write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.csv")), "path\n1.jpg\n")
    assert index_table(table, USUAL, tmp_path).height == 1


@pytest.mark.parametrize("text", ["", "path,label\n"])
def test_an_empty_table_is_a_data_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"No pictures found.*t\.csv"):
        index_table(write(tmp_path / "t.csv", text), USUAL, tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [("t.csv", b"path,label\n1.jpg,a\n2.jpg,b,c,d\n"), ("t.parquet", b"no Parquet at all")],
)
def test_a_damaged_table_is_a_data_error_in_one_line(
    tmp_path: Path, name: str, content: bytes
) -> None:
    with pytest.raises(DataError, match="cannot be read as a table") as caught:
        index_table(write(tmp_path / name, content), USUAL, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_table_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        index_table(tmp_path / "none.csv", USUAL, tmp_path)
