from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixonomy.cli.collect import read_keys
from pixonomy.cli.main import run
from pixonomy.errors import SettingError

Call = Callable[..., tuple[int, Any, str]]


def test_keys_come_from_a_file_and_from_the_environment_which_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"flickr": "from file", "openverse": "a:b"}')
    environment = {"PIXONOMY_FLICKR_KEY": "from environment", "PIXONOMY_OTHER": "x", "HOME": "/"}
    assert read_keys(file, environment) == {"flickr": "from environment", "openverse": "a:b"}
    assert read_keys(None, {}) == {}


@pytest.mark.parametrize("text", ['{"flickr": SECRET}', '{"flickr": 3}', "[]"])
def test_a_key_file_that_cannot_be_read_is_told_without_what_is_in_it(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)
    with pytest.raises(SettingError, match="--keys") as error:
        read_keys(file, {})
    assert "SECRET" not in str(error.value)
    with pytest.raises(SettingError, match="readable"):
        read_keys(tmp_path / "none.json", {})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--status", "--dry-run", "-o", "x"], "--dry-run and --status do different things"),
        (["--status"], "Say where the pictures go: --output FOLDER."),
        (["--licence", "CC BY 4", "-o", "x"], "did you mean CC-BY-4.0"),
        (["--status", "-o", "nothing"], "Nothing has been collected in nothing yet"),
    ],
)
def test_a_call_that_makes_no_sense_is_told_so(
    tmp_path: Path,
    arguments: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.toml").write_text('[[category]]\nid = "a"\nname = "a"\nkeywords = ["b"]\n')
    assert run(["collect", "t.toml", *arguments]) == 2
    assert told in capsys.readouterr().err


TAXONOMY = """
[[category]]
id = "pets"
name = "Pets"
keywords = ["dog"]
[[category.goal]]
name = "Food"
low = 300
high = 800
year = 2019
source = "Vets"
"""


def test_a_check_of_a_taxonomy_says_what_its_goals_rest_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], call: Call
) -> None:
    file = tmp_path / "pets.toml"
    file.write_text(f'{TAXONOMY}[[category.goal]]\nname = "Bed"\namount = [20, 90]\n')
    assert run(["taxonomy", "check", str(file)]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "1 category, 1 keyword: it is sound."
    assert lines[-3:] == [
        "2 goals, 1 with a source and its year.",
        "Guesses without a source: Bed.",
        "Figures over three years old: Food (2019).",
    ]
    _, answer, _ = call("taxonomy", "check", file)
    assert answer["goals"] == {
        "count": 2, "sourced": 1, "guesses": ["Bed"], "without_sum": [], "old": ["Food (2019)"]
    }  # fmt: skip


def test_a_goal_that_cannot_be_meant_is_refused_with_the_keys_that_are_known(
    tmp_path: Path, call: Call
) -> None:
    file = tmp_path / "pets.toml"
    file.write_text(TAXONOMY.replace("year = 2019", ""))
    code, answer, _ = call("taxonomy", "check", file)
    assert code == 2
    message = answer["error"]["message"]
    assert "category 'pets', goal 'Food': low and high lack the year" in message
    assert "Known: name, low, high, currency, year" in message
