"""Fills a state with as many rows as a service may have after a year, for tests of its speed."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, Table, insert, text

from pixonomy.state.row_ids import hash_text, make_id
from pixonomy.state.state_tables import consents, goals, savers, uploads
from pixonomy.state.store import Store
from stores import ANSWERED

SAVERS, UPLOADS, GOALS = 5_000, 100_000, 20_000
BUSY = 200  # uploads of the first saver
_AT_ONCE = 10_000  # rows


def cookie_of(number: int) -> str:
    """Return the cookie of a saver, by its number."""
    return f"{number:043d}"


def fill(store: Store, share: int) -> None:
    """Write 1 / share of the rows; the first saver has more of them than others."""
    now = datetime.now(UTC)
    people = [make_id() for _ in range(SAVERS // share)]
    known: list[dict[str, object]] = [
        {"id": one, "key_sha256": hash_text(f"cookie:{cookie_of(number)}"), "created": now}
        for number, one in enumerate(people)
    ]
    kept: list[dict[str, object]] = [
        {
            "id": make_id(),
            "saver_id": people[0 if number < BUSY else number % len(people)],
            "created": now - timedelta(minutes=number),
            "model": "goals 1",
            "label": "travel",
            "verdict": "sure",
            "confidence": 0.9,
            "top": [one.as_json() for one in ANSWERED.top],
            "has_image": True,
            "keep": True,
            "improve": number % 2 == 0,
            "features": None,
        }
        for number in range(UPLOADS // share)
    ]
    saved: list[dict[str, object]] = [
        {
            "id": make_id(),
            "saver_id": one["saver_id"],
            "upload_id": one["id"],
            "version": 1,
            "name": "Trip",
            "amount": Decimal(100),
            "saved": Decimal(0),
            "created": one["created"],
            "changed": one["created"],
        }
        for one in kept[:: UPLOADS // GOALS]
    ]
    given: list[dict[str, object]] = [
        {"upload_id": one["id"], "keep": True, "improve": one["improve"], "created": now}
        for one in kept
    ]
    with store.database.write() as connection:
        for table, rows in ((savers, known), (uploads, kept), (goals, saved), (consents, given)):
            _insert_many(connection, table, rows)


def _insert_many(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), rows)
        return
    # pg8000 would ask the server for each row.
    names = ", ".join(rows[0])
    statement = text(
        f"INSERT INTO {table.name} ({names}) SELECT {names} "
        f"FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json))"
    )
    for first in range(0, len(rows), _AT_ONCE):
        part = json.dumps(rows[first : first + _AT_ONCE], default=_as_stored)
        connection.execute(statement, {"rows": part})


def _as_stored(value: object) -> object:
    return int(value * 100) if isinstance(value, Decimal) else str(value)
