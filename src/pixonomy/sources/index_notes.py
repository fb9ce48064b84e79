"""Notes of what `index` found beside its rows, and says of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import polars as pl

from pixonomy.dataset.manifest import Summary
from pixonomy.errors import DataError
from pixonomy.progress import Context
from pixonomy.sources.damage import Indexed, join_indexed
from pixonomy.sources.find_sources import FoundSources
from pixonomy.storage.files import printable

_PROBLEMS_NAMED, _REASONS_NAMED = 3, 5  # why pictures are left out, and files passed over


class DamageNote(TypedDict):
    """Where a source broke off, and how."""

    offset: int
    message: str


class Notes(TypedDict):
    """What is reported beside rows."""

    passed_over: Mapping[str, int]
    missing: int
    remarks: list[str]


class Part(Notes):
    """What is noted of a part: where of which source it ends, and what is told beside its rows."""

    source: int
    end: int
    is_over: bool
    damage: list[DamageNote]


class IndexSummary(Summary):
    """A manifest's summary, with what is in no row."""

    passed_over: dict[str, int]
    missing: int


class ManifestNotes(TypedDict):
    """What is noted of a manifest beside its rows, and reported again."""

    summary: IndexSummary
    remarks: list[str]
    unlabelled: int
    unknown: list[str]
    damage: list[DamageNote]
    salvaged: bool


def note_part(indexed: Sequence[Indexed]) -> Notes:
    """Return what is told beside the rows of a part, as plain JSON."""
    joined = join_indexed(indexed, no_rows())
    return {
        "passed_over": dict(joined.passed_over),
        "missing": joined.missing,
        "remarks": list(joined.remarks),
    }


def no_rows() -> pl.DataFrame:
    """Return a table of no image."""
    return pl.DataFrame({"image_id": pl.Series([], dtype=pl.String)})


def remark_reasons(reasons: Counter[str]) -> Iterator[str]:
    """Yield a sentence on why pictures are left out."""
    named = [f"{reason} ({count})" for reason, count in reasons.most_common(_PROBLEMS_NAMED)]
    if named:
        yield f"Left out: {'; '.join([*named, '…'] if len(reasons) > len(named) else named)}."


def read_part(part: Part) -> Indexed:
    """Undo `note_part`; the rows lie elsewhere."""
    return Indexed(
        no_rows(),
        passed_over=part["passed_over"],
        missing=part["missing"],
        remarks=tuple(part["remarks"]),
    )


def explain_nothing(found: FoundSources, indexed: Indexed) -> str:
    """Say what lies where no picture does."""
    others = Counter(indexed.passed_over).most_common(_REASONS_NAMED)
    seen = ", ".join(f"{reason} {count}" for reason, count in others)
    sentences = [f"No pictures found in {', '.join(one.name for one in found.sources)}."]
    sentences += [f"Passed over: {seen}."] if seen else []
    return " ".join([*sentences, *indexed.remarks])


def report_remarks(notes: ManifestNotes, context: Context) -> None:
    """Say what should be known of a manifest."""
    for remark in notes["remarks"]:
        context.report(remark)
    summary, count = notes["summary"], notes["unlabelled"]
    if count and count == summary["rows"] - summary["problems"]:
        context.report(
            "No picture has a category. They can be classified; to train, expected "
            "one folder per category, or a category_id in the catalogue."
        )
    elif count:
        context.report(f"{count} pictures have no category and will not be trained on.")
    if notes["unknown"]:
        named = ", ".join(notes["unknown"][:3])
        context.report(
            f"{len(notes['unknown'])} categories are not in the table of categories ({named}); "
            "their ids stay their labels."
        )


def damaged(output: Path, notes: ManifestNotes) -> DataError:
    """Return the error for sources that broke off, or were read around damage."""
    others = len(notes["damage"]) - 1
    more = f" (and {others} more)" if others else ""
    what = f"{first_damage(notes['damage'])}{more}. {printable(output)} holds the "
    rows = notes["summary"]["rows"]
    if notes["salvaged"]:
        return DataError(f"{what}{rows} pictures around it, by an earlier call with --salvage.")
    return DataError(f"{what}{rows} pictures before it; --salvage goes on behind it.")


def first_damage(damage: Sequence[DamageNote]) -> str:
    """Say where the first damage lies."""
    return f"Damaged at byte {damage[0]['offset']}: {damage[0]['message']}"
