"""Renders the finished cells of a study as one self-contained page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from markupsafe import Markup

from pixonomy.evaluation.figures import draw_histories
from pixonomy.evaluation.matrix import MatrixRow, tabulate_confusion
from pixonomy.evaluation.metrics import measure
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.render import render
from pixonomy.pages.wording import NOTHING, counted, display_names, percent
from pixonomy.results.comparison_results import StudyEffect
from pixonomy.studies.plan import DATA, Study
from pixonomy.studies.separability import SeparabilityRecord
from pixonomy.studies.study_cells import Done

CLEAR_BELOW = 0.05
_MATRIX_CATEGORIES, _MATRICES = 12, 6  # more are not read side by side
_CURVES = 7  # as many as there are colours


@dataclass(frozen=True)
class Findings:
    """All that the page tells.

    Attributes:
        separability: of each data set: score, closest, n.
        names: of each data set, label → name to show.
        failures: one sentence a cell that could not be trained in this call.
        missing: cells that are not finished.
        provenance: when, from what and how the page was made.
    """

    study: Study
    cells: Sequence[Done]
    effects: Sequence[StudyEffect]
    separability: Mapping[str, SeparabilityRecord]
    names: Mapping[str, Mapping[str, str]]
    failures: Sequence[str]
    missing: int
    provenance: Provenance


@dataclass(frozen=True)
class SettingRow:
    """A point of the grid.

    Attributes:
        accuracy: the mean over seeds; `spread` the standard deviation over them, None for one.
    """

    values: tuple[str, ...]
    cells: int
    tested: int
    train: str
    steps: str
    accuracy: float
    spread: float | None
    macro_f1: float
    log_loss: float | None

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return ", ".join(self.values)


def render_study(found: Findings) -> str:
    """Return the page as one HTML5 string; every text from outside is escaped."""
    by_setting = _by_setting(found)
    rows = [_summarise(setting, cells) for setting, cells in by_setting.items()]
    histories = _histories(by_setting)
    return render(
        Path(__file__).parent,
        "study.html",
        study=found.study,
        axes=list(found.study.axes),
        rows=rows,
        best=max(row.accuracy for row in rows),
        answer=_answer(rows, list(found.study.axes), found.effects),
        sentences=[_describe_effect(effect) for effect in found.effects],
        effects=found.effects,
        separability=_describe_separability(found, by_setting),
        matrices=_matrices(found, by_setting),
        curves=Markup(draw_histories(histories)) if histories else None,
        limits=_limits(found, rows),
        failures=found.failures,
        missing=found.missing,
        cells=found.cells,
        provenance=found.provenance,
    )


def _answer(rows: Sequence[SettingRow], axes: Sequence[str], effects: Sequence[StudyEffect]) -> str:
    """Say which setting is right most often, and how many choices change more than chance does."""
    if len(rows) < 2:
        return ""
    accuracy = max(row.accuracy for row in rows)
    best = [_describe(row, axes) for row in rows if row.accuracy == accuracy]
    start = f"{best[0]} is right most often: {percent(accuracy)}"
    if len(best) > 1:
        others = "all settings" if len(best) == len(rows) else f"{len(best)} settings"
        start = f"{others[:1].upper()}{others[1:]} are equally often right: {percent(accuracy)}"
    clear = sum(effect.adjusted < CLEAR_BELOW for effect in effects)
    if not effects:
        return f"{start}. Nothing says whether that is more than chance."
    if not clear:
        return f"{start}. But no difference is clearly more than chance."
    are = "is" if clear == 1 else "are"
    return (
        f"{start}. Of {counted(len(effects), 'difference')}, {clear} {are} clearly more than"
        " chance."
    )


def _describe(row: SettingRow, axes: Sequence[str]) -> str:
    values = zip(axes, row.values, strict=True)
    return "“" + ", ".join(f"{axis} {value}" for axis, value in values) + "”"


def _by_setting(found: Findings) -> dict[tuple[str, ...], list[Done]]:
    groups: dict[tuple[str, ...], list[Done]] = {}
    for one in found.cells:
        groups.setdefault(tuple(str(value) for _, value in one.cell.setting), []).append(one)
    return groups


def _summarise(values: tuple[str, ...], cells: Sequence[Done]) -> SettingRow:
    table = pl.DataFrame([{key: dict(one.record)[key] for key in _SUMMED} for one in cells])
    right = (pl.col("accuracy") * pl.col("n")).sum() / pl.col("n").sum()
    by_seed = table.group_by("seed").agg(right.alias("accuracy"))["accuracy"].to_numpy()
    losses = table["log_loss"].drop_nulls().to_numpy()
    return SettingRow(
        values=values,
        cells=table.height,
        tested=int(table["n"].sum()),
        train=_range(table["train"]),
        steps=_range(table["steps"]),
        accuracy=float(by_seed.mean()),
        spread=float(by_seed.std(ddof=1)) if len(by_seed) > 1 else None,
        macro_f1=float(table["macro_f1"].to_numpy().mean()),
        log_loss=float(losses.mean()) if len(losses) else None,
    )


_SUMMED = ("seed", "n", "train", "steps", "accuracy", "macro_f1", "log_loss")


def _range(values: pl.Series) -> str:
    low, high = int(values.min()), int(values.max())  # type: ignore[arg-type]
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _describe_effect(effect: StudyEffect) -> str:
    axis = "data set" if effect.axis == DATA else effect.axis
    points = f"{100 * effect.difference:+.1f} points"
    low, high = (f"{100 * bound:+.1f}" for bound in (effect.low, effect.high))
    verdict = "Clearly more than chance"
    if effect.adjusted >= CLEAR_BELOW:
        verdict = (
            "That can be chance; a difference of "
            f"{100 * effect.smallest:.1f} points would have been found four times in five"
        )
    return (
        f"{axis[:1].upper()}{axis[1:]} “{effect.second_value}” instead of “{effect.first_value}”: "
        f"{points} of accuracy, {percent(effect.first)} to {percent(effect.second)} (95% interval "
        f"{low} to {high} points, p = {effect.adjusted:.2g}). {verdict}."
    )


def _describe_separability(
    found: Findings, by_setting: Mapping[tuple[str, ...], Sequence[Done]]
) -> list[tuple[str, float, str, int, float]]:
    """Return each data set: its score, its closest pair, images looked at, mean accuracy."""
    rows = []
    for name, record in found.separability.items():
        own = [cells for values, cells in by_setting.items() if values[0] == name]
        accuracies = [one.record["accuracy"] for cells in own for one in cells]
        if accuracies:
            names = display_names(list(found.names[name]), found.names[name])
            pair = record["closest"]
            is_pair = len(set(pair)) > 1  # one category twice: none was taken for another
            closest = " and ".join(names[label] for label in pair) if is_pair else NOTHING
            rows.append((name, record["score"], closest, record["n"], float(np.mean(accuracies))))
    return sorted(rows, key=lambda row: -row[1])


def _matrices(
    found: Findings, by_setting: Mapping[tuple[str, ...], Sequence[Done]]
) -> list[tuple[str, list[MatrixRow]]]:
    """Return the confusion matrix of each setting, over all its cells; few enough to compare."""
    if len(by_setting) > _MATRICES or max(map(len, found.names.values())) > _MATRIX_CATEGORIES:
        return []
    matrices = []
    for values, cells in by_setting.items():
        names = found.names[values[0]]
        labels = list(names)
        metrics = measure(pl.concat([one.predictions for one in cells]), labels, labels[0])
        matrices.append(
            (", ".join(values), tabulate_confusion(metrics, display_names(labels, names)))
        )
    return matrices


def _histories(
    by_setting: Mapping[tuple[str, ...], Sequence[Done]],
) -> dict[str, pl.DataFrame]:
    """Return the mean validation accuracy by epoch of each setting."""
    if len(by_setting) > _CURVES:
        return {}
    means = {}
    for values, cells in by_setting.items():
        known = [one.history for one in cells]
        whole = [one for one in known if one is not None and "validation_accuracy" in one.columns]
        if whole:
            table = pl.concat([one.select("epoch", "validation_accuracy") for one in whole])
            means[", ".join(values)] = (
                table.group_by("epoch").agg(pl.col("validation_accuracy").mean()).sort("epoch")
            )
    return means


def _limits(found: Findings, rows: Sequence[SettingRow]) -> list[str]:
    seeds = len({one.cell.seed for one in found.cells})
    times = "once" if seeds == 1 else f"{seeds} times, with other random starts"
    limits = [
        "It holds for pictures like these, these networks and these numbers of pictures; what "
        "another network or ten times the pictures would change is not known.",
        f"Each cell is trained {times}. "
        + (
            "With so few, how much the start matters is itself only roughly known."
            if seeds > 1
            else "How much the start matters is not known: add seeds."
        ),
    ]
    if found.study.sample.folds:
        limits.append(
            "In cross-validation the trainings share most of their pictures, so the intervals are "
            "a little too narrow."
        )
    else:
        limits.append(
            "All seeds learn from the same pictures; that others might have been drawn is not in "
            "the intervals."
        )
    if len({row.train for row in rows}) > 1:
        limits.append("The settings did not learn from equally many pictures: see the table.")
    if len({row.steps for row in rows}) > 1:
        limits.append("The settings did not take equally many steps: see the table.")
    return limits
