import json
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from pixonomy.errors import SettingError, StorageError
from pixonomy.serving import tokens
from pixonomy.serving.tokens import Token, TokenStore


@pytest.fixture
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_LOOK_SECONDS", 0.0)


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_token_opens_what_its_scope_says(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    app, operator = store.new("app", "classify"), store.new("ops", "operate")
    assert store.check(app) == Token("app", frozenset({"classify"}))
    assert store.check(operator) == Token("ops", frozenset({"classify", "operate"}))
    assert store.names() == ("app", "ops")


def test_a_token_is_256_random_bits_and_never_the_same(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    made = {store.new(f"app{number}", "classify") for number in range(20)}
    assert len(made) == 20
    assert {len(one) for one in made} == {len("pixonomy_") + 43}


@pytest.mark.parametrize("wrong", ["", "pixonomy_", "a" * 100_000, "é\x00", "\ud800", " "])
def test_what_is_no_token_opens_nothing(tmp_path: Path, wrong: str) -> None:
    store = TokenStore(tmp_path)
    token = store.new("app", "classify")
    assert store.check(wrong) is None
    assert store.check(token + wrong) is None or not wrong
    assert store.check(token[:-1]) is None


def test_no_file_holds_a_token_in_clear(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    token = store.new("app", "classify")
    store.new("other", "operate")
    store.revoke("other")
    kept = all_bytes(tmp_path)
    secret = token.removeprefix("pixonomy_").encode()
    assert secret not in kept
    assert secret[:16] not in kept
    assert len(json.loads((tmp_path / "tokens.json").read_text())["tokens"][0]["sha256"]) == 64


def test_file_and_folder_are_their_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        TokenStore(tmp_path / "state").new("app", "classify")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state" / "tokens.json").stat().st_mode) == 0o600


def test_a_revoked_token_opens_nothing_any_more(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    app, other = store.new("app", "classify"), store.new("other", "classify")
    store.revoke("app")
    assert store.check(app) is None
    assert store.check(other) is not None
    assert store.names() == ("other",)


def test_a_running_service_sees_tokens_made_and_revoked_elsewhere(
    tmp_path: Path, looks_at_once: None
) -> None:
    running = TokenStore(tmp_path)
    app = TokenStore(tmp_path).new("app", "classify")
    assert running.check(app) is not None
    TokenStore(tmp_path).revoke("app")
    assert running.check(app) is None
    again = TokenStore(tmp_path).new("app", "classify")
    assert running.check(app) is None
    assert running.check(again) is not None


def test_a_running_service_sees_a_revoked_token_within_two_seconds(tmp_path: Path) -> None:
    app = TokenStore(tmp_path).new("app", "classify")
    running = TokenStore(tmp_path)
    assert running.check(app) is not None
    TokenStore(tmp_path).revoke("app")
    time.sleep(1.1)
    assert running.check(app) is None


def test_where_the_file_is_damaged_no_token_counts_and_that_is_reported(
    tmp_path: Path, looks_at_once: None
) -> None:
    reported: list[str] = []
    app = TokenStore(tmp_path).new("app", "classify")
    running = TokenStore(tmp_path, reported.append)
    whole = (tmp_path / "tokens.json").read_text()
    (tmp_path / "tokens.json").write_text("{")
    assert running.check(app) is None
    assert running.check(app) is None
    assert len(reported) == 1
    assert "No token is accepted until this is mended" in reported[0]
    (tmp_path / "tokens.json").write_text(whole)
    assert running.check(app) is not None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"format": 2, "tokens": []}',
        '{"format": 1}',
        '{"format": 1, "tokens": [3]}',
        '{"format": 1, "tokens": [{"name": "a", "scope": "all", "created": "", "sha256": "'
        + "a" * 64
        + '"}]}',
        '{"format": 1, "tokens": [{"name": "a", "scope": "operate", "created": "", "sha256": ""}]}',
    ],
)
def test_a_file_of_anything_else_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokens.json").write_text(content)
    with pytest.raises(StorageError, match=r"tokens\.json"):
        TokenStore(tmp_path)


@pytest.mark.parametrize("name", ["", "a b", "-a", "a\n", "ä", "a" * 65, "../x"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingError, match="A token's name"):
        TokenStore(tmp_path).new(name, "classify")
    assert not (tmp_path / "tokens.json").exists()


def test_wrong_calls_are_refused_in_one_sentence(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    token = store.new("app", "classify")
    with pytest.raises(SettingError, match="There is no scope 'admin'; known are classify, oper"):
        store.new("other", "admin")
    with pytest.raises(SettingError, match=r"a token 'app' already in .* or revoke it first"):
        store.new("app", "classify")
    with pytest.raises(SettingError, match=r"There is no token 'ap' .* Did you mean 'app'\?"):
        store.revoke("ap")
    assert store.check(token) is not None


def test_two_that_make_tokens_at_once_lose_none(tmp_path: Path) -> None:
    def make(first: int) -> None:
        store = TokenStore(tmp_path)
        for number in range(10):
            store.new(f"app{first + number}", "classify")

    threads = [threading.Thread(target=make, args=(first,)) for first in (0, 100, 200)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(TokenStore(tmp_path).names()) == 30
