"""Remembers what a reviewer said of images, until the next training has learnt it.

An image that is nearer to a reviewed one than to any reference image of the bundle gets the label
of most of the five nearest reviewed ones, as far as these are nearer than any reference, too: were
all five asked, a handful of reviews would answer for categories that they are far from
(benchmarks/correction_memory.py). Nearness is the cosine of embeddings, as in `heads.references`.
The memory answers only as long as it is worth it: it stands aside where,
asked about its own images without themselves, it is right less often than the model was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pixonomy.heads.cosine_search import CosineSearch, Found, Halves, main_directions
from pixonomy.heads.references import NEIGHBOURS, Floats, Integers, References

MOST = 50_000
"""Images that are remembered; a new one takes the place of the oldest."""

_FEWEST = NEIGHBOURS  # fewer are no five to ask
_CHECKED = 200  # of the newest images the memory is asked about
_CHANGED = 0.02  # of the images: so many changes later it is asked again


@dataclass(frozen=True)
class Review:
    """What a reviewer said of an image.

    Attributes:
        id: by which it can be forgotten.
        label: None: it is none of the categories.
        answer: the label that the model gave, None where it said none.
    """

    id: str
    label: str | None
    answer: str | None


@dataclass(frozen=True)
class Standing:
    """How the memory does on its own images, those it would be asked about.

    Attributes:
        asked: images, of the newest 200, that are nearer to another one than to any reference.
        right: share of them that the memory answers right without themselves.
        model_right: share that the model answered right.
        stands_aside: whether the memory answers nothing, for it is worse, or too small to tell.
    """

    asked: int
    right: float | None
    model_right: float | None
    stands_aside: bool


@dataclass(frozen=True)
class Remembered:
    """An answer of the memory.

    Attributes:
        label: None: none of the categories.
        agreeing: how many of the nearest images have it, of `asked`.
        cosine: of the nearest one, whose id is `nearest`.
    """

    label: str | None
    agreeing: int
    asked: int
    cosine: float
    nearest: str


_TOO_SMALL = Standing(0, None, None, stands_aside=True)


class CorrectionMemory:
    """Reviewed images, and the references of the bundle whose network embeds them."""

    def __init__(self, references: Floats, most: int = MOST) -> None:
        """Remember nothing yet.

        Args:
            references: embeddings of training images, (r, d), from the same network.
            most: images that are remembered at most.
        """
        self.most = most
        directions = main_directions(references)
        self._references = CosineSearch(directions)
        for place, one in enumerate(references):
            self._references.put(place, one)
        self._search = CosineSearch(directions)
        self._reviews: list[Review] = []
        self._numbers = np.zeros(most, np.int64)  # the order in which they came
        self._places: dict[str, int] = {}
        self._next = 0
        self._changes = 0
        self.standing = _TOO_SMALL
        """How the memory does: found out anew after changes of a fiftieth of it."""

    def __len__(self) -> int:
        return len(self._reviews)

    @property
    def vectors(self) -> Halves:
        """The embeddings, float16 (n, d), beside `reviews`."""
        return self._search.vectors

    @property
    def reviews(self) -> Sequence[Review]:
        """What was said, in no particular order."""
        return tuple(self._reviews)

    @property
    def numbers(self) -> Integers:
        """The order in which the images came, int64 (n,)."""
        return self._numbers[: len(self)].copy()

    def add(
        self, embedding: npt.NDArray[np.floating], review: Review, is_checked: bool = True
    ) -> None:
        """Remember an image, at once; one of the same id is replaced, the oldest makes room.

        Args:
            is_checked: find out how the memory does, where that is due; without, call `check`
                after the last of many.

        Raises:
            ValueError: if the embedding is not finite or of other length than the references.
        """
        wanted = self._search.directions.shape[0]
        if embedding.shape != (wanted,) or not np.isfinite(embedding).all():
            raise ValueError(f"an embedding of {wanted} finite numbers was expected")
        place = self._places.get(review.id, len(self))
        if place == self.most:
            place = int(self._numbers.argmin())
            del self._places[self._reviews[place].id]
        if place == len(self):
            self._reviews.append(review)
        self._reviews[place], self._places[review.id] = review, place
        self._numbers[place], self._next = self._next, self._next + 1
        self._search.put(place, embedding.astype(np.float32))
        self._note_change(is_checked)

    def remove(self, identity: str) -> bool:
        """Forget an image, at once; return whether it was remembered."""
        place = self._places.pop(identity, None)
        if place is None:
            return False
        last = self._reviews.pop()
        if last.id != identity:
            self._reviews[place], self._places[last.id] = last, place
        self._numbers[place] = self._numbers[len(self)]
        self._search.remove(place)
        self._note_change()
        return True

    def answer(self, embedding: Floats) -> Remembered | None:
        """Return what the memory says of an embedding, (d,); None where the model has the word."""
        return None if self.standing.stands_aside else self._ask(embedding, None)

    def nearest(self, embedding: Floats) -> Found:
        """Return the five nearest images, places in `reviews`, or nearly so."""
        return self._search.find(embedding, NEIGHBOURS)

    def check(self) -> None:
        """Find out anew how the memory does: some hundred answers are looked for."""
        self.standing, self._changes = self._check(), 0

    def _note_change(self, is_checked: bool = True) -> None:
        self._changes += 1
        if is_checked and self._changes > _CHANGED * len(self):
            self.check()

    def _check(self) -> Standing:
        if len(self) < _FEWEST:
            return _TOO_SMALL
        newest = np.argsort(-self._numbers[: len(self)])[:_CHECKED]
        asked = right = model_right = 0
        for place in newest.tolist():
            review = self._reviews[place]
            given = self._ask(self._search.vectors[place].astype(np.float32), place)
            if given is not None:
                asked += 1
                right += given.label == review.label
                model_right += review.answer == review.label
        if not asked:  # no image is near another one: there is nothing against it
            return Standing(0, None, None, stands_aside=False)
        return Standing(asked, right / asked, model_right / asked, right < model_right)

    def _ask(self, embedding: Floats, but: int | None) -> Remembered | None:
        """Ask for the nearest images, one of them perhaps left out."""
        found = self._search.find(embedding, NEIGHBOURS + (but is not None))
        nearest = self._references.find(embedding, 1)
        votes = (found.places != but) & (found.cosines > nearest.cosines[0])
        found = Found(found.places[votes][:NEIGHBOURS], found.cosines[votes][:NEIGHBOURS])
        if not len(found.places):
            return None
        return self._vote(found)

    def _vote(self, found: Found) -> Remembered:
        """Return the label that most have; of equals, that of the nearest."""
        labels = [self._reviews[place].label for place in found.places.tolist()]
        chosen = max(labels, key=labels.count)  # of equals the first one
        return Remembered(
            chosen,
            labels.count(chosen),
            len(labels),
            float(found.cosines[0]),
            self._reviews[int(found.places[0])].id,
        )


def reference_embeddings(references: References) -> Floats:
    """Return the embeddings, (r, d), of a gated head's references."""
    k, r, d = references.vectors.shape
    flat = references.vectors.reshape(k * r, d).astype(np.float32)
    return np.asarray(flat[references.scale.ravel() > 0])
