"""The file of the tokens' hashes: read with one sentence where it is damaged, written whole."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixonomy.errors import StorageError
from pixonomy.json_types import Json
from pixonomy.results.token_results import Scope, TokenFacts
from pixonomy.storage.files import printable, read_json, write_aside

KNOWN_SCOPES: Mapping[str, Scope] = {"classify": "classify", "operate": "operate"}
"""Each scope by its name, as text from outside writes it."""

_FORMAT = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class KeptToken:
    """What is kept of a token.

    Attributes:
        facts: its name, scope and age.
        sha256: of the token, in hexadecimal.
    """

    facts: TokenFacts
    sha256: str


def read_tokens(file: Path) -> tuple[KeptToken, ...]:
    """Return the tokens; none where there is no file.

    Raises:
        StorageError: if the file cannot be read, or is none of tokens.
    """
    content: Json = read_json(file)
    if content is None:
        return ()
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise StorageError(f"{printable(file)} is no file of tokens of format {_FORMAT}.")
    rows = content.get("tokens")
    if not isinstance(rows, list):
        raise StorageError(f"{printable(file)} has no list of tokens.")
    return tuple(_read_token(row, file) for row in rows)


def write_tokens(file: Path, tokens: Sequence[KeptToken]) -> None:
    """Write the tokens, whole or not at all, for their owner's eyes alone (mode 0600).

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    rows = [{**one.facts.as_json(), "sha256": one.sha256} for one in tokens]
    text = json.dumps({"format": _FORMAT, "tokens": rows}, indent=2) + "\n"
    with write_aside(file) as partial:
        # Nobody else may read it at any moment: the mode is that of the file from its beginning.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(partial, flags, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text)


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
