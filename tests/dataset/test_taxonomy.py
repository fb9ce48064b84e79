"""Categories are a tree of any depth that is looked up by id and by name, and stored as JSON."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.dataset.taxonomy import MOST_LEVELS, Category, GoalTemplate, Taxonomy, fold
from pixonomy.errors import DataError, SettingError

TREE = Taxonomy.from_paths(
    {
        "1000003407": ("VIN - ALCOOL", "VIN EFFERVESCENT", "CHAMPAGNE"),
        "1000003400": ("VIN - ALCOOL", "VIN", "VIN ROUGE"),
        "1000003404": ("VIN - ALCOOL", "VIN", "VIN ROSÉ"),
        "5": ("MAISON", "CUISINE, TABLE", "COUPE-ŒUF"),
        "6": ("BRICOLAGE", "AUTRES", "PACK"),
        "7": ("MAISON", "AUTRES", "PACK"),
    }
)
GOALS = Taxonomy.of(
    [
        Category("travel", "Travel", description="Away", keywords=("suitcase",)),
        Category("sea", "By the sea", "travel", keywords=("beach", "sand")),
        Category("north-sea", "North Sea", "sea", goals=(GoalTemplate("Hut", (200, 900), 6),)),
        Category("car", "Car", keywords=("car",), goals=(GoalTemplate("New tyres"),)),
    ]
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
    ("text", "ids"),
    [("Travel", ["north-sea"]), ("by the SEA", ["north-sea"]), ("car", ["car"]),
     ("travel / by the sea / north sea", ["north-sea"])],
)  # fmt: skip
def test_branches_of_different_depth_are_found_as_well(text: str, ids: list[str]) -> None:
    assert list(GOALS.find(text)) == ids


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


def test_an_id_is_suggested_as_well() -> None:
    with pytest.raises(SettingError, match="'north-sea'"):
        GOALS.find("north-see")


def test_a_label_is_called_by_its_name_and_what_is_no_id_is_its_own_name() -> None:
    assert TREE.name("1000003404") == "VIN ROSÉ"
    assert TREE.name("VIN - ALCOOL / VIN") == "VIN"
    assert TREE.name("elsewhere") == "elsewhere"
    assert GOALS.name("north-sea") == "North Sea"


def test_the_way_down_to_a_category_is_told_in_ids_and_in_names() -> None:
    assert TREE.path("7") == ["MAISON", "MAISON / AUTRES", "7"]
    assert TREE.path_names("7") == ["MAISON", "AUTRES", "PACK"]
    assert GOALS.path("north-sea") == ["travel", "sea", "north-sea"]
    assert GOALS.path_names("sea") == ["Travel", "By the sea"]
    assert (GOALS.path("x"), GOALS.path_names("x")) == ([], [])


def test_labels_can_be_taken_at_each_level() -> None:
    assert {leaf: TREE.label_at(level)[leaf] for level, leaf in ((1, "6"), (2, "7"), (3, "5"))} == {
        "6": "BRICOLAGE",
        "7": "MAISON / AUTRES",
        "5": "5",
    }
    assert GOALS.label_at(2) == {
        "travel": "travel", "sea": "sea", "north-sea": "sea", "car": "car"
    }  # fmt: skip
    for level in (0, 4):
        with pytest.raises(SettingError, match=f"must be 1 to 3, not {level}"):
            TREE.label_at(level)
    with pytest.raises(SettingError, match="must be 1, not 2"):
        Taxonomy.of([Category("a", "A")]).label_at(2)


def test_leaves_depth_and_keywords_are_those_of_the_whole_tree() -> None:
    assert (GOALS.leaves, GOALS.depth) == (("north-sea", "car"), 3)
    assert GOALS.keywords == (
        ("travel", "suitcase"), ("sea", "beach"), ("sea", "sand"), ("car", "car")
    )  # fmt: skip
    assert (Taxonomy({}).leaves, Taxonomy({}).depth) == ((), 0)


def test_a_part_of_the_tree_keeps_what_lies_above_it() -> None:
    assert list(GOALS.restrict(["sea", "unknown"]).categories) == ["travel", "sea"]
    assert GOALS.restrict(["north-sea"]).path("north-sea") == ["travel", "sea", "north-sea"]


@given(st.dictionaries(NAMES, st.lists(NAMES, min_size=1, max_size=4).map(tuple), max_size=8))
def test_a_tree_survives_json_and_finds_all_that_is_in_it(
    paths: dict[str, tuple[str, ...]],
) -> None:
    tree = Taxonomy.from_paths(paths)
    assert Taxonomy.from_json(json.loads(json.dumps(tree.as_json()))) == tree
    assert set(tree.leaves) == set(paths)
    for leaf, names in paths.items():
        assert tree.find(leaf) == (leaf,)
        assert tree.path_names(leaf) == list(names)
        for name in names:
            assert name in paths or leaf in tree.find(name)


def test_a_tree_with_words_and_goals_survives_json() -> None:
    stored = json.loads(json.dumps(GOALS.as_json()))
    assert Taxonomy.from_json(stored) == GOALS
    assert stored[1] == {
        "id": "sea", "name": "By the sea", "parent": "travel", "keywords": ["beach", "sand"]
    }  # fmt: skip


def test_the_tree_of_three_levels_that_was_stored_once_is_read() -> None:
    stored = {
        "VIN - ALCOOL": {
            "VIN EFFERVESCENT": {"1000003407": "CHAMPAGNE"},
            "VIN": {"1000003400": "VIN ROUGE", "1000003404": "VIN ROSÉ"},
        },
        "MAISON": {"CUISINE, TABLE": {"5": "COUPE-ŒUF"}, "AUTRES": {"7": "PACK"}},
        "BRICOLAGE": {"AUTRES": {"6": "PACK"}},
    }
    assert Taxonomy.from_json(stored) == TREE


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (None, "no list of categories"),
        ("text", "no list of categories"),
        ({"a": 1}, "no tree of three levels"),
        ({"a": {"b": 2}}, "no tree of three levels"),
        ([3], "of category 0, it is 3, not a dictionary"),
        ([{"id": "a"}], "of category 0, name is missing"),
        ([{"id": 3, "name": "A"}], "of category 0, id is 3, not a text"),
        ([{"id": "a", "name": "A", "parent": "b"}], "category 'a': there is no parent 'b'"),
        ([{"id": "a", "name": "A", "parent": "a"}], "category 'a' lies below itself"),
        ([{"id": "a", "name": "A"}, {"id": "a", "name": "B"}], "two categories have the id 'a'"),
    ],
)
def test_something_else_in_the_place_of_a_tree_is_a_data_error(
    stored: object, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        Taxonomy.from_json(stored)


def test_a_ring_of_parents_is_shown() -> None:
    ring = [Category("a", "A", "c"), Category("b", "B", "a"), Category("c", "C", "b")]
    with pytest.raises(DataError, match="'a' lies below itself \\('a' → 'c' → 'b' → 'a'\\)"):
        Taxonomy.of(ring)


@pytest.mark.parametrize("is_ring", [True, False])
def test_a_chain_of_a_hundred_thousand_is_refused_in_a_moment(is_ring: bool) -> None:
    n = 100_000
    names = map(str, range(n))
    chain = [Category(one, "x", str((int(one) + 1) % n)) for one in names]
    if not is_ring:
        chain[-1] = Category(str(n - 1), "x")
    began = time.process_time()
    with pytest.raises(
        DataError, match=r"→ … →" if is_ring else f"deeper than level {MOST_LEVELS}"
    ):
        Taxonomy.of(chain)
    assert time.process_time() - began < 5


@given(NAMES)
def test_case_makes_no_difference(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold("Été  CŒUR\t") == fold("ete coeur")
