"""Metrics and tables enter; the sentences and table rows of the report page leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from scipy.stats import binomtest, fisher_exact

from pixonomy.evaluation.metrics import ClassMetrics, Metrics, wilson_interval
from pixonomy.pages.bars import Bar
from pixonomy.pages.wording import counted, percent

MAJORITY_BASELINE = "always the most common category"
FEW_PICTURES = 30
CLEAR_BELOW = 0.05
VERDICTS = {
    "sure": "it names one category",
    "unsure": "it is not sure and offers the likeliest ones",
    "none": "it says the picture shows none of the categories",
}


@dataclass(frozen=True)
class ClassRow:
    """One line of the table of categories, in words."""

    name: str
    n: int
    precision: str
    recall: str
    interval: str
    f1: str
    mistaken_for: str


@dataclass(frozen=True)
class VerdictRow:
    """How often the classifier gave a verdict, and how often its first answer was then right."""

    verdict: str
    meaning: str
    n: int
    share: str
    accuracy: str
    interval: str


def compare_bars(
    metrics: Metrics, baselines: Mapping[str, float], names: Mapping[str, str]
) -> list[Bar]:
    """This classifier, the other baselines, the majority baseline and guessing, best first."""
    answers = dict(_other_baselines(metrics, baselines))
    answers[f"Always answering {names[metrics.majority_label]}"] = metrics.majority_baseline
    answers["Guessing at random"] = metrics.random_baseline
    ranked = sorted(answers.items(), key=lambda answer: -answer[1])
    others = [Bar(name[:1].upper() + name[1:], percent(x), 100 * x) for name, x in ranked]
    this = Bar("This classifier", percent(metrics.accuracy), 100 * metrics.accuracy, is_this=True)
    return [this, *others]


def compare_in_words(
    metrics: Metrics, baselines: Mapping[str, float], names: Mapping[str, str]
) -> list[str]:
    """One sentence for the majority baseline and one for each other baseline but guessing.

    "Clearly" means p < 0.05, in McNemar's exact test for the majority baseline, in Fisher's for
    the others, of which only the accuracy is known.
    """
    n, right = metrics.n, round(metrics.accuracy * metrics.n)
    majority = f"always answering “{names[metrics.majority_label]}”"
    sentences = [_compare(metrics, majority, metrics.majority_baseline, _majority_chance(metrics))]
    for name, share in _other_baselines(metrics, baselines).items():
        theirs = round(share * n)
        # Fisher's exact test takes the two for samples of their own; both having answered the same
        # pictures, it errs on the side of "can be chance".
        chance = fisher_exact([[right, n - right], [theirs, n - theirs]]).pvalue
        sentences.append(_compare(metrics, f"the {name}", share, float(chance)))
    return sentences


def tabulate_classes(
    metrics: Metrics, names: Mapping[str, str], limit: int | None = None
) -> list[ClassRow]:
    """The categories, weakest recall first, those without pictures last; the first `limit`."""
    order = sorted(range(len(metrics.classes)), key=lambda k: weakness(metrics.classes[k]))
    mistaken_for = _mistaken_for(metrics, names)
    return [_class_row(metrics.classes[k], mistaken_for.get(k, ""), names) for k in order[:limit]]


def tabulate_verdicts(predictions: pl.DataFrame) -> list[VerdictRow]:
    """How sure the classifier is: share of each verdict, and accuracy of its first answer there."""
    table = predictions.group_by("verdict").agg(
        pl.len().alias("n"), (pl.col("label") == pl.col("predicted")).sum().alias("right")
    )
    found = {verdict: (n, right) for verdict, n, right in table.iter_rows()}
    known = [verdict for verdict in VERDICTS if verdict in found or verdict != "none"]
    others = sorted(str(verdict) for verdict in found if verdict not in VERDICTS)
    return [
        _verdict_row(verdict, *found.get(verdict, (0, 0)), total=predictions.height)
        for verdict in (*known, *others)
    ]


def tell_limits(
    metrics: Metrics | None, predictions: pl.DataFrame, names: Mapping[str, str]
) -> list[str]:
    """What the figures cannot say, as far as the figures themselves show it."""
    limits = [
        "The figures hold for pictures like these ones: from the same sources, of the same"
        " categories. Other cameras, places or habits can lower them.",
        "It knows only these categories. A picture of anything else gets one of them, or the"
        " verdict “unsure” or “none”.",
    ]
    if metrics is None:
        return [limits[1]]
    groups = predictions["group_id"].n_unique()
    if groups < metrics.n:
        limits.append(
            f"The {counted(metrics.n, 'picture')} come from {counted(groups, 'group')} of related"
            " pictures. The intervals take pictures as independent, so the truth is less certain"
            " than they say."
        )
    few = [names[one.label] for one in metrics.classes if 0 < one.n < FEW_PICTURES]
    if few:
        limits.append(
            f"{counted(len(few), 'category has', 'categories have')} fewer than {FEW_PICTURES}"
            f" pictures here, too few for a firm figure: {_enumerate(few)}."
        )
    empty = [names[one.label] for one in metrics.classes if one.n == 0]
    if empty:
        limits.append(
            f"Nothing is known about {counted(len(empty), 'category', 'categories')} without"
            f" pictures here, and the macro F1 leaves them out: {_enumerate(empty)}."
        )
    return limits


def _other_baselines(metrics: Metrics, baselines: Mapping[str, float]) -> dict[str, float]:
    # The metrics hold the majority baseline already, whichever way it is named.
    known = {MAJORITY_BASELINE, f"always {metrics.majority_label}"}
    return {name: share for name, share in baselines.items() if name not in known}


def _majority_chance(metrics: Metrics) -> float:
    """The p-value of McNemar's exact test of the classifier against always answering one label.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated
    proportions or percentages", Psychometrika 12, 1947.
    """
    k = [one.label for one in metrics.classes].index(metrics.majority_label)
    right = metrics.confusion.right
    only_ours = int(right.sum() - right[k])
    only_theirs = int(metrics.classes[k].n - right[k])
    if only_ours + only_theirs == 0:
        return 1.0
    return float(binomtest(only_ours, only_ours + only_theirs).pvalue)


def _compare(metrics: Metrics, name: str, share: float, chance: float) -> str:
    """One sentence; `chance` is the p-value of the difference."""
    if chance >= CLEAR_BELOW:
        return (
            f"Not clearly different from {name} ({percent(share)}):"
            " on this many pictures, that can be chance."
        )
    verdict = "better" if metrics.accuracy > share else "worse"
    return f"Clearly {verdict} than {name} ({percent(share)})."


def weakness(one: ClassMetrics) -> tuple[float, float]:
    """Return what sorts categories, the weakest first and those without pictures last."""
    if one.recall is None or one.f1 is None:
        return (2.0, 0.0)
    return (one.recall, one.f1)


def _class_row(one: ClassMetrics, mistaken_for: str, names: Mapping[str, str]) -> ClassRow:
    return ClassRow(
        names[one.label],
        one.n,
        percent(one.precision),
        percent(one.recall),
        f"{percent(one.recall_low)} to {percent(one.recall_high)}" if one.n else "",
        percent(one.f1),
        mistaken_for,
    )


def _mistaken_for(metrics: Metrics, names: Mapping[str, str]) -> dict[int, str]:
    """Return of each category that is ever mistaken what it is most often taken for."""
    told: dict[int, str] = {}
    worst = metrics.confusion.mistakes()
    for true, predicted, count in zip(worst.true, worst.predicted, worst.count, strict=True):
        told.setdefault(int(true), f"{names[metrics.classes[predicted].label]} ({count})")
    return told


def _verdict_row(verdict: str, n: int, right: int, *, total: int) -> VerdictRow:
    low, high = wilson_interval(right, n) if n else (None, None)
    return VerdictRow(
        verdict,
        VERDICTS.get(verdict, ""),
        n,
        percent(n / total if total else None),
        percent(right / n if n else None),
        f"{percent(low)} to {percent(high)}" if n else "",
    )


def _enumerate(names: Sequence[str], limit: int = 12) -> str:
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")
