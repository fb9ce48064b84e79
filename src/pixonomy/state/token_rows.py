"""Rows of access tokens: name, scope, age and the SHA-256 of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from pixonomy.results.token_results import Scope, TokenFacts
from pixonomy.state.state_tables import tokens
from pixonomy.state.upserts import insert_if_new

KNOWN_SCOPES: Mapping[str, Scope] = {"classify": "classify", "operate": "operate"}
"""Each scope by its name, as text from outside writes it."""


@dataclass(frozen=True)
class KeptToken:
    """What is kept of a token.

    Attributes:
        facts: its name, scope and age.
        sha256: of the token, in hexadecimal.
    """

    facts: TokenFacts
    sha256: str


def read_tokens(connection: Connection) -> tuple[KeptToken, ...]:
    """Return all tokens, in the order in which they were made.

    One with a scope that a newer release has made opens nothing here and is left out.
    """
    found = connection.execute(select(tokens).order_by(tokens.c.id))
    return tuple(
        KeptToken(
            TokenFacts(name=row.name, scope=KNOWN_SCOPES[row.scope], created=row.created),
            row.sha256,
        )
        for row in found
        if row.scope in KNOWN_SCOPES
    )


def insert_tokens(connection: Connection, made: Sequence[KeptToken]) -> int:
    """Insert tokens, but those whose name is taken; return how many were inserted."""
    return sum(
        insert_if_new(connection, tokens, {**one.facts.as_json(), "sha256": one.sha256})
        for one in made
    )


def delete_token(connection: Connection, name: str) -> bool:
    """Delete a token; return whether there was one of this name."""
    return connection.execute(delete(tokens).where(tokens.c.name == name)).rowcount == 1
