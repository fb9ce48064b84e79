"""Rows of goals; each change counts the version up, so that none is lost unseen."""

from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.state.row_ids import is_id, storable
from pixonomy.state.saver_records import SavedGoal
from pixonomy.state.state_errors import StaleGoal
from pixonomy.state.state_tables import goals


def insert_goal(connection: Connection, saver_id: str, made: SavedGoal) -> None:
    """Insert a goal."""
    connection.execute(
        insert(goals).values(
            id=made.id,
            saver_id=saver_id,
            upload_id=made.upload_id,
            version=made.version,
            created=made.created,
            changed=made.changed,
            **_columns(made.fields),
        )
    )


def find_goal(
    connection: Connection, saver_id: str, goal_id: str, is_locked: bool = False
) -> SavedGoal | None:
    """Return a goal of a saver; None for another's.

    Args:
        is_locked: let no other transaction change it before this one ends.
    """
    if not is_id(goal_id):
        return None
    asked = select(goals).where(goals.c.id == goal_id, goals.c.saver_id == saver_id)
    found = connection.execute(asked.with_for_update() if is_locked else asked).one_or_none()
    return None if found is None else _read_goal(found)


def list_goals(connection: Connection, saver_id: str) -> list[SavedGoal]:
    """Return the goals of a saver, in the order in which they were made."""
    found = connection.execute(
        select(goals).where(goals.c.saver_id == saver_id).order_by(goals.c.created, goals.c.id)
    )
    return [_read_goal(row) for row in found]


def change_goal(
    connection: Connection, found: SavedGoal, version: int, fields: GoalFields, now: datetime
) -> SavedGoal:
    """Write other fields into a goal that is locked; return it as it is now.

    Raises:
        StaleGoal: if it is not of this version any more.
    """
    if found.version != version:
        raise StaleGoal(found)
    connection.execute(
        update(goals)
        .where(goals.c.id == found.id)
        .values(version=version + 1, changed=now, **_columns(fields))
    )
    return SavedGoal(found.id, version + 1, fields, found.upload_id, found.created, now)


def delete_goal(connection: Connection, saver_id: str, goal_id: str) -> bool:
    """Delete a goal; return whether it was there and the saver's."""
    if not is_id(goal_id):
        return False
    deleted = delete(goals).where(goals.c.id == goal_id, goals.c.saver_id == saver_id)
    return connection.execute(deleted).rowcount == 1


def _columns(fields: GoalFields) -> dict[str, object]:
    return {
        "name": storable(fields.name),
        "label": fields.label,
        "amount": fields.amount,
        "currency": fields.currency,
        "by_day": fields.by,
        "saved": fields.saved,
    }


def _read_goal(row: Row[tuple[object, ...]]) -> SavedGoal:
    values = row._mapping
    fields = GoalFields(
        name=values["name"],
        label=values["label"],
        amount=values["amount"],
        currency=values["currency"],
        by=values["by_day"],
        saved=values["saved"],
    )
    return SavedGoal(
        values["id"],
        values["version"],
        fields,
        values["upload_id"],
        values["created"],
        values["changed"],
    )
