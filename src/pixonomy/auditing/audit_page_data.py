"""Gathers what the page of an audit shows: its findings with their thumbnails and notes."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.auditing.audit_page import AuditPage, Card, Choice, Shown, render_audit
from pixonomy.auditing.finding_examples import Example, choose_examples
from pixonomy.auditing.finding_slices import Origins, tabulate
from pixonomy.auditing.findings import Audited, Findings
from pixonomy.auditing.kinds import (
    CATEGORY_LEAKS,
    CONFLICTS,
    DOUBTS,
    EXACT,
    LABEL_ISSUES,
    NEAR,
    SPLIT_LEAKS,
    UNDECODABLE,
)
from pixonomy.auditing.thumbnails import make_thumbnails
from pixonomy.dataset.location import LOCATED, locate
from pixonomy.dataset.manifest import Manifest
from pixonomy.pages.problems import ProblemGroup, group_problems
from pixonomy.pages.wording import counted, display_names, percent, shorten
from pixonomy.progress import Context
from pixonomy.spreadsheet import guard
from pixonomy.storage.files import printable
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import scan_parquet

NO_CATEGORY = "(no category)"
_NAMED = ("label", "keyword", "provider", "split")
_LONGEST_NAME = 60
_ORIGINS = {"keyword": "By keyword", "provider": "By provider"}


@dataclass(frozen=True)
class Outcome:
    """What an audit has found.

    Attributes:
        path: of the manifest that was audited, with the labels that people gave.
        name: of the manifest, as people know it.
        about: what is said of that manifest; without rows.
        reviewed: row, quality, suggested, is_suspect, reason, withheld.
        ids: image_id of each row.
        is_usable: of each row, before the audit.
        facts: what else the page tells.
        remarks: what was passed over.
    """

    path: Path
    name: str
    about: Manifest
    audited: Audited
    findings: Findings
    counts: Mapping[str, int]
    reviewed: pl.DataFrame
    ids: pl.Series
    is_usable: pl.Series
    applied: tuple[str, ...]
    facts: Mapping[str, str]
    remarks: tuple[str, ...] = ()


def draw_page(outcome: Outcome, marked: Path, fingerprint: Fingerprint, context: Context) -> str:
    """Return the page of an audit as one HTML5 string.

    Args:
        marked: the manifest that was made of it.
    """
    examples = choose_examples(outcome.findings, outcome.audited)
    labels = outcome.audited.rows["label"].drop_nulls().unique().cast(pl.String).to_list()
    tree = outcome.about.taxonomy
    told = display_names(labels, {one: tree.name(one) for one in labels} if tree else {})
    names = {label: shorten(name, _LONGEST_NAME) for label, name in told.items()}
    images = _look_at(outcome, examples, names, context)
    cards = {
        kind: [_card(kind, one, images, outcome, names) for one in some]
        for kind, some in examples.items()
    }
    page = AuditPage(
        f"Audit of {outcome.name}",
        int(outcome.is_usable.sum()),
        _count_left_out(outcome, marked),
        outcome.counts,
        cards,
        _group_undecodable(outcome),
        _tabulate_origins(outcome, names),
        outcome.applied,
        list_notes(outcome),
        outcome.facts,
        _next_steps(printable(marked), outcome),
        {"fingerprint": dict(fingerprint)},
        dict(sorted(names.items(), key=lambda one: one[1].casefold())),
        _correcting(marked),
    )
    return render_audit(page)


def _look_at(
    outcome: Outcome,
    examples: Mapping[str, Sequence[Example]],
    names: Mapping[str, str],
    context: Context,
) -> dict[int, tuple[Shown, dict[str, str | None]]]:
    """Read the images of the examples: row → what is shown, and the columns `_NAMED`."""
    rows = sorted({row for some in examples.values() for one in some for row in one.rows})
    wanted = pl.LazyFrame({"row": rows}, schema={"row": pl.UInt32})
    with scan_parquet(outcome.path) as table:
        known = [name for name in _NAMED if name in table.collect_schema()]
        numbered = table.select(LOCATED, *known).with_row_index("row")
        picked = numbered.join(wanted, on="row", how="semi").collect(engine="streaming").sort("row")
    thumbnails = make_thumbnails(locate(picked, outcome.about.base), context)
    shown = {}
    for one, thumbnail in zip(picked.iter_rows(named=True), thumbnails, strict=True):
        name = NO_CATEGORY if one["label"] is None else names[one["label"]]
        columns = {column: one.get(column) for column in _NAMED}
        shown[one["row"]] = (Shown(one["image_id"], name, thumbnail), columns)
    return shown


def _card(
    kind: str,
    example: Example,
    images: Mapping[int, tuple[Shown, Mapping[str, str | None]]],
    outcome: Outcome,
    names: Mapping[str, str],
) -> Card:
    shown = []
    for row in example.rows:
        image, columns = images[row]
        notes = []
        if kind == CATEGORY_LEAKS and columns["keyword"] is not None:
            notes.append(f"found by “{columns['keyword']}”")
        if kind in {SPLIT_LEAKS, NEAR, EXACT} and columns["split"] is not None:
            notes.append(f"in {columns['split']}")
        if kind in {LABEL_ISSUES, DOUBTS}:
            suggested = _suggested(row, outcome.reviewed, names)
            notes += [f"looks like: {suggested}"] if suggested != image.label else []
        shown.append(Shown(image.image_id, image.label, image.thumbnail, tuple(notes)))
    sentence = _sentence(kind, example)
    if kind == LABEL_ISSUES and sentence is not None:
        row = example.rows[0]
        for label in (images[row][1]["label"], _suggested(row, outcome.reviewed, {})):
            sentence = sentence.replace(f"“{label}”", f"“{names.get(str(label), label)}”")
    choice = None
    if kind in {LABEL_ISSUES, DOUBTS}:
        row = example.rows[0]
        image, columns = images[row]
        written = pl.select(guard(pl.lit(image.image_id))).item()
        suggested = _suggested(row, outcome.reviewed, {})
        label = str(columns["label"])
        # A run can know categories that the manifest has no image of.
        suggested = suggested if suggested in names else label
        choice = Choice(image.image_id, written, label, suggested)
    return Card(tuple(shown), sentence, choice)


def _sentence(kind: str, example: Example) -> str | None:
    if kind in {EXACT, CONFLICTS}:
        return f"The same file {counted(example.size, 'time')}."
    if kind in {CATEGORY_LEAKS, SPLIT_LEAKS}:
        return f"{counted(example.size, 'copy', 'copies')} in all."
    if kind == NEAR and example.score is not None:
        return f"What both show agrees to {percent(example.score)}."
    if kind == DOUBTS:
        return f"The label is {example.detail}."
    return example.detail


def _suggested(row: int, reviewed: pl.DataFrame, names: Mapping[str, str]) -> str:
    label = str(reviewed.filter(pl.col("row") == row)["suggested"].item())
    return names.get(label, label)


def _count_left_out(outcome: Outcome, marked: Path) -> tuple[int, int]:
    with scan_parquet(marked) as rows:
        now = rows.select(pl.col("problem").count()).collect(engine="streaming").item()
    return int(now), outcome.is_usable.len() - int(outcome.is_usable.sum())


def list_notes(outcome: Outcome) -> list[str]:
    """Say what could not be told, and why; what was passed over comes first."""
    return [*outcome.remarks, *_list_unjudged(outcome)]


def _list_unjudged(outcome: Outcome) -> list[str]:
    rows = outcome.audited.rows.drop_nulls("picture")
    labels = rows["label"].drop_nulls()
    if labels.is_empty():
        return ["No picture has a category: nothing could be said about labels."]
    if outcome.reviewed.is_empty():
        few = "there is only one category" if labels.n_unique() == 1 else "there are too many"
        return [f"No label was compared with what the pictures show: {few}."]
    notes: list[str] = outcome.reviewed["withheld"].drop_nulls().unique().sort().to_list()
    if notes and LABEL_ISSUES in outcome.applied:
        notes.append("--apply suspected_labels has left nothing out for that reason.")
    unjudged = labels.len() - outcome.reviewed["quality"].count()
    if unjudged:
        told = counted(unjudged, "picture")
        notes.append(
            f"The labels of {told} could not be judged: too few of their category are known."
        )
    return notes


def _group_undecodable(outcome: Outcome) -> list[ProblemGroup]:
    found = outcome.findings[UNDECODABLE]
    if found.is_empty():
        return []
    rows = pl.DataFrame({"image_id": outcome.ids.gather(found["row"]), "problem": found["detail"]})
    return group_problems(rows.lazy())


def _tabulate_origins(outcome: Outcome, names: Mapping[str, str]) -> list[Origins]:
    """By category, and by keyword and provider where the manifest tells any."""
    label = outcome.audited.rows["label"].cast(pl.String)
    tables = []
    if label.null_count() < label.len():
        named = (
            label.replace_strict(names, default=None, return_dtype=pl.String) if names else label
        )
        tables.append(tabulate("By category", named, outcome.is_usable, outcome.findings))
    with scan_parquet(outcome.path) as table:
        known = [name for name in _ORIGINS if name in table.collect_schema()]
        columns = table.select(pl.col(known).cast(pl.String)).collect() if known else None
    for name in known:
        assert columns is not None
        if columns[name].null_count() < columns.height:
            title, values = _ORIGINS[name], columns[name]
            tables.append(tabulate(title, values, outcome.is_usable, outcome.findings))
    return tables


def _next_steps(marked: str, outcome: Outcome) -> list[tuple[str, str]]:
    kinds = [EXACT] + [LABEL_ISSUES] * (outcome.counts[LABEL_ISSUES] > 0)
    return [
        (f"pixonomy split {marked} -o split.parquet", "deals whole groups of copies to the splits"),
        (
            f"pixonomy sample {marked} --duplicates drop -o sample.parquet",
            "keeps one picture of each group of copies",
        ),
        (
            f"pixonomy audit … --apply {','.join(kinds)} --overwrite",
            "marks findings as problems: these rows are then left out of everything",
        ),
    ]


def _correcting(marked: Path) -> str:
    """The marked manifest goes in again: what was corrected before is in it."""
    folder = marked.parent
    corrected = folder.with_name(f"{folder.name}-corrected")
    places = [shlex.quote(printable(place)) for place in (marked, folder, corrected)]
    return "pixonomy audit {} --earlier {} --apply-corrections corrections.csv -o {}".format(
        *places
    )
