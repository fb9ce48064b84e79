"""Measures how well categories can be told apart before any training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.location import in_chunks, locate
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.images.embedding import Embedder
from pixonomy.images.resize import frame
from pixonomy.progress import Context
from pixonomy.studies.study_data import Prepared

NEIGHBOURS = 5
_EACH = 150  # images of a category that are looked at
_BATCH = 64


class SeparabilityRecord(TypedDict):
    """A `Separability` as plain JSON."""

    score: float
    closest: Sequence[str]
    n: int


@dataclass(frozen=True)
class Separability:
    """How well categories stand apart in the eyes of a network that was not trained on them.

    Attributes:
        score: how often the five nearest images of other units name the right category, beyond
            chance: 0 is no better than guessing, 1 is always. Categories count alike.
        closest: the two categories that are taken for each other most.
        n: images looked at.
    """

    score: float
    closest: tuple[str, str]
    n: int

    def as_json(self) -> SeparabilityRecord:
        """Return it as plain JSON."""
        return {"score": self.score, "closest": self.closest, "n": self.n}


def measure_separability(
    prepared: Mapping[str, Prepared], embedder: Embedder, context: Context
) -> dict[str, Separability]:
    """Measure each data set on up to 150 images of each category."""
    found = {}
    for place, (name, one) in enumerate(prepared.items()):
        units = one.units.group_by("label", maintain_order=True).head(_EACH)
        vectors, numbers = _embed(one.manifest, units, embedder)
        found[name] = separability(vectors, numbers["label"], numbers["unit"])
        context.progress("measuring how alike categories are", place + 1, len(prepared))
    return found


def separability(
    vectors: npt.NDArray[np.float32], labels: pl.Series, units: pl.Series
) -> Separability:
    """Judge categories by the neighbours of their images.

    Args:
        vectors: one an image, shape (n, d); compared by cosine.
        labels, units: of each; images of one unit do not vote for each other.
    """
    names = labels.unique().sort()
    truth = labels.replace_strict(names, range(len(names)), return_dtype=pl.Int64).to_numpy()
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    unit = units.to_numpy()
    alike = (vectors / norms) @ (vectors / norms).T
    alike[unit[:, None] == unit] = -np.inf
    nearest = np.argsort(-alike, axis=1, kind="stable")[:, :NEIGHBOURS]
    votes = np.zeros((len(truth), len(names)))
    weights = np.maximum(np.take_along_axis(alike, nearest, axis=1), 0) + 1e-6
    np.add.at(votes, (np.arange(len(truth))[:, None], truth[nearest]), weights)
    answers = votes.argmax(axis=1)
    taken = np.zeros((len(names), len(names)))
    np.add.at(taken, (truth, answers), 1)
    taken /= taken.sum(axis=1, keepdims=True)
    chance = 1 / len(names)
    score = (float(np.diag(taken).mean()) - chance) / (1 - chance)
    both = np.triu(taken + taken.T, 1)
    first, second = np.unravel_index(int(both.argmax()), both.shape)
    return Separability(score, (str(names[int(first)]), str(names[int(second)])), len(truth))


def _embed(
    manifest: Path, units: pl.DataFrame, embedder: Embedder
) -> tuple[npt.NDArray[np.float32], pl.DataFrame]:
    """Return the vectors of the images that can be read, and their rows."""
    about = read_manifest(manifest)
    rows = about.rows[units["row"]]
    vectors, numbers = [], []
    start = 0
    for chunk in in_chunks(locate(rows, about.base), _BATCH):
        framed = {}
        for place, fetched in read_all(chunk):
            try:
                if not isinstance(fetched, UndecodableImage):
                    framed[start + place] = frame(fetched, embedder.resize_spec)
            except UndecodableImage:  # left out of the arrays, too
                continue
        if framed:
            vectors.append(embedder(np.stack(list(framed.values()))))
            numbers += list(framed)
        start += len(chunk)
    return np.concatenate(vectors), units[numbers]
