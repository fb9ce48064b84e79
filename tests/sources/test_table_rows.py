from pathlib import Path

import polars as pl
import pytest

from pixonomy.errors import DataError, SettingError
from pixonomy.sources.columns import TableColumns
from pixonomy.sources.table_rows import is_table, read_rows, refuse_lines, refuse_other_table

USUAL = TableColumns()


def test_rows_say_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path;label\n\n1.jpg;cat\n;\n2.jpg;dog\n")
    read = read_rows(tmp_path / "t.csv", USUAL)
    assert [read.place_of(row) for row in range(2)] == ["line 3", "line 5"]
    read.rows.write_parquet(tmp_path / "t.parquet")
    read = read_rows(tmp_path / "t.parquet", USUAL)
    assert [read.place_of(row) for row in range(2)] == ["row 1", "row 2"]


def test_a_named_column_helps_to_find_the_delimiter(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("where;what, so\na,b;1\n")
    read = read_rows(tmp_path / "t.csv", TableColumns(path="where"))
    assert read.rows.columns == ["where", "what, so"]


def test_line_ends_in_a_cell_are_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('path,label\n1.jpg,"a\nb"\n')
    read = read_rows(tmp_path / "t.csv", USUAL)
    with pytest.raises(DataError, match="line 2: column 'label' runs over several lines"):
        refuse_lines(read.rows["label"], "label", read)


def test_types_of_lists_and_bytes_are_known_though_they_are_left_out(tmp_path: Path) -> None:
    pl.DataFrame({"path": ["1"], "raw": [b"1"]}).write_parquet(tmp_path / "t.parquet")
    read = read_rows(tmp_path / "t.parquet", USUAL)
    assert (list(read.types), read.rows.columns) == (["path", "raw"], ["path"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a/1.jpg 0\na/2.jpg 1\n", True), ("a/1.jpg\n", True), ("path\tlabel\n1.jpg\tcat\n", True),
        ("My notes on pictures\n", False), ("", False), ("cat dog\nbird fish\n", False),
        ("a\0b", False),
    ],
)  # fmt: skip
def test_a_text_is_a_table_if_its_first_line_says_so(
    tmp_path: Path, text: str, expected: bool
) -> None:
    (tmp_path / "t.txt").write_text(text)
    assert is_table(tmp_path / "t.txt") == expected
    assert is_table(Path("T.CSV"))
    assert not is_table(tmp_path)


def test_other_tables_name_the_way_out() -> None:
    with pytest.raises(SettingError, match=r"a\.xlsx: tables of \.xlsx are not read; save the"):
        refuse_other_table(Path("a.xlsx"))
    refuse_other_table(Path("a.csv"))
