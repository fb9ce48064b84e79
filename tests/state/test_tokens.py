import os
import stat
import threading
import time
from pathlib import Path

import pytest

from pixonomy.errors import SettingError, StorageError
from pixonomy.state.state_errors import StateUnavailable
from pixonomy.state.store import Store
from pixonomy.state.tokens import Token, TokenStore
from stores import ON_BOTH_DATABASES, Place


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@ON_BOTH_DATABASES
def test_a_token_opens_what_its_scope_says(store: Store) -> None:
    tokens = TokenStore(store.database)
    app, operator = tokens.new("app", "classify"), tokens.new("ops", "operate")
    assert tokens.check(app) == Token("app", frozenset({"classify"}))
    assert tokens.check(operator) == Token("ops", frozenset({"classify", "operate"}))
    assert tokens.names() == ("app", "ops")
    assert [one.scope for one in tokens.facts()] == ["classify", "operate"]


def test_a_token_is_256_random_bits_and_never_the_same(tmp_path: Path) -> None:
    tokens = TokenStore(tmp_path)
    made = {tokens.new(f"app{number}", "classify") for number in range(20)}
    assert len(made) == 20
    assert {len(one) for one in made} == {len("pixonomy_") + 43}


@pytest.mark.parametrize("wrong", ["", "pixonomy_", "a" * 100_000, "é\x00", "\ud800", " "])
def test_what_is_no_token_opens_nothing(tmp_path: Path, wrong: str) -> None:
    tokens = TokenStore(tmp_path)
    token = tokens.new("app", "classify")
    assert tokens.check(wrong) is None
    assert tokens.check(token + wrong) is None or not wrong
    assert tokens.check(token[:-1]) is None


def test_no_file_holds_a_token_in_clear(tmp_path: Path) -> None:
    tokens = TokenStore(tmp_path)
    token = tokens.new("app", "classify")
    tokens.new("other", "operate")
    tokens.revoke("other")
    kept = all_bytes(tmp_path)
    secret = token.removeprefix("pixonomy_").encode()
    assert b"app" in kept
    assert secret not in kept
    assert secret[:16] not in kept


def test_files_and_folder_are_their_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        tokens = TokenStore(tmp_path / "state")
        tokens.new("app", "classify")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    for path in (tmp_path / "state").glob("state.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@ON_BOTH_DATABASES
def test_a_revoked_token_opens_nothing_any_more(store: Store) -> None:
    tokens = TokenStore(store.database)
    app, other = tokens.new("app", "classify"), tokens.new("other", "classify")
    tokens.revoke("app")
    assert tokens.check(app) is None
    assert tokens.check(other) is not None
    assert tokens.names() == ("other",)


@ON_BOTH_DATABASES
def test_a_running_service_sees_tokens_made_and_revoked_elsewhere(place: Place) -> None:
    running = TokenStore(place.open().database)
    elsewhere = TokenStore(place.state, address=place.database)
    app = elsewhere.new("app", "classify")
    assert running.check(app) is None  # it looks at memory alone, until it refreshes
    running.refresh()
    assert running.check(app) is not None
    elsewhere.revoke("app")
    running.refresh()
    assert running.check(app) is None
    again = elsewhere.new("app", "classify")
    running.refresh()
    assert running.check(app) is None
    assert running.check(again) is not None


def test_where_the_database_fails_known_tokens_stay_valid_and_that_is_reported_once(
    tmp_path: Path,
) -> None:
    reported: list[str] = []
    running = TokenStore(tmp_path, reported.append)
    app = running.new("app", "classify")
    running.close()
    database, aside = tmp_path / "state.sqlite", tmp_path / "aside"
    database.rename(aside)
    database.write_bytes(b"no database at all, and long enough to be looked at " * 20)
    for _ in range(2):
        with pytest.raises(StateUnavailable, match="not a database"):
            running.refresh()
    assert running.check(app) is not None
    assert len(reported) == 1
    assert "New and revoked tokens are not seen until this is mended" in reported[0]
    running.close()
    aside.replace(database)
    running.refresh()
    assert running.check(app) is not None


def test_the_check_of_a_token_takes_no_time(tmp_path: Path) -> None:
    tokens = TokenStore(tmp_path)
    app = tokens.new("app", "classify")
    began = time.process_time()
    for _ in range(1000):
        tokens.check(app)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("name", ["", "a b", "-a", "a\n", "ä", "a" * 65, "../x"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    tokens = TokenStore(tmp_path)
    with pytest.raises(SettingError, match="A token's name"):
        tokens.new(name, "classify")
    assert tokens.names() == ()


@ON_BOTH_DATABASES
def test_wrong_calls_are_refused_in_one_sentence(store: Store) -> None:
    tokens = TokenStore(store.database)
    token = tokens.new("app", "classify")
    with pytest.raises(SettingError, match="There is no scope 'admin'; known are classify, oper"):
        tokens.new("other", "admin")
    with pytest.raises(SettingError, match=r"a token 'app' already in .* or revoke it first"):
        tokens.new("app", "classify")
    with pytest.raises(SettingError, match=r"There is no token 'ap' .* Did you mean 'app'\?"):
        tokens.revoke("ap")
    assert tokens.check(token) is not None


@ON_BOTH_DATABASES
def test_many_that_make_tokens_at_once_lose_none(place: Place) -> None:
    place.open().close()

    def make(first: int) -> None:
        tokens = TokenStore(place.state, address=place.database)
        for number in range(10):
            tokens.new(f"app{first + number}", "classify")
        tokens.close()

    threads = [threading.Thread(target=make, args=(first,)) for first in (0, 100, 200)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(TokenStore(place.state, address=place.database).names()) == 30


def test_a_folder_that_is_none_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StorageError, match="state"):
        TokenStore(tmp_path / "state")
