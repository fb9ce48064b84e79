"""Lists the images of sources and their categories in a manifest."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import cast

import polars as pl

from pixonomy.dataset.counts import outcome_counts
from pixonomy.dataset.manifest import (
    SUMMED,
    Manifest,
    conform,
    describe,
    manifest_artefact,
    read_about,
)
from pixonomy.dataset.read_taxonomy import read_taxonomy
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import DataError, SettingError
from pixonomy.progress import Context
from pixonomy.results.data_results import ManifestResult
from pixonomy.sources.damage import Indexed, join_indexed
from pixonomy.sources.find_sources import FoundSources, Source, find_sources
from pixonomy.sources.index_notes import (
    DamageNote,
    ManifestNotes,
    Part,
    damaged,
    explain_nothing,
    first_damage,
    no_rows,
    note_part,
    read_part,
    remark_reasons,
    report_remarks,
)
from pixonomy.sources.label_names import remark_labels
from pixonomy.sources.table import TableColumns
from pixonomy.storage.address import require_local
from pixonomy.storage.checkpoints import Checkpoints, has_checkpoints, remove_checkpoints
from pixonomy.storage.files import hash_file, hash_json, printable
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.locks import lock_file

_DEFAULT = Context()
_PART_STEPS = 4 * 1024**3  # bytes of a source between two points where a killed run can go on
_PART_ROWS = 500_000
_NO_TREE = 3  # the level in fingerprints where there is no tree, as it has always been


@dataclass(frozen=True)
class IndexChoices:
    """How sources are read.

    Attributes:
        columns: where to look in tables.
        categories: a taxonomy in TOML, or `category_names.csv`; None: that of the sources, if any.
        level: of the categories that become labels, 1 being the coarsest; None: labels stay.
        salvage: go on behind damage instead of failing.
    """

    columns: TableColumns = field(default_factory=TableColumns)
    categories: Path | None = None
    level: int | None = None
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
    given = read_taxonomy(choices.categories) if choices.categories is not None else None
    found = find_sources(sources, choices.columns)
    found = found if given is None else replace(found, taxonomy=given, remarks=())
    labels = _label_at(choices.level, found.taxonomy)
    fingerprint = _fingerprint(found, choices)
    wanted = output, fingerprint, choices, overwrite
    notes = _finished_notes(*wanted)
    if notes is None or has_checkpoints(output):
        with lock_file(output, context.report):
            if (notes := _finished_notes(*wanted)) is None:  # nor has another run made it
                notes = _make(output, found, fingerprint, labels, choices, context)
            remove_checkpoints(output)
    report_remarks(notes, context)
    if notes["damage"] and not choices.salvage:
        raise damaged(output, notes)
    summary = {"manifest": printable(output), **notes["summary"], "damage": notes["damage"]}
    return ManifestResult.from_json(summary)


def _make(
    output: Path,
    found: FoundSources,
    fingerprint: Fingerprint,
    labels: dict[str, str],
    choices: IndexChoices,
    context: Context,
) -> ManifestNotes:
    checkpoints = Checkpoints[Part](output, {**fingerprint, "salvage": choices.salvage})
    for number, source in enumerate(found.sources):
        _read_source(source, number, checkpoints, labels, choices, context)
    return _assemble(checkpoints, found, fingerprint, choices)


def _label_at(level: int | None, taxonomy: Taxonomy | None) -> dict[str, str]:
    """Return what each category is called at a level; nothing where labels stay as they are."""
    if level is None:
        return {}
    if taxonomy is None:
        raise SettingError(
            f"Labels at level {level} need the tree: give --categories category_names.csv, or a "
            "taxonomy in TOML."
        )
    return taxonomy.label_at(level)


def _fingerprint(found: FoundSources, choices: IndexChoices) -> Fingerprint:
    deepest = found.taxonomy.depth if found.taxonomy is not None else _NO_TREE
    asked = {name: one for name, one in asdict(choices.columns).items() if one is not None}
    return {
        "stage": "index",
        "sources": [source.name for source in found.sources],
        "columns": {name: printable(str(value)) for name, value in asked.items()},
        "categories": hash_file(choices.categories) if choices.categories is not None else None,
        "level": deepest if choices.level is None else choices.level,
        "pictures": [source.images for source in found.sources],
        "content": hash_json([source.identity for source in found.sources]),
    }


def _read_source(
    source: Source,
    number: int,
    checkpoints: Checkpoints[Part],
    labels: dict[str, str],
    choices: IndexChoices,
    context: Context,
) -> None:
    """Add the parts of a source that an earlier run has not written."""
    before = [part for part in checkpoints.done if part["source"] == number]
    if before and before[-1]["is_over"]:
        return
    start = end = before[-1]["end"] if before else 0
    rows: list[pl.DataFrame] = []
    damage: list[DamageNote] = []
    pending: list[Indexed] = []

    def finish_part(is_over: bool) -> None:
        about: Part = {
            "source": number,
            "end": end,
            "is_over": is_over,
            "damage": damage,
            **note_part(pending),
        }
        table = pl.concat(rows, how="diagonal_relaxed") if rows else no_rows()
        keep = checkpoints.set_pending if is_over else checkpoints.add
        keep(_relabel(conform(table), labels), about)

    for batch in source.read(start, choices.salvage):
        indexed, end = batch.indexed, batch.end
        rows.append(indexed.rows)
        pending.append(replace(indexed, rows=no_rows()))
        if indexed.damage is not None:
            message = f"{source.short_name}: {indexed.damage.message}"
            damage.append({"offset": indexed.damage.offset, "message": message})
        context.progress(f"indexing {source.short_name}, {source.unit}", *batch.progress)
        if end - start >= _PART_STEPS or sum(map(len, rows)) >= _PART_ROWS:
            finish_part(is_over=False)
            start, rows, damage, pending = end, [], [], []
    finish_part(is_over=True)


def _relabel(rows: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    if all(leaf == label for leaf, label in labels.items()):
        return rows
    return rows.with_columns(pl.col("label").replace(labels))


def _assemble(
    checkpoints: Checkpoints[Part],
    found: FoundSources,
    fingerprint: Fingerprint,
    choices: IndexChoices,
) -> ManifestNotes:
    counted = outcome_counts(checkpoints.read(SUMMED))
    damage = [one for part in checkpoints.done for one in part["damage"]]
    beside = Indexed(no_rows(), passed_over=found.passed_over, remarks=found.remarks)
    indexed = join_indexed([beside, *map(read_part, checkpoints.done)], no_rows())
    if not counted.rows:
        checkpoints.remove()
        if damage:
            raise DataError(f"{first_damage(damage)}. Nothing before it is whole.")
        raise DataError(explain_nothing(found, indexed))
    passed_over = dict(Counter(indexed.passed_over).most_common())
    notes: ManifestNotes = {
        "summary": {**counted.summary(), "passed_over": passed_over, "missing": indexed.missing},
        "remarks": [
            *indexed.remarks,
            *remark_reasons(counted.reasons),
            *remark_labels(counted.usable_labels),
        ],
        "unlabelled": counted.unlabelled,
        "unknown": counted.unknown(found.taxonomy, choices.level),
        "damage": damage,
        "salvaged": choices.salvage,
    }
    about = Manifest(pl.DataFrame(), found.base, fingerprint, found.taxonomy, notes)
    checkpoints.assemble(describe(about))
    return notes


def _finished_notes(
    output: Path, fingerprint: Fingerprint, choices: IndexChoices, overwrite: bool
) -> ManifestNotes | None:
    """Return the notes of the manifest at `output`; None if it has to be made."""
    if not manifest_artefact(output).matches(fingerprint, overwrite):
        return None
    about = read_about(output)
    notes = cast(ManifestNotes, about["notes"] if about is not None else {})
    # What broke off at damage is no finished manifest: it is made anew as soon as it can be.
    return None if notes.get("damage") and not notes["salvaged"] and choices.salvage else notes
