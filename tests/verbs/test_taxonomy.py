from dataclasses import replace
from pathlib import Path

import pytest

from pixonomy.dataset.taxonomy_toml import read_keyword_file
from pixonomy.errors import SettingError
from pixonomy.verbs.taxonomy import check_taxonomy, init_taxonomy


def test_the_shipped_one_is_written_and_sound(tmp_path: Path) -> None:
    file = tmp_path / "new" / "taxonomy.toml"
    made = init_taxonomy(file)
    told = {"taxonomy": str(file), "categories": 5, "keywords": made.keywords}
    assert made.as_json() == told
    checked = check_taxonomy(file)
    assert replace(checked, words=None, goals=None) == made
    assert checked.words is not None
    assert checked.words.messages == ()  # every word of it is known, and no two mean the same
    assert checked.goals is not None
    assert (checked.goals.count, checked.goals.sourced) == (16, 12)
    assert checked.goals.guesses == ("Furniture", "Birthday party", "City trip", "Round the world")
    assert checked.goals.old[0] == "Car repair (2017)"
    with pytest.raises(SettingError, match="--overwrite"):
        init_taxonomy(file)
    assert init_taxonomy(file, overwrite=True) == made


def test_what_its_words_cannot_tell_apart_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "taxonomy.toml"
    tables = {"vehicles": ["car"], "autos": ["motorcar"], "moebel": ["Möbel"]}
    file.write_text(
        'title = "x"\n'
        + "".join(
            f'[[category]]\nid = "{name}"\nname = "{name}"\nkeywords = {words}\nparent = "all"\n'
            for name, words in tables.items()
        )
        + '[[category]]\nid = "all"\nname = "zzz"\nkeywords = []\n',
        "utf-8",
    )
    words = check_taxonomy(file).words
    assert words is not None
    assert words.without_words == ("moebel",)  # and "all" is no category that an image can be of
    (shared,) = words.shared
    assert (shared.categories, shared.words) == (("vehicles", "autos"), ("car", "motorcar"))
    (pair,) = words.confusions
    assert (pair.category, pair.other) == ("vehicles", "autos")
    assert pair.expected == pytest.approx(pair.right, abs=0.02)


def test_settings_of_providers_are_checked_with_it_whether_or_not_there_is_a_key(
    tmp_path: Path,
) -> None:
    file = tmp_path / "taxonomy.toml"
    init_taxonomy(file)
    sound = file.read_text("utf-8") + '\n[provider.flickr]\nlicenses = "4,5"\n'
    file.write_text(sound, "utf-8")
    assert check_taxonomy(file)["categories"] == 5
    file.write_text(f"{sound}[provider.html]\nsearch = 'http://x/{{keyword}}'\nlinks = 'a['\n")
    with pytest.raises(SettingError, match=r"taxonomy\.toml, line \d+: links .* no CSS") as error:
        check_taxonomy(file)
    line = int(str(error.value).partition(", line ")[2].partition(":")[0])
    assert file.read_text("utf-8").splitlines()[line - 1] == "links = 'a['"


def test_goal_names_are_put_together_by_the_words_they_share(tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    rows = {
        "New car": 120, "car repair": 40, "Saving for a car": 30, "Cars!": 9,
        "Trip to Paris": 70, "paris trip 2024": 20, "Wedding": 50, "our wedding fund": 25,
        "my wedding": 5, "": 9, "123": 4,
    }  # fmt: skip
    lines = ["Name,Count", *(f'"{name}",{count}' for name, count in rows.items())]
    table.write_text("\n".join(lines), "utf-8")
    file = tmp_path / "draft.toml"
    made = init_taxonomy(file, table=table)
    categories = {one.id: one for one in read_keyword_file(file).categories}
    assert next(iter(categories)) == "car"  # what was typed most
    assert {"car", "car repair"} <= set(categories["car"].keywords) | {
        keyword for one in categories.values() for keyword in one.keywords
    }
    assert {"wedding", "car"} <= set(categories)
    (trip,) = [one for one in categories.values() if "paris trip" in one.keywords]
    assert "trip paris" in trip.keywords
    assert made["keywords"] == sum(len(one.keywords) for one in categories.values())
    assert "typed" in categories["wedding"].description


def test_names_of_any_letters_give_ids_that_differ(tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    table.write_text("goal\nÉcole\n靴\n車\nécole à Lyon\n旅行\n", "utf-8")
    init_taxonomy(tmp_path / "draft.toml", table=table)
    ids = [one.id for one in read_keyword_file(tmp_path / "draft.toml").categories]
    assert len(ids) == len(set(ids)) >= 3
    assert "ecole" in ids


def test_one_name_is_enough(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("name,count\nboat,3\n")
    assert init_taxonomy(tmp_path / "d.toml", table=tmp_path / "names.csv")["categories"] == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("words,count\nx,1\n", "column of names"),
        ("name\n1\n2\n", "no names"),
        ("", "no proper CSV"),
    ],
)
def test_a_table_that_tells_nothing_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "names.csv").write_text(text)
    with pytest.raises(SettingError, match=told):
        init_taxonomy(tmp_path / "draft.toml", table=tmp_path / "names.csv")
    assert not (tmp_path / "draft.toml").exists()
