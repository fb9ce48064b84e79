"""Writes the model card of a run in Markdown.

Its sections are those of Mitchell et al. 2019 ("Model Cards for Model Reporting"), as far as a
program can know them; what only people know is asked for.
"""

from collections.abc import Iterator, Sequence

from pixonomy.evaluation.metrics import Metrics
from pixonomy.evaluation.report import Report, describe_mix_of
from pixonomy.evaluation.sections import (
    compare_in_words,
    describe_limits,
    describe_units,
    describe_weakness,
    tabulate_classes,
)
from pixonomy.pages.wording import counted, display_names, percent

_MOST_ROWS = 100
_NAMED = 30


def write_card(report: Report) -> str:
    """Return the card; texts from outside cannot become Markdown of their own."""
    names = display_names(report.labels, report.names)
    metrics = report.metrics
    lines = [
        f"# Model card: {escape_markdown(report.title)}",
        "",
        "Made by Pixonomy from what it measured; see `report.html` beside it for pictures.",
        "",
        *_section("The model", _facts(report)),
        *_section("What it is for", _purpose([names[label] for label in report.labels])),
        *_section("How good it is", _figures(report, metrics, names) if metrics else _UNKNOWN),
    ]
    if metrics:
        lines += _section("Each category", _categories(metrics, names))
    notes = [*report.notes, *describe_limits(metrics, names)]
    lines += _section("Limits", [f"- {escape_markdown(note)}" for note in notes])
    lines += _section("To be written by people", _OPEN)
    lines += _section("Repeat it", ["```", report.provenance.command.replace("```", ""), "```"])
    return "\n".join(lines)


_UNKNOWN = ["Unknown: no labelled picture was left to judge it on."]
_OPEN = [
    "- Who may use it, for which decisions, and what a wrong answer costs.",
    "- Where the pictures come from, under which licences, and who may be in them.",
    "- Who is asked when it goes wrong.",
]


def _section(heading: str, lines: Sequence[str]) -> list[str]:
    return [f"## {heading}", "", *lines, ""]


def _facts(report: Report) -> list[str]:
    return [
        f"- {escape_markdown(name)}: {escape_markdown(fact)}" for name, fact in report.facts.items()
    ]


def _purpose(names: Sequence[str]) -> list[str]:
    shown = ", ".join(escape_markdown(name) for name in names[:_NAMED])
    more = f", and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return [
        f"It tells which of {counted(len(names), 'category', 'categories')} a picture shows: "
        f"{shown}{more}. It answers `sure`, `unsure` or `none`; a person should look at what is "
        "not `sure`.",
    ]


def _figures(report: Report, metrics: Metrics, names: dict[str, str]) -> list[str]:
    n = counted(metrics.n, f"{report.evaluated_split} picture")
    if metrics.units is None:
        n += ", each taken as independent"
    elif metrics.units < metrics.n:
        n += f" of {describe_units(metrics)} (products, bursts, copies)"
    macro = f"{metrics.macro_f1_low:.3f} to {metrics.macro_f1_high:.3f}"
    rows = [
        ("accuracy", percent(metrics.accuracy)),
        ("95 % interval", f"{percent(metrics.accuracy_low)} to {percent(metrics.accuracy_high)}"),
        *((f"among the {k} likeliest", percent(share)) for k, share in metrics.top_k.items()),
        ("macro F1", f"{metrics.macro_f1:.3f} ({macro})"),
        ("weighted F1", f"{metrics.weighted_f1:.3f}"),
        *_more(report),
    ]
    lines = [f"On {n}:", "", "| | |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in rows]
    lines.append("")
    lines += [f"- {escape_markdown(one)}" for one in describe_mix_of(report, names)]
    lines += [
        f"- {escape_markdown(one)}" for one in compare_in_words(metrics, report.baselines, names)
    ]
    lines += [f"- {escape_markdown(one)}" for one in describe_weakness(metrics, names)]
    return lines


def _more(report: Report) -> Iterator[tuple[str, str]]:
    mix = report.external.mix if report.external else None
    if mix and mix.reweighted:
        found = mix.reweighted
        interval = f"{percent(found.accuracy_low)} to {percent(found.accuracy_high)}"
        yield (
            "accuracy, categories as frequent as tested",
            f"{percent(found.accuracy)} ({interval})",
        )
    if report.copies and report.copies.n and report.copies.without:
        without = report.copies.without
        yield "accuracy without copies of training pictures", percent(without.accuracy)
    if report.products:
        yield "accuracy by product", percent(report.products.ways[0].share.accuracy)
    if report.hierarchy:
        yield "right at the coarsest level", percent(report.hierarchy.levels[0].share.accuracy)
    if report.certainty:
        after = report.certainty.after
        interval = f"{percent(after.error_low)} to {percent(after.error_high)}"
        yield "expected calibration error", f"{percent(after.error)} ({interval})"
    if report.label_issues:
        yield "wrong answers that may be wrong labels", f"{report.label_issues.n:,}"


def _categories(metrics: Metrics, names: dict[str, str]) -> list[str]:
    rows = tabulate_classes(metrics, names, _MOST_ROWS)
    lines = ["| category | pictures | precision | recall | F1 | most often mistaken for |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for row in rows:
        recall = f"{row.recall} ({row.interval})" if row.interval else row.recall
        precision = f"{row.precision} ({row.precision_interval})" if row.precision_interval else "–"
        cells = (row.name, f"{row.n:,}", precision, recall, row.f1, row.mistaken_for)
        lines.append(f"| {' | '.join(escape_markdown(cell) for cell in cells)} |")
    if len(rows) < len(metrics.classes):
        lines += ["", f"The {len(rows)} weakest of {len(metrics.classes):,}."]
    return lines


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
