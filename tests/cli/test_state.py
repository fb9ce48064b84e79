"""`backup` and `restore` on the command line."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from pixonomy.cli.main import run
from pixonomy.state.store import Store


def test_a_state_is_copied_and_restored(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with closing(Store.open(tmp_path / "state")) as store:
        store.make_saver("cookie:a")
    file = str(tmp_path / "backup.tar")
    assert run(["backup", "--state", str(tmp_path / "state"), "-o", file]) == 0
    assert "savers: 1, goals: 0, uploads: 0, images: 0, tokens: 0." in capfd.readouterr().out
    assert run(["restore", file, "--state", str(tmp_path / "new"), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["savers"] == 1
    assert run(["restore", file, "--state", str(tmp_path / "new")]) == 2
    assert "is not empty" in capfd.readouterr().err
    assert run(["backup", "--state", str(tmp_path / "none"), "-o", file]) == 2
    assert "There is no database" in capfd.readouterr().err
