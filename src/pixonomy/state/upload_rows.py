"""Rows of uploads, and of the consents and corrections that belong to them."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from pixonomy.results.answer_results import Candidate
from pixonomy.state.row_ids import is_id, storable
from pixonomy.state.saver_records import Answered, Correction, Upload
from pixonomy.state.state_tables import consents, corrections, models, uploads
from pixonomy.state.upserts import insert_if_new

_SHOWN = [one for one in uploads.c if one.name not in ("saver_id", "features")]


def insert_upload(
    connection: Connection, saver_id: str, made: Upload, features: bytes | None
) -> None:
    """Insert an upload with its first consent."""
    note_model(connection, made.model, made.created)
    row = {
        "id": made.id,
        "saver_id": saver_id,
        "created": made.created,
        "model": made.model,
        "label": made.label,
        "verdict": made.verdict,
        "confidence": made.confidence,
        "top": [one.as_json() for one in made.top],
        "has_image": made.has_image,
        "keep": made.keep,
        "improve": made.improve,
        "features": features if made.improve else None,
    }
    connection.execute(insert(uploads).values(row))
    _insert_consent(connection, made, made.created)


def new_upload(
    upload_id: str, answered: Answered, given: tuple[bool, bool], has_image: bool, now: datetime
) -> Upload:
    """Return an upload as it is when it is made; `given` are the consents keep and improve."""
    keep, improve = given
    return Upload(
        id=upload_id,
        created=now,
        model=answered.model,
        label=answered.label,
        verdict=answered.verdict,
        confidence=answered.confidence,
        top=answered.top,
        has_image=has_image,
        keep=keep,
        improve=improve,
    )


def consented(found: Upload, keep: bool | None, improve: bool | None) -> Upload:
    """Return an upload with other consents, None as they are; without any it has no image."""
    keep = found.keep if keep is None else keep
    improve = found.improve if improve is None else improve
    has_image = found.has_image and (keep or improve)
    return replace(found, keep=keep, improve=improve, has_image=has_image)


def note_model(connection: Connection, model: str, now: datetime) -> None:
    """Note when a model was first used."""
    if connection.execute(select(models.c.name).where(models.c.name == model)).scalar() is None:
        insert_if_new(connection, models, {"name": model, "first_used": now})


def find_upload(
    connection: Connection, saver_id: str, upload_id: str, is_locked: bool = False
) -> Upload | None:
    """Return an upload of a saver; None for another's.

    Args:
        is_locked: let no other transaction change it before this one ends.
    """
    if not is_id(upload_id):
        return None
    asked = select(*_SHOWN).where(uploads.c.id == upload_id, uploads.c.saver_id == saver_id)
    found = connection.execute(asked.with_for_update() if is_locked else asked).one_or_none()
    return None if found is None else _read_upload(found)


def list_uploads(connection: Connection, saver_id: str) -> list[Upload]:
    """Return the uploads of a saver, the newest first."""
    found = connection.execute(
        select(*_SHOWN)
        .where(uploads.c.saver_id == saver_id)
        .order_by(uploads.c.created.desc(), uploads.c.id)
    )
    return [_read_upload(row) for row in found]


def list_images(connection: Connection, saver_id: str) -> list[str]:
    """Return the ids of all uploads of a saver that have an image."""
    return list(
        connection.scalars(
            select(uploads.c.id).where(uploads.c.saver_id == saver_id, uploads.c.has_image)
        )
    )


def change_consent(connection: Connection, changed: Upload, now: datetime) -> None:
    """Write the consents of an upload; without the one for better answers, no features stay."""
    values: dict[str, object] = {
        "keep": changed.keep,
        "improve": changed.improve,
        "has_image": changed.has_image,
    }
    if not changed.improve:
        values["features"] = None
    connection.execute(update(uploads).where(uploads.c.id == changed.id).values(values))
    _insert_consent(connection, changed, now)


def insert_correction(connection: Connection, made: Correction) -> None:
    """Insert a correction; earlier ones stay."""
    connection.execute(
        insert(corrections).values(
            id=made.id,
            upload_id=made.upload_id,
            label=made.label,
            text=storable(made.text),
            created=made.created,
        )
    )


def find_correction(connection: Connection, correction_id: str) -> Correction | None:
    """Return a correction."""
    found = connection.execute(
        select(corrections).where(corrections.c.id == correction_id)
    ).one_or_none()
    return None if found is None else Correction(**found._mapping)


def _insert_consent(connection: Connection, given: Upload, now: datetime) -> None:
    connection.execute(
        insert(consents).values(
            upload_id=given.id, keep=given.keep, improve=given.improve, created=now
        )
    )


def _read_upload(row: Row[tuple[object, ...]]) -> Upload:
    values = dict(row._mapping)
    top = tuple(Candidate.from_json(one) for one in values.pop("top"))
    return Upload(**values, top=top)
