"""Rows of savers: found by the hash of a key, deleted with all that is theirs."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from pixonomy.state.row_ids import hash_text, make_id
from pixonomy.state.saver_records import Once, Saver
from pixonomy.state.state_errors import OnceMismatch, TooMuchKept
from pixonomy.state.state_tables import events, goals, once, savers, uploads
from pixonomy.state.upserts import insert_if_new

MOST_GOALS, MOST_UPLOADS = 1000, 5000  # of one saver: they are listed on one page


def find_saver(connection: Connection, key: str) -> Saver | None:
    """Return the saver of a key."""
    found = connection.execute(
        select(savers.c.id).where(savers.c.key_sha256 == hash_text(key))
    ).scalar()
    return None if found is None else Saver(found)


def make_saver(connection: Connection, key: str, now: datetime) -> Saver:
    """Return the saver of a key, a new one where there is none."""
    made = Saver(make_id())
    row = {"id": made.id, "key_sha256": hash_text(key), "created": now}
    if insert_if_new(connection, savers, row):
        note_event(connection, made.id, "saver made", now)
        return made
    found = find_saver(connection, key)
    return made if found is None else found


def delete_saver(connection: Connection, saver_id: str, now: datetime) -> None:
    """Delete a saver's rows in all tables; that somebody was deleted stays among the events."""
    if connection.execute(delete(savers).where(savers.c.id == saver_id)).rowcount:
        note_event(connection, saver_id, "saver deleted", now)


def require_room_for_goal(connection: Connection, saver_id: str) -> None:
    """Refuse a goal more than are kept of one saver.

    Raises:
        TooMuchKept: saying how many that are.
    """
    asked = select(func.count()).where(goals.c.saver_id == saver_id)
    if (connection.scalar(asked) or 0) >= MOST_GOALS:
        raise TooMuchKept(f"There are {MOST_GOALS} goals already: delete one before you add one.")


def require_room_for_upload(connection: Connection, saver_id: str) -> None:
    """Refuse an upload more than are kept of one saver.

    Raises:
        TooMuchKept: saying how many that are.
    """
    asked = select(func.count()).where(uploads.c.saver_id == saver_id)
    if (connection.scalar(asked) or 0) >= MOST_UPLOADS:
        raise TooMuchKept(f"There are {MOST_UPLOADS} pictures already: delete one to keep more.")


def note_event(connection: Connection, who: str, what: str, now: datetime) -> None:
    """Note that something was changed, without its content."""
    connection.execute(insert(events).values(who=who, what=what, created=now))


def claim_once(
    connection: Connection, saver_id: str, asked: Once | None, record_id: str, now: datetime
) -> str:
    """Return the id of the record of a request: `record_id`, or that of its first sending.

    Raises:
        OnceMismatch: if the key was used for another request.
    """
    if asked is None:
        return record_id
    row = {
        "saver_id": saver_id,
        "key_sha256": hash_text(asked.key),
        "request_sha256": asked.request_sha256,
        "record_id": record_id,
        "created": now,
    }
    if insert_if_new(connection, once, row):
        return record_id
    found = find_once(connection, saver_id, asked)
    return record_id if found is None else found


def find_once(connection: Connection, saver_id: str, asked: Once | None) -> str | None:
    """Return the id of the record that an earlier sending of a request has made.

    Raises:
        OnceMismatch: if the key was used for another request.
    """
    if asked is None:
        return None
    found = connection.execute(
        select(once.c.request_sha256, once.c.record_id).where(
            once.c.saver_id == saver_id, once.c.key_sha256 == hash_text(asked.key)
        )
    ).one_or_none()
    if found is None:
        return None
    if found.request_sha256 != asked.request_sha256:
        raise OnceMismatch("This idempotency key was used before, for another request.")
    return str(found.record_id)


def gone_since() -> OnceMismatch:
    """Return the error for a request whose record was deleted since it was sent first."""
    return OnceMismatch("This idempotency key was used before, and what it made was deleted since.")
