"""The few facts about the whole state: its secret, who made it, where its images lie."""

from sqlalchemy import Connection, select, update

from pixonomy.state.state_tables import settings
from pixonomy.state.upserts import insert_if_new


def read_setting(connection: Connection, name: str) -> bytes | None:
    """Return a fact; None where it is not there."""
    found = connection.execute(select(settings.c.value).where(settings.c.name == name)).scalar()
    return None if found is None else bytes(found)


def write_setting(connection: Connection, name: str, value: bytes) -> None:
    """Write a fact, over what was there."""
    if not insert_if_new(connection, settings, {"name": name, "value": value}):
        connection.execute(update(settings).where(settings.c.name == name).values(value=value))


def first_setting(connection: Connection, name: str, value: bytes) -> bytes:
    """Write a fact where it is not there yet; return what is there now."""
    insert_if_new(connection, settings, {"name": name, "value": value})
    found = read_setting(connection, name)
    return value if found is None else found
