"""A table of category names becomes a tree that is looked up by id and by name."""

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.dataset.category_tree import Taxonomy, fold, read_taxonomy
from pixonomy.errors import DataError, PixonomyError, SettingError

HEADER = "category_id,category_level1,category_level2,category_level3\r\n"
TREE = Taxonomy(
    {
        "1000003407": ("VIN - ALCOOL", "VIN EFFERVESCENT", "CHAMPAGNE"),
        "1000003400": ("VIN - ALCOOL", "VIN", "VIN ROUGE"),
        "1000003404": ("VIN - ALCOOL", "VIN", "VIN ROSÉ"),
        "5": ("MAISON", "CUISINE, TABLE", "COUPE-ŒUF"),
        "6": ("BRICOLAGE", "AUTRES", "PACK"),
        "7": ("MAISON", "AUTRES", "PACK"),
    }
)
NAMES = st.text(min_size=1)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1000003407", ["1000003407"]),
        (" 1000003407 ", ["1000003407"]),
        ("champagne", ["1000003407"]),
        ("Vin rosé", ["1000003404"]),
        ("VIN ROSE", ["1000003404"]),
        ("coupe-oeuf", ["5"]),
        ("Vin", ["1000003400", "1000003404"]),
        ("vin - alcool", ["1000003407", "1000003400", "1000003404"]),
        ("pack", ["6", "7"]),
        ("autres", ["6", "7"]),
        ("Maison / Autres", ["7"]),
        ("maison / autres / pack", ["7"]),
    ],
)
def test_a_category_is_found_by_its_id_and_by_names_of_any_level(text: str, ids: list[str]) -> None:
    assert list(TREE.find(text)) == ids


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("champange", "There is no category 'champange'. Did you mean 'CHAMPAGNE'?"),
        ("", "There is no category ''."),
        ("zzzzz", "There is no category 'zzzzz'."),
    ],
)
def test_an_unknown_name_is_answered_with_the_closest_ones(text: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        TREE.find(text)
    assert str(caught.value) == message


def test_a_label_is_called_by_its_name_and_what_is_no_id_is_its_own_name() -> None:
    assert TREE.name("1000003404") == "VIN ROSÉ"
    assert TREE.name("VIN - ALCOOL / VIN") == "VIN - ALCOOL / VIN"


def test_labels_can_be_taken_at_each_level() -> None:
    assert {leaf: TREE.label_at(level)[leaf] for level, leaf in ((1, "6"), (2, "7"), (3, "5"))} == {
        "6": "BRICOLAGE",
        "7": "MAISON / AUTRES",
        "5": "5",
    }
    for level in (0, 4):
        with pytest.raises(SettingError, match=f"must be 1, 2 or 3, not {level}"):
            TREE.label_at(level)


@given(st.dictionaries(NAMES, st.tuples(NAMES, NAMES, NAMES)))
def test_a_tree_survives_json_and_finds_all_that_is_in_it(
    categories: dict[str, tuple[str, str, str]],
) -> None:
    tree = Taxonomy(categories)
    assert Taxonomy.from_json(json.loads(json.dumps(tree.as_json()))) == tree
    for leaf, names in categories.items():
        assert tree.find(leaf) == (leaf,)
        for name in names:
            assert name in categories or leaf in tree.find(name)


@pytest.mark.parametrize("stored", [None, [], "text", {"a": 1}, {"a": {"b": 2}}])
def test_something_else_in_the_place_of_a_tree_is_a_data_error(stored: object) -> None:
    with pytest.raises(DataError, match="no tree of three levels"):
        Taxonomy.from_json(stored)


@given(NAMES)
def test_case_makes_no_difference(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold("Été  CŒUR\t") == fold("ete coeur")


def test_a_table_is_read_with_its_commas_accents_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    lines = HEADER + '5,MAISON,"CUISINE, TABLE","COUPE ""ŒUF"""\r\n\r\n 6 ,A, B,C\r\n6,A,B,C\r\n'
    path.write_text(lines, encoding="utf-8-sig", newline="")
    assert read_taxonomy(path).categories == {
        "5": ("MAISON", "CUISINE, TABLE", 'COUPE "ŒUF"'),
        "6": ("A", "B", "C"),
    }


def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text(
        "note,category_level3,category_id,category_level1,category_level2\nx,c,0017,a,b\n"
    )
    assert read_taxonomy(path).categories == {"0017": ("a", "b", "c")}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "has no column 'category_id'"),
        (b"id,name\n1,a\n", "has no column 'category_id'; expected a CSV table with"),
        (HEADER.encode(), "holds no categories"),
        (HEADER.encode("utf-16"), "no UTF-8 text"),
        (b"\x9d\xff\x00", "no UTF-8 text"),
        (HEADER.encode() + b"1,a,b\n", "Line 2 of .* lacks an id or a name"),
        (HEADER.encode() + b" ,a,b,c\n", "Line 2 of .* lacks an id or a name"),
        (HEADER.encode() + b"1,a,b,c\n1,a,b,d\n", "Line 3 .* category 1 a second time"),
        (HEADER.encode() + b'1,a,b,"c\n', "no proper CSV"),
        (HEADER.encode() + b"1,a,b," + b"c" * 200_000, "no proper CSV"),
    ],
)
def test_another_table_is_refused_in_one_helpful_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(content)
    with pytest.raises((DataError, SettingError), match=sentence):
        read_taxonomy(path)


def test_no_table_and_a_folder_are_settings_that_are_wrong(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    for path in (odd, tmp_path):
        with pytest.raises(SettingError, match=r"no table of categories|is no file"):
            read_taxonomy(path)


@given(st.binary())
def test_whatever_the_bytes_are_it_is_a_tree_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("odd") / "names.csv"
    path.write_bytes(HEADER.encode() + content)
    with suppress(PixonomyError):
        assert read_taxonomy(path).categories
