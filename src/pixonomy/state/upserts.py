"""Inserts rows that may be there already, as SQLite and PostgreSQL both can."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_if_new(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert a row where none has its key; return whether it was inserted.

    It waits for another transaction that is inserting the same key.
    """
    statement = _insert(connection, table).values(dict(row)).on_conflict_do_nothing()
    return connection.execute(statement).rowcount == 1


def insert_or_add(
    connection: Connection, table: Table, key: Mapping[str, object], counter: str
) -> None:
    """Insert a row with the counter 1, or count one up where the key is there."""
    statement = _insert(connection, table).values({**key, counter: 1})
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(key), set_={counter: table.c[counter] + 1}
        )
    )


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    is_sqlite = connection.dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)
