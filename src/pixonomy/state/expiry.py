"""Deletes what nobody has touched for so many days, and what belongs to nothing."""

from datetime import datetime

from sqlalchemy import Connection, delete, exists, select

from pixonomy.state.state_tables import events, goals, once, savers, uploads

_AT_ONCE = 500  # rows in one transaction: others get their turn between


def find_expired(connection: Connection, before: datetime) -> tuple[list[str], list[str]]:
    """Return the ids of goals and of uploads to delete, some at once.

    A goal is touched when it is changed; an upload when it is made, and as long as its goal is.
    """
    old_goals = select(goals.c.id).where(goals.c.changed < before).limit(_AT_ONCE)
    touched = exists().where(goals.c.upload_id == uploads.c.id, goals.c.changed >= before)
    old_uploads = select(uploads.c.id).where(uploads.c.created < before, ~touched).limit(_AT_ONCE)
    return list(connection.scalars(old_goals)), list(connection.scalars(old_uploads))


def delete_expired(
    connection: Connection, goal_ids: list[str], upload_ids: list[str], before: datetime
) -> int:
    """Delete goals, if nobody has touched them since, and uploads; return how many there were."""
    old = delete(goals).where(goals.c.id.in_(goal_ids), goals.c.changed < before)
    gone = delete(uploads).where(uploads.c.id.in_(upload_ids))
    return connection.execute(old).rowcount + connection.execute(gone).rowcount


def delete_idle(connection: Connection, before: datetime) -> None:
    """Delete savers who have nothing, and events, that are that old."""
    has_any = exists().where(goals.c.saver_id == savers.c.id) | exists().where(
        uploads.c.saver_id == savers.c.id
    )
    connection.execute(delete(savers).where(savers.c.created < before, ~has_any))
    connection.execute(delete(events).where(events.c.created < before))


def forget_requests(connection: Connection, before: datetime) -> None:
    """Delete the idempotency keys that are that old."""
    connection.execute(delete(once).where(once.c.created < before))


def owned_images(connection: Connection, upload_ids: list[str]) -> set[str]:
    """Return which of these uploads are there and have an image."""
    asked = select(uploads.c.id).where(uploads.c.id.in_(upload_ids), uploads.c.has_image)
    return set(connection.scalars(asked))
