import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixonomy.dataset.location import path_to_uri, relative_to
from pixonomy.errors import DataError, SettingError, StorageError
from pixonomy.sources.columns import (
    Role,
    TableColumns,
    describe_rivals,
    find_column,
    is_plain,
    open_table,
    other_columns,
    require_path,
    to_uris,
    usual_column,
    usual_columns,
)

TABLE = Path("t.parquet")
PIECES = st.sampled_from(["a", "é b", ".", "..", "", "percent:", "x:y", " ", "c.jpg", "/", "\n"])
PATHS = st.lists(PIECES, min_size=1, max_size=5).map("/".join)
ROOTS = st.sampled_from(["/", "/data", "/data/a", "/elsewhere/é", "/percent:/a"])


@settings(max_examples=200, deadline=None)
@given(st.lists(PATHS | st.text(max_size=9), max_size=6), ROOTS, ROOTS)
@example(["/data"], "/data", "/data")
@example(["a", "a/b", "b"], "/data", "/data/a")
@example(["x"], "/percent:/a", "/")
@example(["./a/b", "./percent:x", "percent:x", "./", "/data/percent:x"], "/data", "/data")
def test_addresses_are_those_that_paths_give(paths: list[str], root: str, base: str) -> None:
    paths = [path.encode("utf-8", "ignore").decode() for path in paths if "://" not in path]
    uris = to_uris(pl.Series(paths, dtype=pl.String), Path(root), Path(base))
    expected = [
        path_to_uri(relative_to(Path(root) / path, Path(base))) if path else None for path in paths
    ]
    assert uris.to_list() == expected


def test_folders_that_are_not_utf_8_are_escaped(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(b"/d\xe9"))
    paths = pl.Series(["a.jpg", None, "/d/b.jpg"])
    assert to_uris(paths, odd, Path("/d")).to_list() == ["percent:/d%E9/a.jpg", None, "b.jpg"]
    assert to_uris(paths, odd, odd).to_list() == ["a.jpg", None, "/d/b.jpg"]


def test_addresses_of_objects_stay_as_they_are() -> None:
    paths = pl.Series(["s3://bucket/a.jpg", "b.jpg"])
    assert to_uris(paths, Path("/d"), Path("/d")).to_list() == ["s3://bucket/a.jpg", "b.jpg"]


def test_usual_names_are_found_in_any_case_and_in_their_order() -> None:
    schema = dict.fromkeys(("FILE", "Image", "class"), pl.String())
    assert usual_column(schema, "path") == "Image"
    assert usual_column(schema, "label") == "class"
    assert usual_column(schema, "split") is None


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("File Name", "path"), ("imagePath", "path"), ("img_path", "path"), ("filepaths", "path"),
        ("Class Name", "label"), ("species", "label"), ("data set", "split"), ("is_valid", "split"),
        ("Product-ID", "group"),
    ],
)  # fmt: skip
def test_case_blanks_and_signs_of_a_name_do_not_count(name: str, role: Role) -> None:
    assert usual_columns({"x": pl.String(), name: pl.String()}, role) == [name]


def test_plain_columns_go_before_lists() -> None:
    schema = {"labels": pl.List(pl.String()), "class_name": pl.String()}
    assert find_column(schema, "label", TableColumns(), TABLE) == "class_name"


def test_y_beside_x_is_a_place_and_no_label() -> None:
    assert usual_column(dict.fromkeys("xy", pl.Int64()), "label") is None
    assert usual_column({"y": pl.Int64()}, "label") == "y"


def test_a_name_with_blanks_is_found_without_them() -> None:
    assert find_column({"a": pl.String()}, "label", TableColumns(label=" a "), TABLE) == "a"


def test_other_columns_that_could_be_meant_are_told() -> None:
    schema = dict.fromkeys(("label", "species", "breed"), pl.String())
    (told,) = describe_rivals(schema, "label", "label", TABLE)
    assert "'label' is taken as the label, not 'species', 'breed'; `pixonomy index --label" in told
    assert describe_rivals({"label": pl.String()}, "label", "label", TABLE) == ()


def test_thousands_of_columns_are_not_all_named() -> None:
    schema = {f"column {number}": pl.String() for number in range(3000)}
    with pytest.raises(SettingError, match=r"and 2970 more\)"):
        require_path(schema, TableColumns(), TABLE)


def test_a_named_column_has_to_be_there_and_plain() -> None:
    schema = {"a": pl.String(), "b": pl.List(pl.String())}
    assert find_column(schema, "label", TableColumns(label="a"), TABLE) == "a"
    assert find_column(schema, "label", TableColumns(), TABLE) is None
    with pytest.raises(SettingError, match=r"no column 'c'; it has a, b\."):
        find_column(schema, "label", TableColumns(label="c"), TABLE)
    with pytest.raises(SettingError, match=r"holds List\(String\) in column 'b', not plain text"):
        find_column(schema, "label", TableColumns(label="b"), TABLE)
    with pytest.raises(SettingError, match=r"no column with picture paths .*--path-column"):
        require_path(schema, TableColumns(), TABLE)


def test_other_plain_columns_are_kept_and_our_own_names_are_not() -> None:
    schema = {"a": pl.Int64(), "raw": pl.Binary(), "sha256": pl.String(), "used": pl.String()}
    assert other_columns(schema, {"used", None}) == ["a"]
    assert not is_plain(pl.Binary())
    assert is_plain(pl.Date())


def test_refusals_of_the_reader_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(StorageError), open_table(tmp_path / "none.csv"):
        pass
    (tmp_path / "t.parquet").write_bytes(b"no Parquet at all")
    with (
        pytest.raises(DataError, match=r"t\.parquet cannot be read as a table: .*\.$"),
        open_table(tmp_path / "t.parquet") as file,
    ):
        pl.read_parquet(file)
