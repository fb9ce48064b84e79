"""Words the sections of the report page: its sentences and table rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import fisher_exact

from pixonomy.evaluation.metrics import ClassMetrics, Metrics
from pixonomy.pages.bars import Bar
from pixonomy.pages.wording import counted, percent

MAJORITY_BASELINE = "always the most common category"
FEW_IMAGES = 30
CLEAR_BELOW = 0.05


@dataclass(frozen=True)
class ClassRow:
    """One line of the table of categories, in words."""

    name: str
    n: int
    precision: str
    recall: str
    interval: str
    precision_interval: str
    f1: str
    mistaken_for: str


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

    "Clearly" means p < 0.05, by `Metrics.majority_chance` for the majority baseline, in Fisher's
    exact test of as many independent images for the others, of which only the accuracy is known.
    """
    n = max(1, round(metrics.effective_n))
    right = round(metrics.accuracy * n)
    majority = f"always answering “{names[metrics.majority_label]}”"
    sentences = [_compare(metrics, majority, metrics.majority_baseline, metrics.majority_chance)]
    for name, share in _other_baselines(metrics, baselines).items():
        theirs = round(share * n)
        # Fisher's exact test takes the two for samples of their own; both having answered the same
        # images, it errs on the side of "can be chance".
        chance = fisher_exact([[right, n - right], [theirs, n - theirs]]).pvalue
        sentences.append(_compare(metrics, f"the {name}", share, float(chance)))
    return sentences


def tabulate_classes(
    metrics: Metrics, names: Mapping[str, str], limit: int | None = None
) -> list[ClassRow]:
    """The categories, weakest recall first, those without images last; the first `limit`."""
    order = sorted(range(len(metrics.classes)), key=lambda k: weakness(metrics.classes[k]))
    mistaken_for = _mistaken_for(metrics, names)
    return [_class_row(metrics.classes[k], mistaken_for.get(k, ""), names) for k in order[:limit]]


def describe_weakness(metrics: Metrics, names: Mapping[str, str]) -> list[str]:
    """Say what the classifier is bad at: its weakest category, its most frequent mistake.

    Returns:
        Two sentences, or three; none where it makes no mistake.
    """
    mistakes = metrics.confusion.mistakes(1)
    if not mistakes.n:
        return []
    place = min(range(len(metrics.classes)), key=lambda k: weakness(metrics.classes[k]))
    worst, found = metrics.classes[place], int(metrics.confusion.right[place])
    sentences = [
        f"It is weakest at “{names[worst.label]}”: of {counted(worst.n, 'picture')} it finds"
        f" {found:,} ({percent(worst.recall)}, 95% interval {percent(worst.recall_low)} to"
        f" {percent(worst.recall_high)})."
    ]
    if (worst.recall_high or 0) >= metrics.accuracy:
        sentences.append("On so few, that it fares worse there than elsewhere can be chance.")
    ((true, predicted, count),) = mistakes.cells()
    one, other = (names[metrics.classes[k].label] for k in (true, predicted))
    wrong = counted(metrics.n - int(metrics.confusion.right.sum()), "mistake")
    return [
        *sentences,
        f"Its most frequent mistake: “{one}” taken for “{other}”, {count:,} of {wrong}.",
    ]


def describe_limits(metrics: Metrics | None, names: Mapping[str, str]) -> list[str]:
    """What the figures cannot say, as far as the figures themselves show it."""
    limits = [
        "The figures hold for pictures like these ones: from the same sources, of the same"
        " categories. Other cameras, places or habits can lower them.",
        "It knows only these categories. A picture of anything else gets one of them, or the"
        " verdict “unsure” or “none”.",
    ]
    if metrics is None:
        return [limits[1]]
    limits += _describe_units(metrics)
    few = [names[one.label] for one in metrics.classes if 0 < one.n < FEW_IMAGES]
    if few:
        limits.append(
            f"{counted(len(few), 'category has', 'categories have')} fewer than {FEW_IMAGES}"
            f" pictures here, too few for a firm figure: {_enumerate(few)}."
        )
    empty = [names[one.label] for one in metrics.classes if one.n == 0]
    if empty:
        limits.append(
            f"Nothing is known about {counted(len(empty), 'category', 'categories')} without"
            f" pictures here, and the macro F1 leaves them out: {_enumerate(empty)}."
        )
    return limits


def _describe_units(metrics: Metrics) -> list[str]:
    if metrics.units is None:
        return [
            "Nobody knows which of the pictures belong together, as those of one product do. Each"
            " is taken as independent; where several are not, the truth is less certain than the"
            " intervals say."
        ]
    if metrics.units < metrics.n:
        return [
            f"The {counted(metrics.n, 'picture')} come from {describe_units(metrics)}: products,"
            " bursts, copies. The intervals count with that."
        ]
    return []


def describe_units(metrics: Metrics) -> str:
    """Return how many independent units the images come from, in words."""
    return counted(metrics.n if metrics.units is None else metrics.units, "independent unit")


def _other_baselines(metrics: Metrics, baselines: Mapping[str, float]) -> dict[str, float]:
    # The metrics hold the majority baseline already, whichever way it is named.
    known = {MAJORITY_BASELINE, f"always {metrics.majority_label}"}
    return {name: share for name, share in baselines.items() if name not in known}


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
    """Return what sorts categories, the weakest first and those without images last."""
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
        ""
        if one.precision is None
        else f"{percent(one.precision_low)} to {percent(one.precision_high)}",
        percent(one.f1),
        mistaken_for,
    )


def _mistaken_for(metrics: Metrics, names: Mapping[str, str]) -> dict[int, str]:
    """Return of each category that is ever mistaken what it is most often taken for."""
    sentences: dict[int, str] = {}
    worst = metrics.confusion.mistakes()
    for true, predicted, count in zip(worst.true, worst.predicted, worst.count, strict=True):
        sentences.setdefault(int(true), f"{names[metrics.classes[predicted].label]} ({count})")
    return sentences


def _enumerate(names: Sequence[str], limit: int = 12) -> str:
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")
