from pathlib import Path

import pytest

from pixonomy.cli.collect import read_keys
from pixonomy.cli.main import run
from pixonomy.errors import SettingError


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
