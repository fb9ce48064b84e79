"""`token` shows a token once, on standard output alone."""

import json
from pathlib import Path

import pytest

from pixonomy.cli.main import run
from pixonomy.state.tokens import TokenStore


def test_a_token_is_all_that_stands_on_standard_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["token", "new", "app", "--state", str(tmp_path)]) == 0
    printed = capfd.readouterr()
    assert TokenStore(tmp_path).check(printed.out.strip()) is not None
    assert "shown this once" in printed.err
    assert printed.out.strip() not in printed.err


def test_tokens_are_listed_and_revoked_by_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    state = ["--state", str(tmp_path), "--json"]
    assert run(["token", "new", "ops", "--scope", "operate", *state]) == 0
    made = json.loads(capfd.readouterr().out)
    assert (made["name"], made["scope"]) == ("ops", "operate")
    assert run(["token", "list", *state]) == 0
    listed = capfd.readouterr().out
    assert [one["name"] for one in json.loads(listed)["tokens"]] == ["ops"]
    assert made["token"] not in listed
    assert run(["token", "revoke", "ops", *state]) == 0
    assert json.loads(capfd.readouterr().out)["name"] == "ops"
    assert TokenStore(tmp_path).check(made["token"]) is None


def test_a_service_without_tokens_is_listed_in_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["token", "list", "--state", str(tmp_path / "none")]) == 0
    assert capfd.readouterr().out.startswith("There is no token in ")
    assert not (tmp_path / "none").exists()


def test_an_unknown_name_is_a_wrong_call(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "revoke", "app", "--state", str(tmp_path)]) == 2
    assert "There is no token 'app'" in capfd.readouterr().err
