"""The gated head of a frozen network: its groups and words found, chosen, stored, read back."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.category import Category
from pixonomy.dataset.connected import tie
from pixonomy.dataset.manifest import ORIGIN_COLUMNS
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.heads.choose import Choice
from pixonomy.heads.folds import cluster
from pixonomy.heads.gated import GatedHead, HeldOut, fit_gated_head
from pixonomy.heads.out_of_fold import Training
from pixonomy.heads.prototypes import Prototypes
from pixonomy.heads.references import References
from pixonomy.heads.word_head import WordHead
from pixonomy.models.stored_head import ImageNetHead
from pixonomy.semantic_prior.prior import imagenet_classes, weigh
from pixonomy.semantic_prior.words import understand
from pixonomy.training.probe import Embedded, Probe, choose_probed

CLUSTERS = "clusters of embeddings"
"""The groups where no column says where images come from."""

_CHOSEN_ON = 2000  # images: each is compared with every other

Arrays = list[npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Gate:
    """A gated head, and how it came about.

    Attributes:
        held_out: how images unlike training, of groups held out, were answered.
    """

    head: GatedHead
    held_out: HeldOut

    def as_arrays(self) -> Arrays:
        """Return all numbers, to be stored in this order."""
        head, words = self.head, self.head.words
        of_words: Arrays = [] if words is None else [words.kernel, words.bias, words.weights]
        return [
            head.references.vectors,
            head.references.scale,
            head.prototypes.centre,
            head.prototypes.directions,
            np.array(head.thresholds, np.float64),
            np.array(head.mixes, np.float64),
            self.held_out.confidence,
            self.held_out.is_right,
            self.held_out.groups,
            *of_words,
        ]

    @staticmethod
    def from_arrays(stored: Arrays) -> "Gate":
        """Undo `as_arrays`."""
        vectors, scale, centre, directions, thresholds, mixes, *rest = stored
        near, off = thresholds.tolist()
        head = GatedHead(
            References(vectors.astype(np.int8), scale.astype(np.float32)),
            Prototypes(centre.astype(np.float32), directions.astype(np.float32)),
            (near, off),
            tuple(tuple(one) for one in mixes.tolist()),  # type: ignore[arg-type]
            WordHead(*rest[3:]) if len(rest) > 3 else None,  # type: ignore[arg-type]
        )
        return Gate(head, HeldOut(*rest[:3]))  # type: ignore[arg-type]


@dataclass(frozen=True)
class GateFacts:
    """What a run tells of its gated head.

    Attributes:
        groups: the column whose values were held out, or `CLUSTERS`.
        chosen: the heads for images near training, in between, and far from it.
        losses: the mean cross-entropy (nats) of every candidate on each side.
        without_words: why words have no say; None where they could have one.
    """

    groups: str
    chosen: tuple[str, ...]
    losses: tuple[dict[str, float], ...]
    without_words: str | None

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        return asdict(self)

    def in_words(self) -> str:
        """Return one sentence for people."""
        near, between, far = self.chosen
        groups = self.groups if self.groups == CLUSTERS else f"each {self.groups}"
        words = "" if self.without_words is None else f" {self.without_words}"
        return (
            f"Heads chosen by holding out {groups}: {near} for pictures like the "
            f"training ones, {between} in between, {far} for others.{words}"
        )


def fit_gate(
    embedded: Embedded,
    rows: pl.DataFrame,
    probe: Probe,
    words: WordHead | str,
    categories: int,
    seed: int,
) -> tuple[Gate, GateFacts] | None:
    """Choose and fit a gated head on training images; None for too few, or too many categories.

    Args:
        embedded: the training images.
        rows: their rows, with all columns, in the same order.
        probe: whose logits the head takes.
        words: or why there are none.
    """
    every = np.arange(len(embedded.labels))
    some = choose_probed(every, embedded.labels, _CHOSEN_ON, seed)
    embedded, rows = Embedded(embedded.embeddings[some], embedded.labels[some]), rows[some]
    name, groups = group_images(rows, embedded, seed)
    training = Training(embedded.embeddings, embedded.labels, groups, categories, probe.strength)
    word_head = None if isinstance(words, str) else words
    fitted = fit_gated_head(training, tie(rows), word_head, seed, name != CLUSTERS)
    if fitted is None:
        return None
    head, choice, held_out = fitted
    why = words if isinstance(words, str) else None
    return Gate(head, held_out), _describe(name, choice, why)


def group_images(
    rows: pl.DataFrame, embedded: Embedded, seed: int
) -> tuple[str, npt.NDArray[np.int64]]:
    """Return what images can be held out by, a column or `CLUSTERS`, and a number a group."""
    column, groups = find_groups(rows, embedded.labels)
    if column is None or groups is None:
        return CLUSTERS, cluster(embedded.embeddings, embedded.labels, seed)
    return column, groups


def find_groups(
    rows: pl.DataFrame, labels: npt.NDArray[np.int64]
) -> tuple[str | None, npt.NDArray[np.int64] | None]:
    """Return the first of `ORIGIN_COLUMNS` that can be held out by, and a number a value.

    A column can be if it names several images a value, on average two or more, and two values of
    some category. Images without a value are one group of each category.
    """
    for name in ORIGIN_COLUMNS:
        if name not in rows.columns or rows[name].dtype != pl.String:
            continue
        pairs = pl.DataFrame({"label": labels, "value": rows[name]}).drop_nulls()
        values = pairs["value"].n_unique()
        several = pairs.group_by("label").agg(pl.col("value").n_unique())["value"].max()
        if values * 2 <= pairs.height and isinstance(several, int) and several > 1:
            text = rows[name].fill_null("")
            return name, text.rank("dense").to_numpy().astype(np.int64)
    return None, None


def find_words(
    labels: Sequence[str], taxonomy: Taxonomy | None, head: ImageNetHead | None
) -> WordHead | str:
    """Return what words say of categories, or one sentence that says why they say nothing."""
    if head is None:
        return (
            "Words have no say: the backbone's ImageNet head is not at hand (a file NAME_head.npz "
            "beside NAME_notop.weights.h5, or Keras's own download)."
        )
    known = {} if taxonomy is None else taxonomy.categories
    asked = [known.get(one, Category(one, one)) for one in labels]
    understood = understand(asked)
    if not any(one.terms for one in understood):
        return "Words have no say: none of the categories' words is an English noun that is known."
    return WordHead(head.kernel, head.bias, weigh(understood, imagenet_classes()))


def _describe(column: str, choice: Choice, without_words: str | None) -> GateFacts:
    names = tuple(one.name for one in choice.chosen)
    return GateFacts(column, names, choice.losses, without_words)
