"""Renders compared runs as one page."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from pixonomy.evaluation.comparison import Compared, ComparedRun, compare_with_best
from pixonomy.evaluation.figures import draw_histories
from pixonomy.evaluation.matrix import MatrixRow, tabulate_confusion
from pixonomy.pages.bars import Bar
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.render import render
from pixonomy.pages.wording import counted, display_names, percent

MATRIX_CATEGORIES = 12  # more do not fit side by side


def render_comparison(
    compared_runs: Sequence[ComparedRun], compared: Sequence[Compared], provenance: Provenance
) -> str:
    """Return the page as one HTML5 string; every text from outside is escaped."""
    _, beside_best = compare_with_best(compared_runs)
    accuracies = [one.metrics.accuracy for one in compared_runs]
    best = [place for place, accuracy in enumerate(accuracies) if accuracy == max(accuracies)]
    histories = {
        one.name: one.history
        for one in compared_runs
        if one.history is not None and one.history["validation_accuracy"].count()
    }
    return render(
        Path(__file__).parent,
        "comparison.html",
        compared_runs=compared_runs,
        compared=compared,
        sentences=[_describe_compared(compared_runs[0].name, one) for one in compared],
        answer=_answer([compared_runs[place] for place in best], beside_best),
        best=best,
        bars=_bars(compared_runs, best),
        settings=_differing(compared_runs),
        recalls=_recalls(compared_runs),
        matrices=_matrices(compared_runs),
        curves=Markup(draw_histories(histories)) if histories else None,
        provenance=provenance,
    )


def _describe_compared(first: str, one: Compared) -> str:
    found = one.difference
    points = f"{100 * abs(found.difference):.1f} points"
    low, high = (f"{100 * bound:+.1f}" for bound in (found.low, found.high))
    where = (
        f"on the same {counted(found.n, 'picture')}" if found.is_paired else "on different pictures"
    )
    if found.groups < found.n:
        where += f" ({counted(found.groups, 'independent unit')})"
    phrase = "as often right as" if found.difference == 0 else (
        f"right more often, by {points}, than" if found.difference > 0
        else f"right less often, by {points}, than"
    )  # fmt: skip
    verdict = "That is clearly more than chance" if one.is_clear else "That can be chance"
    return (
        f"{one.name} is {phrase} {first}, {where} (95% interval {low} to {high} points, "
        f"p = {one.adjusted:.2g}). {verdict}; a difference of {100 * found.smallest:.1f} points "
        "would have been found four times in five."
    )


def _answer(best: Sequence[ComparedRun], beside_best: Sequence[Compared]) -> str:
    """Say which run is right most often, and which of the others that sets it apart from.

    Args:
        best: the runs with the highest accuracy.
        beside_best: all others, and all but the first of these, compared with the first of these.
    """
    found, tied = best[0].metrics, {one.name for one in best}
    others = [one for one in beside_best if one.name not in tied]
    near = [f"“{one.name}”" for one in others if not one.is_clear]
    names = " and ".join(f"“{one.name}”" for one in best)
    verb = "is right most often" if len(best) == 1 else "are right equally often"
    start = (
        f"{names} {verb}: {percent(found.accuracy)} (95% interval"
        f" {percent(found.accuracy_low)} to {percent(found.accuracy_high)})."
    )
    if not all(one.difference.is_paired for one in beside_best):
        start += " Not all were tested on the same pictures: some may have had easier ones."
    if not others:
        return start
    rest = "the other run" if len(others) == 1 else "every other run"
    if not near:
        return f"{start} That is clearly ahead of {rest}, by more than chance."
    if len(near) < len(others):
        rest = counted(len(others) - len(near), "other run")
        return f"{start} That it is ahead of {', '.join(near)} can be chance, of {rest} hardly."
    return f"{start} But that it is ahead of {', '.join(near)} can be chance."


def _bars(compared_runs: Sequence[ComparedRun], best: Sequence[int]) -> list[Bar]:
    return [
        Bar(
            one.name,
            percent(one.metrics.accuracy),
            100 * one.metrics.accuracy,
            is_this=place in best,
        )
        for place, one in enumerate(compared_runs)
    ]


def _differing(compared_runs: Sequence[ComparedRun]) -> list[tuple[str, list[str]]]:
    """Return each setting that is not the same everywhere, and its values."""
    keys = dict.fromkeys(key for one in compared_runs for key in one.settings)
    rows = [(key, [one.settings.get(key, "–") for one in compared_runs]) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]


def _recalls(compared_runs: Sequence[ComparedRun]) -> list[tuple[str, list[str]]]:
    """Return each category that is tested anywhere, and its recall by each run."""
    names = {label: name for one in compared_runs for label, name in one.names.items()}
    shown = display_names(list(names), names)
    by_run = [{row.label: row for row in one.metrics.classes if row.n} for one in compared_runs]
    return [
        (shown[label], [percent(rows[label].recall) if label in rows else "–" for rows in by_run])
        for label in names
        if any(label in rows for rows in by_run)
    ]


def _matrices(compared_runs: Sequence[ComparedRun]) -> list[tuple[str, list[MatrixRow]]]:
    if any(len(one.metrics.classes) > MATRIX_CATEGORIES for one in compared_runs):
        return []
    return [
        (one.name, tabulate_confusion(one.metrics, display_names(list(one.names), one.names)))
        for one in compared_runs
    ]
