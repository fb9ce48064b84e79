"""Lists the images of sources and their categories in a manifest."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import polars as pl

from pixonomy.dataset.category_tree import LEVELS, Taxonomy, read_taxonomy
from pixonomy.dataset.counts import outcome_counts
from pixonomy.dataset.manifest import (
    SUMMED,
    Manifest,
    conform,
    describe,
    manifest_artefact,
    read_about,
)
from pixonomy.errors import DataError, SettingError
from pixonomy.progress import Context
from pixonomy.results.data_results import ManifestResult
from pixonomy.sources.damage import Indexed, join_told
from pixonomy.sources.find_sources import FoundSources, Source, find_sources
from pixonomy.sources.label_names import remark_labels
from pixonomy.sources.table import TableColumns
from pixonomy.storage.address import require_local
from pixonomy.storage.artefact import Record
from pixonomy.storage.checkpoints import Checkpoints, has_checkpoints, remove_checkpoints
from pixonomy.storage.files import hash_file, hash_json, printable
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.locks import lock_file

_DEFAULT = Context()
_PART_STEPS = 4 * 1024**3  # bytes of a source between two points where a killed run can go on
_PART_ROWS = 500_000
_PROBLEMS_NAMED, _REASONS_NAMED = 3, 5  # why pictures are left out, and files passed over


@dataclass(frozen=True)
class IndexChoices:
    """How sources are read.

    Attributes:
        columns: where to look in tables.
        categories: `category_names.csv`; None: labels are taken as they are.
        level: of the categories that become labels, 1 (coarsest) to 3.
        salvage: go on behind damage instead of failing.
    """

    columns: TableColumns = field(default_factory=TableColumns)
    categories: Path | None = None
    level: int = LEVELS[-1]
    salvage: bool = False


def index(
    sources: Sequence[Path | str],
    output: Path,
    choices: IndexChoices | None = None,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> ManifestResult:
    """Write a manifest of every picture in the sources.

    Sources are folders, tables, manifests, .bson, .tar and .zip files, and s3://… addresses of
    .bson files. Rows are streamed, and a killed run goes on where it was.

    Returns:
        A ManifestResult.

    Raises:
        SettingError: if a source is not there or not of a known kind.
        DataError: if there are no pictures, or a source is damaged and `salvage` is not chosen:
            then the manifest holds what was whole before the damage.
    """
    require_local(output)
    choices = choices or IndexChoices()
    taxonomy = _read_taxonomy(choices)
    found = find_sources(sources, choices.columns)
    fingerprint = _fingerprint(found, choices)
    wanted = output, fingerprint, choices, overwrite
    notes = _finished_notes(*wanted)
    if notes is None or has_checkpoints(output):
        with lock_file(output, context.report):
            if (notes := _finished_notes(*wanted)) is None:  # nor has another run made it
                notes = _make(output, found, fingerprint, taxonomy, choices, context)
            remove_checkpoints(output)
    _report_remarks(notes, taxonomy, context)
    if notes["damage"] and not choices.salvage:
        raise _damaged(output, notes)
    told = {"manifest": printable(output), **notes["summary"], "damage": notes["damage"]}
    return ManifestResult.from_json(told)


def _make(
    output: Path,
    found: FoundSources,
    fingerprint: Fingerprint,
    taxonomy: Taxonomy | None,
    choices: IndexChoices,
    context: Context,
) -> Record:
    parts = Checkpoints(output, {**fingerprint, "salvage": choices.salvage})
    for number, source in enumerate(found.sources):
        _walk(source, number, parts, taxonomy, choices, context)
    return _assemble(parts, found, fingerprint, taxonomy, choices)


def _read_taxonomy(choices: IndexChoices) -> Taxonomy | None:
    if choices.categories is not None:
        taxonomy = read_taxonomy(choices.categories)
        taxonomy.label_at(choices.level)  # a level that is none ends here, not half-way
        return taxonomy
    if choices.level != LEVELS[-1]:
        raise SettingError(
            f"Labels at level {choices.level} need the tree: give --categories category_names.csv."
        )
    return None


def _fingerprint(found: FoundSources, choices: IndexChoices) -> Fingerprint:
    asked = {name: one for name, one in asdict(choices.columns).items() if one is not None}
    return {
        "stage": "index",
        "sources": [source.name for source in found.sources],
        "columns": {name: printable(str(value)) for name, value in asked.items()},
        "categories": hash_file(choices.categories) if choices.categories is not None else None,
        "level": choices.level,
        "pictures": [source.images for source in found.sources],
        "content": hash_json([source.identity for source in found.sources]),
    }


def _walk(
    source: Source,
    number: int,
    parts: Checkpoints,
    taxonomy: Taxonomy | None,
    choices: IndexChoices,
    context: Context,
) -> None:
    """Add the parts of a source that an earlier run has not written."""
    before = [part for part in parts.done if part["source"] == number]
    if before and before[-1]["is_over"]:
        return
    labels = taxonomy.label_at(choices.level) if taxonomy is not None else {}
    start = end = before[-1]["end"] if before else 0
    rows: list[pl.DataFrame] = []
    damage: list[Record] = []
    told: list[Indexed] = []

    def finish_part(is_over: bool) -> None:
        about = {"source": number, "end": end, "is_over": is_over, "damage": damage, **_note(told)}
        table = pl.concat(rows, how="diagonal_relaxed") if rows else _nothing()
        keep = parts.set_pending if is_over else parts.add
        keep(_relabel(conform(table), labels), about)

    for batch in source.read(start, choices.salvage):
        indexed, end = batch.indexed, batch.end
        rows.append(indexed.rows)
        told.append(replace(indexed, rows=_nothing()))
        if indexed.damage is not None:
            message = f"{source.short_name}: {indexed.damage.message}"
            damage.append({"offset": indexed.damage.offset, "message": message})
        context.progress(f"indexing {source.short_name}, {source.unit}", *batch.progress)
        if end - start >= _PART_STEPS or sum(map(len, rows)) >= _PART_ROWS:
            finish_part(is_over=False)
            start, rows, damage, told = end, [], [], []
    finish_part(is_over=True)


def _note(told: Sequence[Indexed]) -> Record:
    """Return what is told beside the rows of a part, as plain JSON."""
    joined = join_told(told, _nothing())
    return {
        "passed_over": dict(joined.passed_over),
        "missing": joined.missing,
        "remarks": list(joined.remarks),
    }


def _relabel(rows: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    if all(leaf == label for leaf, label in labels.items()):
        return rows
    return rows.with_columns(pl.col("label").replace(labels))


def _nothing() -> pl.DataFrame:
    return pl.DataFrame({"image_id": pl.Series([], dtype=pl.String)})


def _assemble(
    parts: Checkpoints,
    found: FoundSources,
    fingerprint: Fingerprint,
    taxonomy: Taxonomy | None,
    choices: IndexChoices,
) -> Record:
    counted = outcome_counts(parts.read(SUMMED))
    damage = [one for part in parts.done for one in part["damage"]]
    beside = Indexed(_nothing(), passed_over=found.passed_over)
    told = join_told([beside, *map(_told, parts.done)], _nothing())
    if not counted.rows:
        parts.remove()
        if damage:
            raise DataError(f"{_first(damage)}. Nothing before it is whole.")
        raise DataError(_explain_nothing(found, told))
    passed_over = dict(Counter(told.passed_over).most_common())
    notes = {
        "summary": {**counted.summary(), "passed_over": passed_over, "missing": told.missing},
        "remarks": [
            *told.remarks,
            *_remark_reasons(counted.reasons),
            *remark_labels(counted.usable_labels),
        ],
        "unlabelled": counted.unlabelled,
        "unknown": counted.unknown(taxonomy, choices.level),
        "damage": damage,
        "salvaged": choices.salvage,
    }
    tree = taxonomy or found.taxonomy
    parts.assemble(describe(Manifest(pl.DataFrame(), found.base, fingerprint, tree, notes)))
    return notes


def _remark_reasons(reasons: Counter[str]) -> Iterator[str]:
    named = [f"{reason} ({count})" for reason, count in reasons.most_common(_PROBLEMS_NAMED)]
    if named:
        yield f"Left out: {'; '.join([*named, '…'] if len(reasons) > len(named) else named)}."


def _told(part: Record) -> Indexed:
    return Indexed(
        _nothing(),
        passed_over=part["passed_over"],
        missing=part["missing"],
        remarks=tuple(part["remarks"]),
    )


def _explain_nothing(found: FoundSources, told: Indexed) -> str:
    others = Counter(told.passed_over).most_common(_REASONS_NAMED)
    seen = ", ".join(f"{reason} {count}" for reason, count in others)
    sentences = [f"No pictures found in {', '.join(one.name for one in found.sources)}."]
    sentences += [f"Passed over: {seen}."] if seen else []
    return " ".join([*sentences, *told.remarks])


def _report_remarks(notes: Record, taxonomy: Taxonomy | None, context: Context) -> None:
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
    if notes["unknown"] and taxonomy is not None:
        named = ", ".join(notes["unknown"][:3])
        context.report(
            f"{len(notes['unknown'])} categories are not in the table of categories ({named}); "
            "their ids stay their labels."
        )


def _damaged(output: Path, notes: Record) -> DataError:
    others = len(notes["damage"]) - 1
    more = f" (and {others} more)" if others else ""
    what = f"{_first(notes['damage'])}{more}. {printable(output)} holds the "
    rows = notes["summary"]["rows"]
    if notes["salvaged"]:
        return DataError(f"{what}{rows} pictures around it, by an earlier call with --salvage.")
    return DataError(f"{what}{rows} pictures before it; --salvage goes on behind it.")


def _first(damage: Sequence[Record]) -> str:
    return f"Damaged at byte {damage[0]['offset']}: {damage[0]['message']}"


def _finished_notes(
    output: Path, fingerprint: Fingerprint, choices: IndexChoices, overwrite: bool
) -> Record | None:
    """Return the notes of the manifest at `output`; None if it has to be made."""
    if not manifest_artefact(output).matches(fingerprint, overwrite):
        return None
    notes: Record = (read_about(output) or {"notes": {}})["notes"]
    # What broke off at damage is no finished manifest: it is made anew as soon as it can be.
    return None if notes.get("damage") and not notes["salvaged"] and choices.salvage else notes
