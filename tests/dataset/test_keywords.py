from pathlib import Path

import pytest

from pixonomy.dataset.keywords import SHIPPED, parse_keywords, read_keyword_file, shipped_text
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
    found = parse_keywords(SOUND, "pets.toml")
    assert found.keywords == (("cat", "cat"), ("cat", "tom cat"), ("dog", "dog"))
    assert found.categories[1].goals[0].months == 2
    assert found.providers == {"commons": {"width": 960}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"category": []}, "has no"),
        ({"categories": []}, "unknown key 'categories'; known: title, category, provider. Did you"),
        ({"category": [{"name": "x", "keywords": ["y"]}]}, "id is missing"),
        ({"category": [{"id": "A b", "name": "x", "keywords": ["y"]}]}, "small letters"),
        ({"category": [{"id": "a", "name": "x"}]}, "keywords is a list"),
        ({"category": [{"id": "a", "name": "x", "keywords": []}]}, "has no keywords"),
        ({"category": [{"id": "a", "name": "x", "keywords": ["b", "B"]}]}, "'b' stands twice"),
        ({"category": [{"id": "a", "name": "x", "keywords": ["b" * 200]}]}, "1 to 100 letters"),
        ({"category": [{"id": "a", "name": "x", "keywords": ["b"], "parent": "c"}]}, "no parent"),
        ({"category": [{"id": "a", "name": "x", "keyword": ["b"]}]}, "Did you mean 'keywords'"),
        ({"category": SOUND["category"] * 2}, "two categories have the id 'cat'"),  # type: ignore[operator]
        ({"provider": {"commons": 3}}, "provider.NAME"),
        (
            {"category": [{"id": "a", "name": "x", "keywords": ["b"], "goal": [{"name": "c",
             "amount": [3, 1]}]}]},
            "the smaller first",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_a_sentence(change: dict[str, object], told: str) -> None:
    with pytest.raises(SettingError, match=r"pets\.toml") as error:
        parse_keywords(SOUND | change, "pets.toml")
    assert told in str(error.value)


def test_no_toml_and_no_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no taxonomy file"):
        read_keyword_file(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[[category", "utf-8")
    with pytest.raises(SettingError, match="no proper TOML"):
        read_keyword_file(tmp_path / "bad.toml")
    with pytest.raises(SettingError, match="shipped: savings-goals"):
        shipped_text("mine")
