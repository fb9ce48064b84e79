"""Counts of answers by day, which say nothing of whom they were for."""

from datetime import datetime

from sqlalchemy import Connection

from pixonomy.state.saver_records import Answered, Event
from pixonomy.state.state_tables import counts
from pixonomy.state.upload_rows import note_model
from pixonomy.state.upserts import insert_or_add

_BINS = 10  # of the confidence


def count_answer(
    connection: Connection,
    answered: Answered,
    event: Event,
    corrected_to: str | None,
    now: datetime,
) -> None:
    """Count one more answer of its kind."""
    note_model(connection, answered.model, now)
    key = {
        "day": now.date(),
        "model": answered.model,
        "label": answered.label or "",
        "verdict": answered.verdict,
        "tenth": min(max(int(answered.confidence * _BINS), 0), _BINS - 1),
        "event": event,
        "corrected_to": corrected_to or "",
    }
    insert_or_add(connection, counts, key, "number")
