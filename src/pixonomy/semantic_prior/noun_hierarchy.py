"""The English nouns of WordNet 3.0: what a word can mean, and of which kinds each meaning is.

The table beside this file is made by `tools/make_noun_hierarchy.py`. Fellbaum (1998), WordNet: an
electronic lexical database.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

TABLE = resources.files("pixonomy.semantic_prior").joinpath("nouns.npz")
LICENCE = resources.files("pixonomy.semantic_prior").joinpath("WORDNET-LICENCE.txt")

_WNID = re.compile(r"n(\d{8})")

Ints = npt.NDArray[np.int32]


class Sense(NamedTuple):
    """One meaning of a word.

    Attributes:
        synset: its number in the table.
        frequency: how often the word was met with this meaning in WordNet's tagged texts.
    """

    synset: int
    frequency: int


def lemma_key(text: str) -> str:
    """Return a word as the table spells it: small letters, spaces for hyphens and underlines."""
    return " ".join(re.sub(r"[-_\s]+", " ", text.casefold().replace(".", "")).split())


class NounHierarchy:
    """Words → senses → the more general senses above them (hypernyms)."""

    def __init__(self, table: dict[str, npt.NDArray[np.integer]]) -> None:
        self._lemmas = _lines(table["lemmas"])
        self._sense_starts = _starts(table["sense_counts"])
        self._senses, self._frequencies = table["senses"], table["frequencies"]
        self._offsets: Ints = np.cumsum(table["offset_steps"], dtype=np.int32)
        self._hypernym_starts = _starts(table["hypernym_counts"])
        self._hypernyms = table["hypernyms"]
        self._plurals = dict(line.split(b"\t") for line in _lines(table["plurals"]))
        self._depths: dict[int, int] = {}

    def senses(self, lemma: str) -> tuple[Sense, ...]:
        """Return the meanings of a word in the form of `lemma_key`, the most frequent first."""
        key = lemma.encode()
        place = bisect_left(self._lemmas, key)
        if place == len(self._lemmas) or self._lemmas[place] != key:
            return ()
        found = slice(self._sense_starts[place], self._sense_starts[place + 1])
        pairs = zip(self._senses[found].tolist(), self._frequencies[found].tolist(), strict=True)
        return tuple(Sense(synset, frequency) for synset, frequency in pairs)

    def irregular(self, plural: str) -> str | None:
        """Return the singular of an irregular plural ("geese" → "goose")."""
        found = self._plurals.get(plural.encode())
        return None if found is None else found.decode()

    def synset(self, wnid: str) -> int | None:
        """Return the number of an id of WordNet 3.0 such as `n02123045`; None: there is none."""
        match = _WNID.fullmatch(wnid)
        if match is None:
            return None
        offset = int(match[1])
        place = int(np.searchsorted(self._offsets, offset))
        return place if place < len(self._offsets) and self._offsets[place] == offset else None

    def name(self, synset: int) -> str:
        """Return the word that most often has this meaning; of equal ones the shortest."""
        places = np.flatnonzero(self._senses == synset)
        lemmas = np.searchsorted(self._sense_starts, places, side="right") - 1
        ranks = zip((-self._frequencies[places].astype(int)).tolist(), lemmas.tolist(), strict=True)
        words = [(met, len(self._lemmas[lemma]), self._lemmas[lemma]) for met, lemma in ranks]
        word: bytes = min(words)[2]
        return word.decode()

    def ancestors(self, synset: int) -> dict[int, int]:
        """Return each sense above, and the sense itself, with the fewest steps up to it."""
        steps, front, step = {synset: 0}, [synset], 0
        while front:
            step += 1
            front = [above for one in front for above in self._above(one) if above not in steps]
            steps.update(dict.fromkeys(front, step))
        return steps

    def depth(self, synset: int) -> int:
        """Return the number of senses on the longest way from the root, both ends counted."""
        if synset not in self._depths:
            above = self._above(synset)
            self._depths[synset] = 1 + max((self.depth(one) for one in above), default=0)
        return self._depths[synset]

    def _above(self, synset: int) -> Sequence[int]:
        found = slice(self._hypernym_starts[synset], self._hypernym_starts[synset + 1])
        above: list[int] = self._hypernyms[found].tolist()
        return above


@cache
def load_hierarchy() -> NounHierarchy:
    """Return the table that is shipped; read at the first call, in under 0.2 s."""
    with resources.as_file(TABLE) as path, np.load(Path(path)) as table:
        return NounHierarchy({name: table[name] for name in table.files})


def _lines(text: npt.NDArray[np.integer]) -> list[bytes]:
    return text.tobytes().split(b"\n")


def _starts(counts: npt.NDArray[np.integer]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
