"""Moves the tokens of the first release, which kept them in `tokens.json`, into the database."""

import re
from hashlib import sha256
from pathlib import Path

from pixonomy.errors import StorageError
from pixonomy.json_types import Json
from pixonomy.results.token_results import TokenFacts
from pixonomy.state.database import Database
from pixonomy.state.state_tables import settings
from pixonomy.state.token_rows import KNOWN_SCOPES, KeptToken, insert_tokens
from pixonomy.state.upserts import insert_if_new
from pixonomy.storage.files import printable, read_json, storage_errors

TOKEN_FILE = "tokens.json"
"""Where the first release kept its tokens; renamed once they are in the database."""

_FORMAT = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


def import_tokens(database: Database, state: Path) -> None:
    """Move the tokens of a file into the database, once, and put the file aside.

    Raises:
        StateUnavailable: if the database cannot be used.
        StorageError: if the file cannot be read, or is none of tokens.
    """
    file = state / TOKEN_FILE
    with storage_errors(file):
        if not file.exists():
            return
        content = file.read_bytes()
    found = read_token_file(file)
    # A process killed between the two must not bring back what is revoked afterwards.
    name = f"{TOKEN_FILE}:{sha256(content).hexdigest()[:32]}"
    with database.write() as connection:
        if insert_if_new(connection, settings, {"name": name, "value": b"imported"}):
            insert_tokens(connection, found)
    with storage_errors(file):
        file.replace(file.with_name(f"{TOKEN_FILE}.imported"))


def read_token_file(file: Path) -> tuple[KeptToken, ...]:
    """Return the tokens of a file of the first release.

    Raises:
        StorageError: if the file cannot be read, or is none of tokens.
    """
    content: Json = read_json(file)
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise StorageError(f"{printable(file)} is no file of tokens of format {_FORMAT}.")
    rows = content.get("tokens")
    if not isinstance(rows, list):
        raise StorageError(f"{printable(file)} has no list of tokens.")
    return tuple(_read_token(row, file) for row in rows)


def _read_token(row: Json, file: Path) -> KeptToken:
    if isinstance(row, dict):
        name, scope, created, hashed = (
            row.get(key) for key in ("name", "scope", "created", "sha256")
        )
        if (
            isinstance(name, str)
            and isinstance(created, str)
            and isinstance(hashed, str)
            and _SHA256.fullmatch(hashed)
            and isinstance(scope, str)
            and scope in KNOWN_SCOPES
        ):
            facts = TokenFacts(name=name, scope=KNOWN_SCOPES[scope], created=created)
            return KeptToken(facts, hashed)
    raise StorageError(f"{printable(file)} has a row that is no token.")
