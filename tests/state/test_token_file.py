"""The first release kept its tokens in a file: they move into the database once."""

import hashlib
import json
from pathlib import Path

import pytest

from pixonomy.errors import StorageError
from pixonomy.state.tokens import Token, TokenStore

TOKEN = "pixonomy_of-the-first-release"
ROW = {
    "name": "app",
    "scope": "operate",
    "created": "2026-11-01T10:00:00Z",
    "sha256": hashlib.sha256(TOKEN.encode()).hexdigest(),
}


def write_file(state: Path, content: object) -> Path:
    file = state / "tokens.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_tokens_of_the_first_release_stay_valid_and_their_file_is_put_aside(tmp_path: Path) -> None:
    file = write_file(tmp_path, {"format": 1, "tokens": [ROW]})
    tokens = TokenStore(tmp_path)
    assert tokens.check(TOKEN) == Token("app", frozenset({"classify", "operate"}))
    assert tokens.facts()[0].created == "2026-11-01T10:00:00Z"
    assert not file.exists()
    assert (tmp_path / "tokens.json.imported").exists()


def test_a_token_that_was_revoked_since_does_not_come_back_with_its_file(tmp_path: Path) -> None:
    content = {"format": 1, "tokens": [ROW]}
    write_file(tmp_path, content)
    TokenStore(tmp_path).revoke("app")
    write_file(tmp_path, content)  # as after a kill between the database and the file
    assert TokenStore(tmp_path).check(TOKEN) is None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        {"format": 2, "tokens": []},
        {"format": 1},
        {"format": 1, "tokens": [3]},
        {"format": 1, "tokens": [{**ROW, "scope": "all"}]},
        {"format": 1, "tokens": [{**ROW, "sha256": ""}]},
    ],
)
def test_a_file_of_anything_else_is_refused_in_one_sentence(
    tmp_path: Path, content: object
) -> None:
    file = write_file(tmp_path, content)
    with pytest.raises(StorageError, match=r"tokens\.json"):
        TokenStore(tmp_path)
    assert file.exists()
