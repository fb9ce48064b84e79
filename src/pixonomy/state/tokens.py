"""Access tokens: shown once when they are made, kept as SHA-256 alone in the database.

A token is 256 random bits, so that a plain hash is enough: nobody can guess one, and a slow hash
would cost each request tens of milliseconds.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pixonomy.errors import SettingError
from pixonomy.nearest_names import suggest
from pixonomy.progress import no_report
from pixonomy.results.token_results import Scope, TokenFacts
from pixonomy.state.database import Database
from pixonomy.state.opening import open_database
from pixonomy.state.saver_rows import note_event
from pixonomy.state.state_errors import StateUnavailable
from pixonomy.state.token_rows import (
    KNOWN_SCOPES,
    KeptToken,
    delete_token,
    insert_tokens,
    read_tokens,
)

_ALLOWED: Mapping[Scope, frozenset[Scope]] = {
    "classify": frozenset({"classify"}),
    "operate": frozenset({"classify", "operate"}),
}

_PREFIX = "pixonomy_"  # what scanners for leaked secrets can look for
_MOST_LETTERS = 200  # of what anybody sends as a token
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ISO = "%Y-%m-%dT%H:%M:%SZ"


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
    """The tokens of a service, as they were when it last looked.

    Args:
        state: an open database, or the folder of one, which need not exist.
        report: takes a sentence where the database cannot be read any more.
        address: of the database, where that is none in the folder.

    Raises:
        SettingError, StateUnavailable, StorageError: see `opening.open_database`.
    """

    def __init__(
        self,
        state: Path | Database,
        report: Callable[[str], None] = no_report,
        address: str | None = None,
    ) -> None:
        """Read the tokens."""
        self._database = state if isinstance(state, Database) else open_database(state, address)
        self._report, self._is_reported = report, False
        self._tokens: tuple[KeptToken, ...] = ()
        self.refresh()

    @property
    def place(self) -> str:
        """The database's file, or its address without user and password."""
        return self._database.place

    def refresh(self) -> None:
        """Look at the database; where that fails, the tokens known last stay valid.

        Raises:
            StateUnavailable: naming what is wrong.
        """
        try:
            with self._database.read() as connection:
                self._tokens = read_tokens(connection)
        except StateUnavailable as error:
            if not self._is_reported:
                self._report(f"New and revoked tokens are not seen until this is mended: {error}")
            self._is_reported = True
            raise
        self._is_reported = False

    def new(self, name: str, scope: str) -> str:
        """Make a token and return it: it is kept nowhere, only its hash.

        Raises:
            SettingError: if the name is taken or no name, or the scope is unknown.
            StateUnavailable: if the database cannot be written.
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
        facts = TokenFacts(name=name, scope=KNOWN_SCOPES[scope], created=f"{_now():{_ISO}}")
        with self._database.write() as connection:
            if not insert_tokens(connection, [KeptToken(facts, _hash(token))]):
                raise SettingError(
                    f"There is a token {name!r} already in {self.place}; choose another name, or "
                    "revoke it first."
                )
            note_event(connection, name, "token made", _now())
        self.refresh()
        return token

    def revoke(self, name: str) -> None:
        """Forget a token; a running service refuses it within a second.

        Raises:
            SettingError: if there is none of this name.
            StateUnavailable: if the database cannot be written.
        """
        with self._database.write() as connection:
            if not delete_token(connection, name):
                names = [one.facts.name for one in read_tokens(connection)]
                raise SettingError(
                    f"There is no token {name!r} in {self.place}."
                    f"{suggest(name, names) or ' See `pixonomy token list`.'}"
                )
            note_event(connection, name, "token revoked", _now())
        self.refresh()

    def check(self, token: str) -> Token | None:
        """Return what a token allows; None for one that is not known, or revoked.

        It looks only at what `refresh` has read.
        """
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

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)
