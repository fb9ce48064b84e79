"""Measures how well planted wrong labels are found.

The yardsticks get out-of-sample probabilities as one usually makes them: cross-validated logistic
regression on the same embeddings, its strength chosen by their loss; and, more strictly, the
probabilities that our own review ends with.
"""

import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pixonomy.bench.embedded import DRAWN, Embedded, embed_sets
from pixonomy.bench.mislabel import (
    Found,
    Integers,
    Kind,
    Noise,
    find_alike,
    measure_found,
    plant_errors,
)
from pixonomy.bench.result import Measurement, Yardstick
from pixonomy.errors import SettingError
from pixonomy.executors.local import run
from pixonomy.label_errors.pca import compress
from pixonomy.label_errors.review import review_labels
from pixonomy.progress import Context

Doubles = npt.NDArray[np.float64]

_SHARES = (0.05, 0.1, 0.2, 0.4)
_KINDS: tuple[Kind, ...] = ("symmetric", "asymmetric")
_SEEDS = (10, 11, 12, 13, 14)  # none of which the review was tuned on
_STRENGTHS = (0.001, 0.01)  # inverse; weaker ones lose by far on embeddings of this length
QUICK: dict[str, object] = {"seeds": (10,), "shares": (0.2,), "drawn": 40}
_FOLDS, _DIRECTIONS = 5, 256
_OURS = "ours"
_CLEANLAB, _DIFFERS = "cleanlab's default", "prediction differs"
_ON_OURS = ", on our probabilities"
_NAMES = {"f1": "F1", "auroc": "AUROC", "precision": "precision", "recall": "recall"}


@dataclass(frozen=True)
class Trial:
    """One set of labels with planted errors; `path` is the file of the embeddings."""

    path: Path
    noise: Noise


def bench_labels(
    context: Context,
    source: Path | None = None,
    seeds: Sequence[int] = _SEEDS,
    shares: Sequence[float] = _SHARES,
    drawn: int = DRAWN,
) -> list[Measurement]:
    """Measure AUROC, F1, precision and recall of the automatic cut: means over seeds.

    Args:
        source: a folder with real images (see `bench.embedded`); None draws some.
        seeds: of the planted errors.
        shares: of the labels that are planted wrong, 0 to 1.
        drawn: images a category, where there are no real ones.
    """
    if _find_issues() is None:
        raise SettingError("This benchmark measures beside cleanlab: pip install cleanlab.")
    with tempfile.TemporaryDirectory(prefix="pixonomy-bench-") as name:
        sets = embed_sets(source, Path(name), context, drawn)
        for _ in run(_keep_alike, sets, context.cores):
            pass
        cells = [(one, kind, share) for one in sets for kind in _KINDS for share in shares]
        trials = [
            Trial(one.path, Noise(kind, share, seed))
            for one, kind, share in cells
            for seed in seeds
        ]
        found = []
        for result in run(try_trial, trials, context.cores):
            found.append(result)
            context.progress("bench labels", len(found), len(trials))
    measured: list[Measurement] = []
    for number, (one, kind, share) in enumerate(cells):
        same = found[number * len(seeds) : (number + 1) * len(seeds)]
        measured.extend(_average(f"{one.name}, {share:.0%} {kind}", same))
    return measured


def try_trial(trial: Trial) -> dict[str, Found]:
    """Plant the errors and look for them in every way, on one thread."""
    with np.load(trial.path) as stored:
        features, labels = stored["features"], stored["labels"]
    alike = np.load(_beside(trial.path))
    given = plant_errors(labels, alike, trial.noise)
    is_wrong = given != labels
    with threadpool_limits(1):
        review = review_labels(features, pl.Series([f"{one:05d}" for one in given]))
        usual = cross_validate(features, given, len(alike))
        ours = np.zeros_like(usual)
        known = [int(name) for name in review.categories]
        ours[:, known] = np.nan_to_num(review.likely)
        quality = np.nan_to_num(review.quality, nan=1.0)
        found = {_OURS: measure_found(is_wrong, review.is_label_issue, quality)}
        for name, likely in (("", usual), (_ON_OURS, ours)):
            found |= _measure_yardsticks(name, likely, given, is_wrong)
    return found


def cross_validate(features: npt.NDArray[np.floating], given: Integers, categories: int) -> Doubles:
    """Return out-of-sample probabilities (n, k) by logistic regression, the usual way.

    Its strength is the one of lower loss on the first fold.
    """
    # The ridge sees the same in the main directions of scaled features as in all of them; what is
    # dropped varies hardly at all, and costs most of the time.
    scaled = compress(features, _DIRECTIONS)
    likely = np.full((len(given), categories), 1e-9)
    strengths: tuple[float, ...] = _STRENGTHS
    parts = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings(action="ignore"):
        for train, test in parts.split(scaled, given):
            models = [
                LogisticRegression(C=strength, max_iter=200, tol=1e-3).fit(
                    scaled[train], given[train]
                )
                for strength in strengths
            ]
            losses = [
                log_loss(given[test], model.predict_proba(scaled[test]), labels=model.classes_)
                for model in models
            ]
            best = models[int(np.argmin(losses))]
            strengths = (best.C,)
            likely[np.ix_(test, best.classes_)] = best.predict_proba(scaled[test])
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def _measure_yardsticks(
    name: str, likely: Doubles, given: Integers, is_wrong: npt.NDArray[np.bool_]
) -> dict[str, Found]:
    find_issues = _find_issues()
    assert find_issues is not None
    likely = likely + 1e-12
    likely /= likely.sum(axis=1, keepdims=True)
    quality = likely[np.arange(len(given)), given]  # cleanlab's own: self-confidence
    with warnings.catch_warnings(action="ignore"):
        issues = np.asarray(find_issues(given, likely, n_jobs=1), np.bool_)
    differs = likely.argmax(axis=1) != given
    return {
        f"{_CLEANLAB}{name}": measure_found(is_wrong, issues, quality),
        f"{_DIFFERS}{name}": measure_found(is_wrong, differs, 1.0 - differs),
    }


def _average(work: str, found: Sequence[Mapping[str, Found]]) -> Iterator[Measurement]:
    """Give each figure as the mean over seeds, beside the yardsticks'."""
    for figure in ("f1", "auroc", "precision", "recall"):
        means = {name: fmean(getattr(one[name], figure) for one in found) for name in found[0]}
        # Kept off zero, as ratios are told: a yardstick may find nothing at all.
        yardsticks = tuple(
            Yardstick(name, max(mean, 1e-9)) for name, mean in means.items() if name != _OURS
        )
        yield Measurement(f"{work}: {_NAMES[figure]}", means[_OURS], "0 to 1", yardsticks)


def _keep_alike(one: Embedded) -> None:
    """Find out which categories are alike, by the true labels, and keep it beside the file."""
    with np.load(one.path) as stored, threadpool_limits(1):
        labels = stored["labels"]
        likely = cross_validate(stored["features"], labels, int(labels.max()) + 1)
    np.save(_beside(one.path), find_alike(labels, likely))


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}-alike.npy")


def _find_issues() -> Callable[..., npt.NDArray[np.bool_]] | None:
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        return None
    return find_label_issues  # type: ignore[no-any-return]
