"""The demo keeps to its own folder; the whole story is told in the slow test."""

import json
import shlex
from pathlib import Path

import pytest

from pixonomy.cli.main import run
from pixonomy.errors import SettingError
from pixonomy.verbs.demo import demo
from served import served

KEYS = {
    "gallery",
    "collected",
    "audit",
    "run",
    "bundle",
    "report",
    "planted",
    "test",
    "fresh",
    "seconds",
}


def test_a_folder_of_other_files_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(SettingError, match="holds other files"):
        demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_demo_of_other_settings_is_refused_with_what_they_are(tmp_path: Path) -> None:
    settings = {"pictures_per_category": 20, "seed": 0}
    (tmp_path / "demo.json").write_text(json.dumps(settings))
    with pytest.raises(SettingError, match="'pictures_per_category': 20"):
        demo(tmp_path, 30)


@pytest.mark.slow
def test_the_whole_story_is_told_offline(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = demo(tmp_path / "demo", 20)
    assert result.keys() == KEYS
    assert result["fresh"].keys() == {"n", "right", "sure", "images"}
    assert result["fresh"]["n"] == len(result["fresh"]["images"]) == 20
    assert result["planted"] > 0
    again = demo(tmp_path / "demo", 20)
    assert {**again, "seconds": 0} == {**result, "seconds": 0}
    capfd.readouterr()
    assert run(["demo", "-o", str(tmp_path / "demo"), "--pictures", "20"]) == 0
    *_, line = capfd.readouterr().out.splitlines()
    said, verb, bundle, *options = shlex.split(line.partition(": ")[2])
    assert (said, verb) == ("pixonomy", "serve")
    with served(Path(bundle), tmp_path, *options) as service:
        assert "What are you saving for?" in service.ask("/").text
