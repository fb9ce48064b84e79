"""Access tokens: shown once when they are made, kept as SHA-256 alone in `tokens.json`.

A token is 256 random bits, so that a plain hash is enough: nobody can guess one, and a slow hash
would cost each request tens of milliseconds.
"""

import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pixonomy.errors import SettingError, StorageError
from pixonomy.nearest_names import suggest
from pixonomy.progress import no_report
from pixonomy.results.token_results import Scope, TokenFacts
from pixonomy.serving.token_file import KNOWN_SCOPES, KeptToken, read_tokens, write_tokens
from pixonomy.storage.files import printable, storage_errors
from pixonomy.storage.locks import lock_file

FILE = "tokens.json"
_ALLOWED: Mapping[Scope, frozenset[Scope]] = {
    "classify": frozenset({"classify"}),
    "operate": frozenset({"classify", "operate"}),
}

_PREFIX = "pixonomy_"  # what scanners for leaked secrets can look for
_MOST_LETTERS = 200  # of what anybody sends as a token
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOOK_SECONDS = 1.0  # between looks at the file


@dataclass(frozen=True)
class Token:
    """A token that is known.

    Attributes:
        name: of whoever uses it.
        scopes: what it allows.
    """

    name: str
    scopes: frozenset[Scope]


class TokenStore:
    """The tokens of a service.

    Args:
        state: the folder of `tokens.json`; it need not exist.
        report: takes a sentence where the file can be read no more; until it can, no token counts.

    Raises:
        StorageError: if the file is there and cannot be read or is none of tokens.
    """

    def __init__(self, state: Path, report: Callable[[str], None] = no_report) -> None:
        """Read the tokens."""
        self.file = state / FILE
        self._report = report
        self._tokens = read_tokens(self.file)
        self._seen, self._looked = _version(self.file), time.monotonic()

    def new(self, name: str, scope: str) -> str:
        """Make a token and return it: it is kept nowhere, only its hash.

        Raises:
            SettingError: if the name is taken or no name, or the scope is unknown.
            StorageError: if the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise SettingError(
                f"A token's name has up to 64 letters, digits, dots, dashes and underscores, and "
                f"begins with a letter or digit, not {name!r}."
            )
        if scope not in KNOWN_SCOPES:
            known = ", ".join(KNOWN_SCOPES)
            raise SettingError(f"There is no scope {scope!r}; known are {known}.")
        token = _PREFIX + secrets.token_urlsafe(32)
        facts = TokenFacts(name=name, scope=KNOWN_SCOPES[scope], created=_now())
        with self._changed():
            if name in self.names():
                raise SettingError(
                    f"There is a token {name!r} already in {printable(self.file)}; choose another "
                    f"name, or revoke it first."
                )
            self._tokens = (*self._tokens, KeptToken(facts, _hash(token)))
        return token

    def revoke(self, name: str) -> None:
        """Forget a token; a running service refuses it within a second.

        Raises:
            SettingError: if there is none of this name.
            StorageError: if the file cannot be written.
        """
        with self._changed():
            if name not in self.names():
                raise SettingError(
                    f"There is no token {name!r} in {printable(self.file)}."
                    f"{suggest(name, self.names()) or ' See `pixonomy token list`.'}"
                )
            self._tokens = tuple(one for one in self._tokens if one.facts.name != name)

    def check(self, token: str) -> Token | None:
        """Return what a token allows; None for one that is not known, or revoked."""
        self._look()
        if len(token) > _MOST_LETTERS:
            return None
        hashed = _hash(token)
        # All are compared: how long it takes depends on no token.
        found = [one for one in self._tokens if hmac.compare_digest(one.sha256, hashed)]
        return Token(found[0].facts.name, _ALLOWED[found[0].facts.scope]) if found else None

    def names(self) -> tuple[str, ...]:
        """Return the names of all tokens, in the order in which they were made."""
        return tuple(one.facts.name for one in self._tokens)

    def facts(self) -> tuple[TokenFacts, ...]:
        """Return what is known of each token, in the order in which they were made."""
        return tuple(one.facts for one in self._tokens)

    @contextmanager
    def _changed(self) -> Iterator[None]:
        """Read the tokens, let the block change them, write them; nobody else does meanwhile."""
        with storage_errors(self.file):
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock_file(self.file, waits=True):
            self._tokens = read_tokens(self.file)
            yield
            write_tokens(self.file, self._tokens)
        self._seen = _version(self.file)

    def _look(self) -> None:
        """Read the file again where it has changed."""
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        version = _version(self.file)
        if version == self._seen:
            return
        self._seen = version
        try:
            self._tokens = read_tokens(self.file)
        except StorageError as error:
            self._tokens = ()
            self._report(f"No token is accepted until this is mended: {error}")


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def _version(file: Path) -> tuple[int, int, int] | None:
    """Return what differs between two states of a file; None where it cannot be looked at."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
