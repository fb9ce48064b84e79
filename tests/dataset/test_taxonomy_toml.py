"""A taxonomy in TOML is read as categories, goals and settings, and what is wrong is named."""

from pathlib import Path

import pytest

from pixonomy.dataset.taxonomy import GoalTemplate
from pixonomy.dataset.taxonomy_toml import (
    SHIPPED,
    check_keywords,
    parse_taxonomy,
    read_keyword_file,
    read_taxonomy_toml,
    shipped_text,
)
from pixonomy.errors import SettingError
from pixonomy.gallery.draw_images import CATEGORIES

SOUND = {
    "title": "Pets",
    "category": [
        {"id": "cat", "name": "Cat", "keywords": ["cat", " tom   cat "]},
        {"id": "dog", "name": "Dog", "keywords": ["dog"], "goal": [{"name": "Food", "months": 2}]},
    ],
    "provider": {"commons": {"width": 960}},
}


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_sound_and_has_keywords_enough(tmp_path: Path, name: str) -> None:
    file = tmp_path / "taxonomy.toml"
    file.write_text(shipped_text(name), "utf-8")
    found = read_keyword_file(file)
    assert [one.id for one in found.categories] == list(CATEGORIES)
    assert all(10 <= len(one.keywords) <= 15 for one in found.categories)
    assert all(one.description and one.goals for one in found.categories)


def test_the_gallery_has_pictures_for_some_keywords_of_each_category() -> None:
    import tomllib

    shipped = tomllib.loads(shipped_text("savings-goals"))
    keywords = {one["id"]: set(one["keywords"]) for one in shipped["category"]}
    assert all(set(scenes) <= keywords[category] for category, scenes in CATEGORIES.items())


def test_a_file_is_read_as_categories_keywords_and_settings() -> None:
    found = parse_taxonomy(SOUND, "pets.toml")
    assert found.keywords == (("cat", "cat"), ("cat", "tom cat"), ("dog", "dog"))
    assert found.taxonomy.categories["dog"].goals == (GoalTemplate("Food", None, 2),)
    assert (found.title, found.providers) == ("Pets", {"commons": {"width": 960}})


def test_categories_without_keywords_can_be_read_but_not_collected_for() -> None:
    plain = {"category": [{"id": "Golden Retriever", "name": "Golden retriever"}]}
    found = parse_taxonomy(plain, "dogs.toml")
    assert found.taxonomy.name("Golden Retriever") == "Golden retriever"
    with pytest.raises(SettingError, match="small letters"):
        check_keywords(found, "dogs.toml")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"category": []}, "has no"),
        ({"categories": []}, "unknown key 'categories'; known: title, category, provider. Did you"),
        ({"title": 3}, "title is no text"),
        ({"category": [3]}, "a category is a table"),
        ({"category": [{"name": "x", "keywords": ["y"]}]}, "id is missing"),
        ({"category": [{"id": " ", "name": "x", "keywords": ["y"]}]}, "id or name is empty"),
        ({"category": [{"id": "A b", "name": "x", "keywords": ["y"]}]}, "small letters"),
        ({"category": [{"id": "a", "name": "x", "keywords": "b"}]}, "keywords is 'b', not a list"),
        ({"category": [{"id": "a", "name": "x", "keywords": [3]}]}, "keywords[0] is 3, not a text"),
        ({"category": [{"id": "a", "name": "x"}]}, "has no keywords"),
        ({"category": [{"id": "a", "name": "x", "keywords": []}]}, "has no keywords"),
        ({"category": [{"id": "a", "name": "x", "keywords": ["b", "B"]}]}, "'b' stands twice"),
        ({"category": [{"id": "a", "name": "x", "keywords": ["b" * 200]}]}, "1 to 100 letters"),
        ({"category": [{"id": "a", "name": "x", "keywords": ["b"], "parent": "c"}]}, "no parent"),
        ({"category": [{"id": "a", "name": "x", "keywords": ["b"], "parent": 3}]}, "parent is 3"),
        (
            {"category": [{"id": "a", "name": "x", "parent": "b", "keywords": ["b"]},
             {"id": "b", "name": "x", "parent": "a", "keywords": ["c"]}]},
            "'a' lies below itself ('a' → 'b' → 'a')",
        ),
        ({"category": [{"id": "a", "name": "x", "keyword": ["b"]}]}, "Did you mean 'keywords'"),
        ({"category": SOUND["category"] * 2}, "two categories have the id 'cat'"),  # type: ignore[operator]
        ({"provider": {"commons": 3}}, "provider.NAME"),
        ({"category": [{"id": "a", "name": "x", "keywords": ["b"], "goal": [3]}]}, "a goal is a t"),
        (
            {"category": [{"id": "a", "name": "x", "keywords": ["b"], "goal": [{"name": "c",
             "sum": 3}]}]},
            "unknown key 'sum'",
        ),
        (
            {"category": [{"id": "a", "name": "x", "keywords": ["b"], "goal": [{"name": "c",
             "amount": [3, 1]}]}]},
            "the smaller first",
        ),
        (
            {"category": [{"id": "a", "name": "x", "keywords": ["b"], "goal": [{"name": "c",
             "months": 0}]}]},
            "not a whole number of 1 or more",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_a_sentence(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(SettingError, match=r"pets\.toml") as error:
        check_keywords(parse_taxonomy(SOUND | change, "pets.toml"), "pets.toml")
    assert sentence in str(error.value)


def test_no_toml_and_no_file_are_told(tmp_path: Path) -> None:
    for read in (read_keyword_file, read_taxonomy_toml):
        with pytest.raises(SettingError, match="no taxonomy file"):
            read(tmp_path / "none.toml")
        (tmp_path / "bad.toml").write_text("[[category", "utf-8")
        with pytest.raises(SettingError, match="no proper TOML"):
            read(tmp_path / "bad.toml")
    with pytest.raises(SettingError, match="shipped: savings-goals"):
        shipped_text("mine")


def test_brackets_without_end_are_no_toml(tmp_path: Path) -> None:
    (tmp_path / "deep.toml").write_text("title = " + "[" * 100_000, "utf-8")
    with pytest.raises(SettingError, match="no proper TOML"):
        read_taxonomy_toml(tmp_path / "deep.toml")
