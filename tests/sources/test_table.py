import os
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.dataset.location import locate
from pixonomy.errors import DataError, SettingError, StorageError
from pixonomy.sources.damage import Indexed
from pixonomy.sources.table import TableColumns, index_table

USUAL = TableColumns()


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"picture")


def index(tmp_path: Path, text: str | bytes, columns: TableColumns = USUAL) -> Indexed:
    """Index a table in a folder with the pictures 1.jpg to 4.jpg."""
    touch(tmp_path, "1.jpg", "2.jpg", "3.jpg", "4.jpg")
    return index_table(write(tmp_path / "t.csv", text), columns, tmp_path)


def labels(indexed: Indexed) -> list[str | None]:
    return indexed.rows["label"].to_list()


def test_columns_are_found_by_their_usual_names(tmp_path: Path) -> None:
    table = write(
        tmp_path / "t.csv", "Image_Path,Category,SPLIT,group_id\nx/1.jpg,cat,Val,g1\n2.jpg,dog,,\n"
    )
    touch(tmp_path, "x/1.jpg", "2.jpg")
    rows = index_table(table, USUAL, tmp_path).rows
    assert rows.select("image_id", "uri", "label", "split", "group_id").rows() == [
        ("x/1.jpg", "x/1.jpg", "cat", "validation", "g1"),
        ("2.jpg", "2.jpg", "dog", None, "2.jpg"),
    ]
    assert rows["problem"].null_count() == 2
    assert set(rows["label_source"]) == {"table"}


def test_csv_tsv_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    content = pl.DataFrame({"file": ["1.jpg", "2.jpg"], "class": ["a", "b"], "colour": ["x", None]})
    touch(tmp_path, "1.jpg", "2.jpg")
    content.write_csv(tmp_path / "t.csv")
    content.write_csv(tmp_path / "t.tsv", separator="\t")
    content.write_parquet(tmp_path / "t.parquet")
    rows = [index_table(tmp_path / f"t.{kind}", USUAL, tmp_path).rows for kind in ("csv", "tsv")]
    for other in rows:
        assert other.equals(index_table(tmp_path / "t.parquet", USUAL, tmp_path).rows)


def test_named_columns_come_before_usual_ones(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "path,where,what,label,set,who\nno,1.jpg,cat,no,test,p1\n")
    columns = TableColumns(path="where", label="what", split="set", group="who")
    touch(tmp_path, "1.jpg")
    row = index_table(table, columns, tmp_path).rows.row(0, named=True)
    assert (row["uri"], row["label"], row["split"], row["group_id"]) == (
        "1.jpg",
        "cat",
        "test",
        "p1",
    )


def test_a_missing_named_column_names_those_at_hand(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"no column 'color'; it has path, colour"):
        index(tmp_path, "path,colour\n1.jpg,red\n", TableColumns(label="color"))


def test_a_table_without_paths_names_its_columns_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"it has where, label.*--path-column"):
        index(tmp_path, "where,label\n1.jpg,cat\n")


def test_a_table_of_addresses_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"addresses \(column 'url'\).*pixonomy collect"):
        index(tmp_path, "url,label\nhttp://x,cat\n")
    with pytest.raises(SettingError, match=r"'path' holds web addresses \('http://x/1.jpg'\)"):
        index(tmp_path, "path,label\nhttp://x/1.jpg,cat\n")
    found = index(tmp_path, "path,label\nhttp://x/1.jpg,cat\n1.jpg,cat\n")
    assert found.rows["problem"].to_list() == ["a web address, not a file", None]


def test_an_unknown_split_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"unknown split 'tset' in column 'split'.*train"):
        index(tmp_path, "path,split\n1.jpg,train\n2.jpg,tset\n")
    with pytest.raises(SettingError, match=r"unknown split '0' in column 'fold'"):
        index(tmp_path, "path,fold\n1.jpg,0\n2.jpg,1\n", TableColumns(split="fold"))


def test_columns_that_only_may_tell_splits_are_told(tmp_path: Path) -> None:
    found = index(tmp_path, "path,label,fold,is_valid\n1.jpg,a,0,False\n2.jpg,b,3,True\n")
    assert found.rows["split"].to_list() == ["train", "validation"]
    assert found.rows["fold"].to_list() == ["0", "3"]
    assert "column 'fold' tells no splits (0, 3)" in found.remarks[0]
    assert "'is_valid' is read as the split: false is train, true is validation" in found.remarks[1]


def test_labels_that_look_like_numbers_stay_as_they_are(tmp_path: Path) -> None:
    text = "path,label\n1.jpg,007\n2.jpg,1e3\n3.jpg,true\n4.jpg, 1 \n"
    assert labels(index(tmp_path, text)) == ["007", "1e3", "true", "1"]


def test_whole_numbers_written_as_floats_are_whole_and_nan_is_no_label(tmp_path: Path) -> None:
    text = "path,label,group\n1.jpg,7.0,1000003437.0\n2.jpg,nan,\n3.jpg,10.0,1000003438.0\n"
    found = index(tmp_path, text)
    assert labels(found) == ["7", None, "10"]
    assert found.rows["group_id"].to_list() == ["1000003437", "2.jpg", "1000003438"]
    assert labels(index(tmp_path, "path,label\n1.jpg,7.0\n2.jpg,7.5\n")) == ["7.0", "7.5"]


def test_words_for_nothing_stay_categories_and_are_told(tmp_path: Path) -> None:
    found = index(tmp_path, "path,label\n1.jpg,cat\n2.jpg,None\n")
    assert labels(found) == ["cat", "None"]
    assert "1 rows have 'None' in column 'label'" in found.remarks[0]


@pytest.mark.parametrize("kind", [pl.Int64, pl.Float64, pl.Float32, pl.Decimal(9, 1), pl.UInt8])
def test_whole_numbers_of_a_parquet_file_become_text(tmp_path: Path, kind: pl.DataType) -> None:
    touch(tmp_path, "1.jpg", "2.jpg")
    content = {"path": ["1.jpg", "2.jpg"], "label": pl.Series([7, None]).cast(kind)}
    pl.DataFrame(content).write_parquet(tmp_path / "t.parquet")
    expected = "7.0" if kind == pl.Decimal else "7"
    assert labels(index_table(tmp_path / "t.parquet", USUAL, tmp_path)) == [expected, None]


def test_typed_columns_become_plain_text(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg", "2.jpg")
    for values, expected in (
        (pl.Series([0.0, float("nan")]), ["0", None]),
        (pl.Series([1e16, 3e16]), ["10000000000000000", "30000000000000000"]),
        (pl.Series([1e22, 0.1]), ["10000000000000000000000", "0.1"]),
        (pl.Series([True, False]), ["true", "false"]),
        (pl.Series(["a ", "b"], dtype=pl.Categorical), ["a", "b"]),
        (pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"])), ["a", "b"]),
        (pl.Series(["2024-01-02", None]).str.to_date(), ["2024-01-02", None]),
    ):
        content = pl.DataFrame({"path": ["1.jpg", "2.jpg"], "label": values})
        content.write_parquet(tmp_path / "t.parquet")
        assert labels(index_table(tmp_path / "t.parquet", USUAL, tmp_path)) == expected


def test_numbers_too_large_to_stay_apart_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg")
    pl.DataFrame({"path": ["1.jpg"], "group": [1e16]}).write_parquet(tmp_path / "t.parquet")
    found = index_table(tmp_path / "t.parquet", TableColumns(label="path"), tmp_path)
    assert found.rows["group_id"].to_list() == ["10000000000000000"]
    assert "'group' holds floats of 9007199254740992 and more" in found.remarks[0]


def test_repeated_paths_are_numbered_and_share_a_group(tmp_path: Path) -> None:
    touch(tmp_path, "a", "b", "a#2")
    rows = index(tmp_path, "path,label\na,x\na,y\nb,x\na,x\na#2,x\n").rows
    assert rows["image_id"].to_list()[:3] == ["a", "a#3", "b"]
    assert rows["image_id"].is_unique().all()
    assert rows["group_id"].to_list() == ["a", "a", "b", "a", "a#2"]


@given(st.lists(st.sampled_from(["a", "a#2", "a#2#2", "a#3", "no file", None]), min_size=1))
@settings(deadline=None, max_examples=60)
def test_ids_are_unique_whatever_the_paths(
    tmp_path_factory: pytest.TempPathFactory, paths: list[str | None]
) -> None:
    folder = tmp_path_factory.mktemp("ids")
    touch(folder, "a", "a#2", "a#2#2", "a#3", "no file")
    table = folder / "ids.parquet"
    pl.DataFrame({"path": pl.Series(paths, dtype=pl.String)}).write_parquet(table)
    rows = index_table(table, USUAL, table.parent).rows
    assert rows["image_id"].is_unique().all()
    assert rows["uri"].to_list() == paths


def test_files_that_are_not_there_are_problems_and_counted(tmp_path: Path) -> None:
    (tmp_path / "5.jpg").mkdir()
    found = index(tmp_path, "path,label\n1.jpg,cat\n9.jpg,cat\n5.jpg,cat\n")
    assert found.rows["problem"].to_list() == [None, "the file is missing", "no regular file"]
    assert found.missing == 1
    assert found.rows["length"].to_list() == [7, None, None]
    assert found.rows["modified_ns"][0] == (tmp_path / "1.jpg").stat().st_mtime_ns


def test_a_table_of_which_no_file_is_there_says_where_it_looked(tmp_path: Path) -> None:
    text = "path,label\npics/9.jpg,cat\npics/8.jpg,dog\n"
    with pytest.raises(
        DataError, match=rf"None of the 2 files .*'pics/9.jpg' .* {tmp_path}/pics/9.jpg.*--root"
    ):
        index(tmp_path, text)


def test_among_columns_of_paths_the_first_that_names_files_counts(tmp_path: Path) -> None:
    found = index(tmp_path, "image,file_name,label\nA cute cat,1.jpg,cat\nA dog,2.jpg,dog\n")
    assert found.rows["uri"].to_list() == ["1.jpg", "2.jpg"]
    assert found.rows["image"].to_list() == ["A cute cat", "A dog"]


def test_a_root_that_is_given_confines(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    touch(tmp_path, "root/1.jpg", "root/in/2.jpg", "out.jpg")
    (tmp_path / "root" / "link.jpg").symlink_to(tmp_path / "out.jpg")
    (tmp_path / "root" / "inner.jpg").symlink_to(tmp_path / "root" / "1.jpg")
    text = f"path\n1.jpg\nin/../../out.jpg\nin/../1.jpg\n{tmp_path}/out.jpg\nlink.jpg\ninner.jpg\n"
    table = write(tmp_path / "t.csv", text)
    rows = index_table(table, TableColumns(root=tmp_path / "root"), tmp_path).rows
    out = "outside --root"
    assert rows["problem"].to_list() == [None, out, None, out, out, None]
    table = write(tmp_path / "root" / "t.csv", text)
    assert index_table(table, USUAL, tmp_path).rows["problem"].null_count() == 6


@pytest.mark.parametrize("is_confined", [False, True])
def test_folders_of_large_tables_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_confined: bool
) -> None:
    monkeypatch.setattr("pixonomy.sources.files_there.MOST_LOOKED_AT", 3)
    touch(tmp_path, "a/1.jpg", "a/2.jpg", "3.jpg")
    (tmp_path / "a" / "link.jpg").symlink_to("/etc/hostname")
    text = "path\na/1.jpg\na/2.jpg\n3.jpg\na/9.jpg\na\na/link.jpg\nA\\1.JPG\n,\n"
    columns = TableColumns(root=tmp_path if is_confined else None)
    found = index_table(write(tmp_path / "t.csv", text), columns, tmp_path)
    link = "outside --root" if is_confined else None
    assert found.rows["problem"].to_list() == [
        None, None, None, "the file is missing", "no regular file", link, None,
    ]  # fmt: skip
    assert found.rows["uri"][6] == "a/1.jpg"
    assert found.rows["length"].null_count() == 7
    assert found.rows["indexed_ns"].null_count() == 0


def test_rows_without_a_path_are_problems(tmp_path: Path) -> None:
    rows = index(tmp_path, "path,label\n1.jpg,cat\n,cat\n,dog\n").rows
    assert rows["problem"].to_list() == [None] + ["the table names no file"] * 2
    assert rows["image_id"].is_unique().all()


def test_empty_labels_are_unknown(tmp_path: Path) -> None:
    found = index(tmp_path, "path,label\n1.jpg,\n2.jpg,  \n3.jpg,cat\n")
    assert labels(found) == [None, None, "cat"]


def test_relative_paths_hang_from_the_table_or_from_the_root(tmp_path: Path) -> None:
    far = tmp_path / "far" / "3.jpg"
    touch(tmp_path, "lists/pictures/1.jpg", "2.jpg", "far/3.jpg", "root/pictures/1.jpg")
    table = write(tmp_path / "lists" / "t.csv", f"path\npictures/1.jpg\n../2.jpg\n{far}\n")
    beside = locate(index_table(table, USUAL, tmp_path).rows, tmp_path)
    assert [Path(str(location.file)).resolve() for location in beside] == [
        tmp_path / "lists" / "pictures" / "1.jpg",
        tmp_path / "2.jpg",
        far,
    ]
    rooted = index_table(table, TableColumns(root=tmp_path / "root"), tmp_path).rows
    assert rooted["uri"][0] == "root/pictures/1.jpg"


def test_other_columns_are_kept_as_text_and_our_own_names_are_not_taken_over(
    tmp_path: Path,
) -> None:
    touch(tmp_path, "1.jpg")
    content = {"path": ["1.jpg"], "price": [9.5], "sha256": ["forged"], "image_id": ["forged"]}
    pl.DataFrame(content).write_parquet(tmp_path / "t.parquet")
    row = index_table(tmp_path / "t.parquet", USUAL, tmp_path).rows.row(0, named=True)
    assert row["price"] == "9.5"
    assert "forged" not in row.values()


def test_lists_and_bytes_beside_the_paths_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg")
    content = {"path": ["1.jpg"], "vector": [[0.5]], "raw": [b"\xff"], "info": [{"a": 1}]}
    pl.DataFrame(content).write_parquet(tmp_path / "t.parquet")
    assert not {"vector", "raw", "info"} & set(
        index_table(tmp_path / "t.parquet", USUAL, tmp_path).rows.columns
    )


def test_pictures_inside_the_table_are_rows_of_it(tmp_path: Path) -> None:
    content = {"image": [{"bytes": b"abc", "path": None}], "label": ["cat"]}
    pl.DataFrame(content).write_parquet(tmp_path / "t.parquet")
    row = index_table(tmp_path / "t.parquet", USUAL, tmp_path).rows.row(0, named=True)
    assert (row["uri"], row["member"], row["length"]) == ("t.parquet", "0", 3)
    pl.DataFrame(content).clear().write_parquet(tmp_path / "t.parquet")
    assert index_table(tmp_path / "t.parquet", USUAL, tmp_path).rows.height == 0


def test_lists_as_labels_are_refused_by_name(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg")
    pl.DataFrame({"path": ["1.jpg"], "label": [["cat"]]}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(SettingError, match="in column 'label', not plain text"):
        index_table(tmp_path / "t.parquet", USUAL, tmp_path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("rows", [200_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_million_rows_take_seconds(tmp_path: Path, kind: str, rows: int) -> None:
    numbers = pl.int_range(rows, eager=True).cast(pl.String)
    content = pl.DataFrame(
        {"path": "pictures/" + numbers + ".jpg", "label": numbers.str.slice(-2), "group": numbers}
    )
    touch(tmp_path, f"pictures/{rows - 1}.jpg")
    getattr(content, f"write_{kind}")(tmp_path / f"t.{kind}")
    began = time.process_time()
    found = index_table(tmp_path / f"t.{kind}", USUAL, tmp_path)
    assert time.process_time() - began < 20 * rows / 1_000_000
    assert found.rows["uri"][rows - 1] == f"pictures/{rows - 1}.jpg"
    assert found.missing == rows - 1


def test_accents_of_windows_1252_stay_apart_and_the_encoding_is_told(tmp_path: Path) -> None:
    text = "path,label\r\n1.jpg,p\xe2t\xe9\r\n2.jpg,p\xeat\xe8\r\n"
    found = index(tmp_path, text.encode("cp1252"))
    assert labels(found) == ["p\xe2t\xe9", "p\xeat\xe8"]
    assert "read as Windows-1252 ('p\xe2t\xe9')" in found.remarks[0]


def test_a_table_whose_name_is_not_utf_8_is_read(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg")
    table = write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.csv")), "path\n1.jpg\n")
    assert index_table(table, USUAL, tmp_path).rows.height == 1


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
    touch(tmp_path, "1.jpg")
    with pytest.raises(DataError, match="cannot be read as a table") as caught:
        index_table(write(tmp_path / name, content), USUAL, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_table_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        index_table(tmp_path / "none.csv", USUAL, tmp_path)


def test_categories_with_a_column_each_are_read(tmp_path: Path) -> None:
    found = index(tmp_path, "filename, cat, big dog\n1.jpg, 1, 0\n2.jpg, 0, 1\n3.jpg, 0, 0\n")
    assert labels(found) == ["cat", "big dog", None]
    assert "cat" not in found.rows.columns
    with pytest.raises(DataError, match=r"line 3: several categories .*\(cat, dog; 1 such rows\)"):
        index(tmp_path, "filename,cat,dog\n1.jpg,1,0\n2.jpg,1,1\n")


@pytest.mark.parametrize(
    ("label", "others"),
    [("cat|dog", "cat\n3.jpg,dog"), ("cat;dog", "cat\n3.jpg,dog"), ("\"['cat', 'dog']\"", "cat")],
)
def test_several_labels_in_a_cell_are_refused(tmp_path: Path, label: str, others: str) -> None:
    with pytest.raises(DataError, match=r"t\.csv, line 2: column 'label' holds several labels"):
        index(tmp_path, f"path,label\n1.jpg,{label}\n2.jpg,{others}\n")


def test_separators_in_ordinary_names_and_lists_of_one_label_are_no_harm(tmp_path: Path) -> None:
    text = 'path,label\n1.jpg,"Wine, red"\n2.jpg,a|b\n3.jpg,[cat]\n4.jpg,"[""cat""]"\n'
    assert labels(index(tmp_path, text)) == ["Wine, red", "a|b", "cat", "cat"]
    found = index(tmp_path, 'path,label\n1.jpg,"cat,dog"\n2.jpg,cat\n3.jpg,dog\n')
    assert "may be several, such as 'cat,dog'" in found.remarks[0]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("1.jpg;2.jpg", "several pictures"),
        ("\"['1.jpg', '2.jpg']\"", "several pictures"),
        ("data:image/png;base64", "a picture itself"),
        ("/9j/" + "A" * 100, "a picture itself"),
        ("QUJD" * 300, "a picture itself"),
    ],
)
def test_several_pictures_or_bytes_in_a_cell_are_refused(
    tmp_path: Path, cell: str, what: str
) -> None:
    with pytest.raises(DataError, match=rf"line 3: column 'path' holds {what}"):
        index(tmp_path, f"path,label\n1.jpg,cat\n{cell},cat\n")


def test_a_table_without_labels_names_its_columns(tmp_path: Path) -> None:
    found = index(tmp_path, "path,colour\n1.jpg,red\n")
    assert found.rows["label"].to_list() == [None]
    assert "no column of categories (it has 'path', 'colour'); `--label-column`" in found.remarks[0]


def test_two_columns_that_may_be_labels_are_told(tmp_path: Path) -> None:
    found = index(tmp_path, "path,label,class_name\n1.jpg,1,cat\n")
    assert labels(found) == ["1"]
    assert "column 'label' is taken as the label, not 'class_name'" in found.remarks[0]


def test_json_lines_are_read(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg", "2.jpg")
    lines = '{"file_name": "1.jpg", "label": 7.0}\n\n{"file_name": "2.jpg", "label": null}\n'
    found = index_table(write(tmp_path / "t.jsonl", lines), USUAL, tmp_path)
    assert labels(found) == ["7", None]


def test_a_list_of_pictures_and_numbers_is_read(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg", "a/2.jpg")
    found = index_table(write(tmp_path / "t.txt", "a/1.jpg 0\na/2.jpg 1\n"), USUAL, tmp_path)
    assert found.rows.select("uri", "label").rows() == [("a/1.jpg", "0"), ("a/2.jpg", "1")]
    assert "has no header" in found.remarks[0]


def test_a_picture_with_two_labels_is_told(tmp_path: Path) -> None:
    text = "path,label\n1.jpg,cat\n2.jpg,dog\n1.jpg,dog\n2.jpg,dog\n./2.jpg,\n"
    found = index(tmp_path, text)
    assert (
        "1 pictures have rows with different labels, such as '1.jpg' (cat, dog)" in found.remarks[0]
    )


@pytest.mark.parametrize("name", ["t.xlsx", "t.XLS", "t.json", "t.csv.gz"])
def test_tables_of_other_kinds_name_the_way_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingError, match=r"are not read; (save|write|unpack)"):
        index_table(write(tmp_path / name, b"x"), USUAL, tmp_path)
