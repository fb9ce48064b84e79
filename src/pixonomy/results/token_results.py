"""What `token` returns: which access tokens there are, and once the token itself."""

from dataclasses import dataclass
from typing import Literal

from pixonomy.results.json_record import Result

Scope = Literal["classify", "operate"]
"""What a token allows: to classify; to read figures and swap the model, too."""


@dataclass(frozen=True, kw_only=True)
class TokenFacts(Result):
    """An access token, without what opens anything.

    Attributes:
        name: of whoever uses it.
        scope: `classify`, or `operate`, which allows `classify`, too.
        created: when, in UTC (ISO 8601).
    """

    name: str
    scope: Scope
    created: str


@dataclass(frozen=True, kw_only=True)
class NewTokenResult(Result):
    """A token as it is made; `token new` returns it.

    Attributes:
        name: of whoever uses it.
        scope: `classify`, or `operate`, which allows `classify`, too.
        token: the token itself, which is kept nowhere.
        file: which keeps its SHA-256.
    """

    name: str
    scope: Scope
    token: str
    file: str


@dataclass(frozen=True, kw_only=True)
class TokenListResult(Result):
    """The tokens of a service; `token list` returns it.

    Attributes:
        tokens: each, in the order in which they were made.
        file: which keeps their SHA-256.
    """

    tokens: tuple[TokenFacts, ...]
    file: str


@dataclass(frozen=True, kw_only=True)
class RevokedTokenResult(Result):
    """A token that opens nothing any more; `token revoke` returns it.

    Attributes:
        name: that it had.
        file: which no longer has it.
    """

    name: str
    file: str
