"""Decides on held-out groups whether fine-tuning pays, and how far to go from the start.

Fine-tuning makes a network better on images like the training ones, and lets it forget what it
knew of others. Weights between start and end keep both (Wortsman et al. 2022, "Robust fine-tuning
of zero-shot models"). Which are best elsewhere shows on images that nothing was fitted to: a short
trial leaves out one group of images of some categories.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.heads.gated import MOST_CATEGORIES
from pixonomy.heads.logistic_head import fit_logistic
from pixonomy.heads.word_head import WordHead
from pixonomy.progress import no_report
from pixonomy.storage.files import read_json, remove, write_json
from pixonomy.training.checkpoint import load_weights, save_weights
from pixonomy.training.epochs import Training, fit_model, measure_logits, predict_logits
from pixonomy.training.gate import fit_gate, group_images
from pixonomy.training.probe import Embedded, Probe, choose_probed
from pixonomy.training.run import RunFolder

FROZEN = "frozen"
"""The network as it was, with the gated head."""

_SHARES = (0.25, 0.5, 0.75, 1.0)  # of the fine-tuned weights
_HELD_OUT = 0.25  # of the training images, about
_TRIED_ON, _EVALUATED = 3000, 400  # images at most that a trial learns from, and is evaluated by
_FEWEST = 20  # held-out images; fewer show nothing
_EPOCHS = 3  # a trial takes this part of the recipe's
_STRENGTH = 0.1  # of the trial's linear head
_MANY = (
    20  # categories: choosing heads for more takes longer than the trial; a linear one stands in
)

Weights = Sequence[npt.NDArray[np.generic]]
Integers = npt.NDArray[np.int64]
Embed = Callable[[Integers], npt.NDArray[np.float32]]
"""Takes row numbers, and returns the start's embeddings of those images."""
Outcomes = dict[str, tuple[tuple[float, float], tuple[float, float]]]
"""Of each candidate: loss and accuracy on validation images, and on those held out."""


@dataclass(frozen=True)
class FineTuning:
    """What a trial showed.

    Attributes:
        share: of the fine-tuned weights in what is kept, 0 to 1; the rest is the start's.
        groups: what was held out by: a column, or clusters of embeddings.
        held_out: images of the groups held out.
        losses: of each candidate: mean cross-entropy, in nats, on validation images and on those
            held out.
        accuracies: of each candidate on the same.
    """

    share: float
    groups: str
    held_out: int
    losses: dict[str, tuple[float, float]]
    accuracies: dict[str, tuple[float, float]]

    def in_words(self) -> str:
        """Return one sentence for people."""
        means = {one: sum(losses) / 2 for one, losses in self.losses.items()}
        tuned = min((one for one in means if one != FROZEN), key=means.__getitem__)
        tried = (
            f"mean log loss on validation pictures and on {self.held_out} held out by "
            f"{self.groups}: {means[FROZEN]:.3f} frozen, at best {means[tuned]:.3f} fine-tuned"
        )
        if not self.share:
            return (
                f"Fine-tuning does not pay here ({tried}): the pretrained network stays frozen. A "
                'recipe with head = "linear" fine-tunes it all the same.'
            )
        kept = "" if self.share == 1 else f"; {100 * self.share:.0f} % of the way is kept"
        return f"Fine-tuning pays ({tried}){kept}."


def read_fine_tuning(folder: RunFolder) -> FineTuning | None:
    """Return what the trial of a run showed; None where there was none."""
    stored = read_json(folder.fine_tuning)
    return None if stored is None else FineTuning(**stored)


@dataclass(frozen=True)
class Known:
    """Training images as the start sees them.

    Attributes:
        embedded: n of them.
        rows: their rows of the arrays, with all columns, in the same order.
        places: their row numbers in the arrays, (n,).
        words: what the categories' words say, or why they say nothing.
    """

    embedded: Embedded
    rows: pl.DataFrame
    places: Integers
    words: WordHead | str

    def only(self, some: Integers) -> "Known":
        """Return some of the images."""
        embedded = Embedded(self.embedded.embeddings[some], self.embedded.labels[some])
        return Known(embedded, self.rows[some], self.places[some], self.words)


def try_fine_tuning(training: Training, known: Known, embed: Embed) -> FineTuning | None:
    """Fine-tune for a short time without some groups, and store what is best on them.

    The candidates are the frozen network with its gated head (of over 20 categories: with a linear
    one), and weights from a quarter of the way to all of it. What counts is the mean of the losses
    on validation images, which are like training, and on the held-out ones. The model has its
    weights of before afterwards.

    Args:
        training: of the whole recipe; its model is the start.

    Returns:
        What was stored; None where too few images can be held out to show anything.
    """
    labels, seed = known.embedded.labels, training.recipe.seed
    known = known.only(choose_probed(np.arange(len(labels)), labels, _TRIED_ON, seed))
    labels = known.embedded.labels
    name, groups = group_images(known.rows, known.embedded, seed)
    is_held_out = hold_out(labels, groups, seed)
    unseen = known.only(choose_probed(np.flatnonzero(is_held_out), labels, _EVALUATED, seed))
    if len(unseen.places) < _FEWEST or not len(training.validation):
        return None
    learnt = known.only(np.flatnonzero(~is_held_out))
    evaluated, start = [training.validation, unseen.places], training.model.get_weights()
    outcomes = _evaluate_frozen(learnt, evaluated, embed, training)
    if outcomes is None:
        return None
    outcomes |= _evaluate_tuned(learnt, evaluated, training)
    training.model.set_weights(start)
    best = min(outcomes, key=lambda one: sum(loss for loss, _ in outcomes[one]))
    found = FineTuning(
        share=0.0 if best == FROZEN else float(best),
        groups=name,
        held_out=len(unseen.places),
        losses={one: _round(near[0], far[0]) for one, (near, far) in outcomes.items()},
        accuracies={one: _round(near[1], far[1]) for one, (near, far) in outcomes.items()},
    )
    write_json(training.folder.fine_tuning, asdict(found))
    return found


def hold_out(labels: Integers, groups: Integers, seed: int) -> npt.NDArray[np.bool_]:
    """Tell which of n images are held out: about a quarter, whole groups.

    No category loses more than one group, nor its last one.

    Args:
        groups: a number each, (n,); a group may be of several categories.
    """
    pairs = np.unique(np.stack([labels, groups]), axis=1)
    of_label = np.bincount(pairs[0])
    is_held_out, given = np.zeros(len(labels), np.bool_), np.zeros(len(of_label), np.bool_)
    for group in np.random.default_rng([seed, 5]).permutation(np.unique(groups)):
        categories = pairs[0][pairs[1] == group]
        is_free = (of_label[categories] > 1) & ~given[categories]
        if is_held_out.mean() < _HELD_OUT and is_free.all():
            given[categories] = True
            is_held_out |= groups == group
    return is_held_out


def keep_average(training: Training, start: Weights, share: float) -> tuple[float, float]:
    """Store the weights so far on the way from the start to the best ones.

    Returns:
        Their loss, in nats, and accuracy on validation images.
    """
    best = load_weights(training.folder.best)
    training.model.set_weights(mix_weights(start, best, share))
    save_weights(training.folder.averaged, training.model.get_weights())
    return _evaluate(training, training.validation)


def mix_weights(start: Weights, end: Weights, share: float) -> list[npt.NDArray[np.generic]]:
    """Return weights that lie this far, 0 to 1, on the straight way from start to end."""
    return [
        ((1 - share) * one + share * other).astype(one.dtype)  # type: ignore[operator]
        for one, other in zip(start, end, strict=True)
    ]


def _evaluate_frozen(
    learnt: Known, evaluated: Sequence[Integers], embed: Embed, training: Training
) -> Outcomes | None:
    known, k = learnt.embedded, int(learnt.embedded.labels.max()) + 1
    linear = fit_logistic(known.embeddings, known.labels, _STRENGTH)
    probe = Probe(linear.kernel, linear.bias, _STRENGTH)
    fitted = None
    if k <= _MANY:
        fitted = fit_gate(known, learnt.rows, probe, learnt.words, k, training.recipe.seed)
    if k > MOST_CATEGORIES or (k <= _MANY and fitted is None):
        return None
    found = []
    for rows in evaluated:
        embeddings = embed(rows)
        answers = probe.logits(embeddings)
        if fitted is not None:
            answers = fitted[0].head.answer(embeddings, answers)[0].astype(np.float32)
        found.append(measure_logits(answers, training.training_set.labels[rows]))
    training.model.get_layer("logits").set_weights([probe.kernel, probe.bias])
    return {FROZEN: (found[0], found[1])}


def _evaluate_tuned(learnt: Known, evaluated: Sequence[Integers], training: Training) -> Outcomes:
    """Train the model, whose head has been fitted to the same images, and judge what comes out."""
    recipe = training.recipe
    recipe = replace(recipe, epochs=max(1, round(recipe.epochs / _EPOCHS)))
    some = replace(training.training_set, rows=learnt.places, recipe=recipe)
    folder = RunFolder(training.folder.trial)
    trial = replace(training, training_set=some, folder=folder, report=no_report, keep_start=False)
    start = training.model.get_weights()
    fit_model(trial)
    end = load_weights(folder.best)
    outcomes: Outcomes = {}
    for share in _SHARES:
        training.model.set_weights(mix_weights(start, end, share))
        near, far = (_evaluate(training, rows) for rows in evaluated)
        outcomes[str(share)] = near, far
    remove(training.folder.trial)
    return outcomes


def _evaluate(training: Training, rows: Integers) -> tuple[float, float]:
    logits = predict_logits(training.model, training.training_set, rows)
    return measure_logits(logits, training.training_set.labels[rows])


def _round(near: float, far: float) -> tuple[float, float]:
    return round(near, 4), round(far, 4)
