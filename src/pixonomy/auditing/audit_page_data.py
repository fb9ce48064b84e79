"""Gathers what the page of an audit shows: its findings with their thumbnails and notes."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pixonomy.auditing.audit_outcome import Outcome
from pixonomy.auditing.audit_page import AuditPage, render_audit
from pixonomy.auditing.finding_cards import make_cards
from pixonomy.auditing.finding_examples import choose_examples
from pixonomy.auditing.finding_slices import SliceTable, tabulate
from pixonomy.auditing.kinds import EXACT, LABEL_ISSUES, UNDECODABLE
from pixonomy.pages.problems import ProblemGroup, group_problems
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.wording import counted, display_names, shorten
from pixonomy.progress import Context
from pixonomy.storage.files import printable
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import scan_parquet

_LONGEST_NAME = 60
_SLICED_BY = {"keyword": "By keyword", "provider": "By provider"}


def draw_page(
    outcome: Outcome,
    marked: Path,
    fingerprint: Fingerprint,
    provenance: Provenance,
    context: Context,
) -> str:
    """Return the page of an audit as one HTML5 string.

    Args:
        marked: the manifest that was made of it.
    """
    examples = choose_examples(outcome.findings, outcome.audited)
    labels = outcome.audited.rows["label"].drop_nulls().unique().cast(pl.String).to_list()
    tree = outcome.about.taxonomy
    displayed = display_names(labels, {one: tree.name(one) for one in labels} if tree else {})
    names = {label: shorten(name, _LONGEST_NAME) for label, name in displayed.items()}
    page = AuditPage(
        f"Audit of {outcome.name}",
        provenance,
        int(outcome.is_usable.sum()),
        _count_left_out(outcome, marked),
        outcome.counts,
        make_cards(examples, outcome, names, context),
        _group_undecodable(outcome),
        _tabulate_slices(outcome, names),
        outcome.applied,
        list_notes(outcome),
        outcome.facts,
        _next_steps(shlex.quote(printable(marked)), outcome, provenance.command),
        {"fingerprint": dict(fingerprint)},
        dict(sorted(names.items(), key=lambda one: one[1].casefold())),
        _correcting(marked),
    )
    return render_audit(page)


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
        subject = counted(unjudged, "picture")
        notes.append(
            f"The labels of {subject} could not be judged: too few of their category are known."
        )
    return notes


def _group_undecodable(outcome: Outcome) -> list[ProblemGroup]:
    found = outcome.findings[UNDECODABLE]
    if found.is_empty():
        return []
    rows = pl.DataFrame({"image_id": outcome.ids.gather(found["row"]), "problem": found["detail"]})
    return group_problems(rows.lazy())


def _tabulate_slices(outcome: Outcome, names: Mapping[str, str]) -> list[SliceTable]:
    """By category, and by keyword and provider where the manifest tells any."""
    label = outcome.audited.rows["label"].cast(pl.String)
    tables = []
    if label.null_count() < label.len():
        named = (
            label.replace_strict(names, default=None, return_dtype=pl.String) if names else label
        )
        tables.append(tabulate("By category", named, outcome.is_usable, outcome.findings))
    with scan_parquet(outcome.path) as table:
        known = [name for name in _SLICED_BY if name in table.collect_schema()]
        columns = table.select(pl.col(known).cast(pl.String)).collect() if known else None
    for name in known:
        assert columns is not None
        if columns[name].null_count() < columns.height:
            title, values = _SLICED_BY[name], columns[name]
            tables.append(tabulate(title, values, outcome.is_usable, outcome.findings))
    return tables


def _next_steps(marked: str, outcome: Outcome, command: str) -> list[tuple[str, str]]:
    steps = [
        (f"pixonomy split {marked} -o split.parquet", "deals whole groups of copies to the splits"),
        (
            f"pixonomy sample {marked} --duplicates drop -o sample.parquet",
            "keeps one picture of each group of copies",
        ),
    ]
    kinds = [kind for kind in (EXACT, LABEL_ISSUES) if outcome.counts[kind]]
    if kinds and not outcome.applied:
        meaning = "marks findings as problems: these rows are then left out of everything"
        steps.append((f"{command} --apply {','.join(kinds)} --overwrite", meaning))
    return steps


def _correcting(marked: Path) -> str:
    """The marked manifest goes in again: what was corrected before is in it."""
    folder = marked.parent
    corrected = folder.with_name(f"{folder.name}-corrected")
    places = [shlex.quote(printable(place)) for place in (marked, folder, corrected)]
    return "pixonomy audit {} --earlier {} --apply-corrections corrections.csv -o {}".format(
        *places
    )
