"""What is kept of a saver, as the API returns it; and a worker's answer, as it is kept."""

from datetime import date, datetime
from decimal import Decimal

from pixonomy.goals.saving_plan import make_plan
from pixonomy.results.kept_results import KeptCorrection, KeptGoal, KeptUpload
from pixonomy.serving.pool import Classified
from pixonomy.state.saver_records import Answered, Correction, SavedGoal, Upload


def answered_of(classified: Classified) -> Answered:
    """Return what is kept or counted of a worker's answer."""
    row = classified.answer
    return Answered(classified.model, row.label, row.verdict, row.confidence, row.top)


def answered_upload(upload: Upload) -> Answered:
    """Return the answer that an upload got."""
    return Answered(upload.model, upload.label, upload.verdict, upload.confidence, upload.top)


def describe_upload(upload: Upload) -> KeptUpload:
    """Return an upload as the API does."""
    return KeptUpload(
        id=upload.id,
        created=_utc(upload.created),
        model=upload.model,
        verdict=upload.verdict,
        label=upload.label,
        confidence=upload.confidence,
        top=upload.top,
        has_image=upload.has_image,
        keep=upload.keep,
        improve=upload.improve,
    )


def describe_correction(correction: Correction) -> KeptCorrection:
    """Return a correction as the API does."""
    return KeptCorrection(
        id=correction.id,
        upload=correction.upload_id,
        label=correction.label,
        text=correction.text,
        created=_utc(correction.created),
    )


def describe_goal(goal: SavedGoal, today: date) -> KeptGoal:
    """Return a goal as the API does, with what it is a month and a week from today."""
    fields = goal.fields
    plan = make_plan(fields.amount, fields.saved, fields.by, today)
    return KeptGoal(
        id=goal.id,
        version=goal.version,
        name=fields.name,
        label=fields.label,
        amount=_number(fields.amount),
        currency=fields.currency,
        by=None if fields.by is None else fields.by.isoformat(),
        saved=float(fields.saved),
        upload=goal.upload_id,
        each_month=_number(plan.each_month),
        each_week=_number(plan.each_week),
        share=plan.share,
        created=_utc(goal.created),
        changed=_utc(goal.changed),
    )


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
