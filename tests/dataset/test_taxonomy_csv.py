"""A table of category names becomes a tree of as many levels as it has columns."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.dataset.taxonomy_csv import read_taxonomy_csv
from pixonomy.errors import DataError, PixonomyError, SettingError

HEADER = "category_id,category_level1,category_level2,category_level3\r\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "names.csv"
    path.write_text(text, encoding="utf-8-sig", newline="")
    return path


def test_a_table_is_read_with_its_commas_accents_and_byte_order_mark(tmp_path: Path) -> None:
    lines = HEADER + '5,MAISON,"CUISINE, TABLE","COUPE ""ŒUF"""\r\n\r\n 6 ,A, B,C\r\n6,A,B,C\r\n'
    assert read_taxonomy_csv(write(tmp_path, lines)) == Taxonomy.from_paths(
        {"5": ("MAISON", "CUISINE, TABLE", 'COUPE "ŒUF"'), "6": ("A", "B", "C")}
    )


def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    path = write(
        tmp_path, "note,category_level3,category_id,category_level1,category_level2\nx,c,0017,a,b\n"
    )
    assert read_taxonomy_csv(path) == Taxonomy.from_paths({"0017": ("a", "b", "c")})


@pytest.mark.parametrize("levels", [1, 2, 4, 32])
def test_there_may_be_any_number_of_levels(tmp_path: Path, levels: int) -> None:
    columns = [f"category_level{level}" for level in range(1, levels + 1)]
    names = [f"name {level}" for level in range(1, levels + 1)]
    text = f"category_id,{','.join(columns)}\n7,{','.join(names)}\n"
    found = read_taxonomy_csv(write(tmp_path, text))
    assert (found.depth, found.path_names("7")) == (levels, names)


def test_what_is_read_of_long_names_is_read_again_from_a_manifest(tmp_path: Path) -> None:
    names = ",".join("x" * 3_200 for _ in range(3))
    found = read_taxonomy_csv(write(tmp_path, f"{HEADER}1,{names}\n"))
    assert Taxonomy.from_json(found.as_json()) == found


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "has no column 'category_id'"),
        (b"id,name\n1,a\n", "has no column 'category_id'; expected a CSV table with"),
        (b"category_id,name\n1,a\n", "has no column 'category_level1'"),
        (b"category_id,category_level1,category_level3\n1,a,b\n", "no column 'category_level2'"),
        (b"category_id,category_level999999\n1,a\n", "no column 'category_level1'"),
        (
            b"category_id," + b",".join(b"category_level%d" % k for k in range(1, 40)) + b"\n",
            "has 39 levels of categories; at most 32 are read",
        ),
        (HEADER.encode(), "holds no categories"),
        (HEADER.encode("utf-16"), "no UTF-8 text"),
        (b"\x9d\xff\x00", "no UTF-8 text"),
        (HEADER.encode() + b"1,a,b\n", "Line 2 of .* lacks an id or a name"),
        (HEADER.encode() + b" ,a,b,c\n", "Line 2 of .* lacks an id or a name"),
        (HEADER.encode() + b"1,a,b,c\n1,a,b,d\n", "Line 3 .* category 1 a second time"),
        (HEADER.encode() + b'1,a,b,"c\n', "no proper CSV"),
        (HEADER.encode() + b"1,a,b," + b"c" * 9_900, "Line 2 .* more than 9,800 letters of names"),
        (HEADER.encode() + b"1,a,b," + b"c" * 200_000, "no proper CSV"),
    ],
)
def test_another_table_is_refused_in_one_helpful_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(content)
    with pytest.raises((DataError, SettingError), match=sentence):
        read_taxonomy_csv(path)


def test_no_table_and_a_folder_are_settings_that_are_wrong(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    for path in (odd, tmp_path):
        with pytest.raises(SettingError, match=r"no table of categories|is no file"):
            read_taxonomy_csv(path)


@given(st.binary())
def test_whatever_the_bytes_are_it_is_a_tree_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("odd") / "names.csv"
    path.write_bytes(HEADER.encode() + content)
    with suppress(PixonomyError):
        assert read_taxonomy_csv(path).categories
