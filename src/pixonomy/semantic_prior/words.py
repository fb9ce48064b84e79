"""What the words of a category mean: its keywords, or its name, as senses of English nouns."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pixonomy.dataset.category import Category
from pixonomy.semantic_prior.noun_hierarchy import NounHierarchy, Sense, lemma_key, load_hierarchy

_LONGEST = 4
"""Words in a phrase that is looked up as one; WordNet has longer ones, but nobody types them."""

# WordNet's own rules for plurals (morphy): an ending, and what stands for it in the singular.
_ENDINGS = (
    ("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"),
    ("men", "man"), ("ies", "y"), ("ves", "f"),
)  # fmt: skip

# Words that are nouns to WordNet as well (an are, an inch, indium), and never meant as such.
_STOP_WORDS = frozenset(
    "a about an and are as at be by de do for from get had has have he her his i if in inside into "
    "is it its less more most my near new no non not of off on or other out over own per she so "
    "some than that the their them they this to too under up us was we were what who with without "
    "you your".split()
)
_HEAD_BEFORE = frozenset("at for from in inside of on over under with without".split())
"""Behind one of these stands no head of a phrase: in "jar of coins" it is the jar."""


_LISTED = re.compile(r"[,;/|&+]|(?<![^\W_])(?:and|or)(?![^\W_])", re.IGNORECASE)


class Term(NamedTuple):
    """A word or phrase that the table knows.

    Attributes:
        text: as it was looked up.
        senses: its meanings, the most frequent first.
        is_head: whether it is what the phrase is about ("sofa" in "leather sofa").
    """

    text: str
    senses: tuple[Sense, ...]
    is_head: bool


@dataclass(frozen=True)
class Understood:
    """What was understood of a category's words.

    Attributes:
        terms: of each phrase, those that the table knows; phrases without any are left out.
        unknown: the phrases of which it knows no word.
        ignored: the unknown words of the other phrases ("dented" in "dented car"), each once.
    """

    id: str
    terms: tuple[tuple[Term, ...], ...]
    unknown: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """The words and phrases that were found, each once."""
        return tuple(dict.fromkeys(term.text for some in self.terms for term in some))


def understand(categories: Sequence[Category]) -> list[Understood]:
    """Look up the words of each category among English nouns.

    Its keywords are looked up; where there are none, or none is known, its name, or its id. A
    phrase is looked up as a whole, then in its longest parts: "electric car charging" is the
    "electric car". Plurals, hyphens, underlines and capitals do not matter.
    """
    hierarchy = load_hierarchy()
    return [_understand(one, hierarchy) for one in categories]


def _understand(category: Category, hierarchy: NounHierarchy) -> Understood:
    name = category.name or category.id
    found = _look_up(category.id, category.keywords or (name,), hierarchy)
    if found.terms or not category.keywords:
        return found
    by_name = _look_up(category.id, (name,), hierarchy)
    return replace(by_name, unknown=tuple(dict.fromkeys(found.unknown + by_name.unknown)))


def _look_up(identity: str, phrases: Sequence[str], hierarchy: NounHierarchy) -> Understood:
    terms, unknown, ignored = [], [], []
    for phrase in (piece for one in phrases for piece in _take_apart(one, hierarchy)):
        known, unknown_words = parse(phrase, hierarchy)
        if known:
            terms.append(known)
            ignored.extend(unknown_words)
        else:
            unknown.append(phrase)
    return Understood(
        identity, tuple(terms), tuple(dict.fromkeys(unknown)), tuple(dict.fromkeys(ignored))
    )


def _take_apart(phrase: str, hierarchy: NounHierarchy) -> list[str]:
    """Return what a phrase lists: "Shirts & Blouses" are two; "bed and breakfast" is one."""
    words = split_words(phrase)
    if words and len(words) <= _LONGEST and find_senses(" ".join(words), hierarchy):
        return [phrase]
    pieces = [piece.strip() for piece in _LISTED.split(phrase)]
    return [piece for piece in pieces if piece] or [phrase]


def parse(phrase: str, hierarchy: NounHierarchy) -> tuple[tuple[Term, ...], list[str]]:
    """Return the terms of a phrase in its order, and its unknown words."""
    synset = hierarchy.synset(phrase.strip())
    if synset is not None:
        return (Term(phrase.strip(), (Sense(synset, 0),), True),), []
    words = split_words(phrase)
    found: list[tuple[int, str, tuple[Sense, ...]]] = []
    unknown: list[str] = []
    end = len(words)
    while end:  # from behind, for there stands the head
        start, senses = _longest(words, end, hierarchy)
        if senses:
            found.append((start, " ".join(words[start:end]), senses))
        elif not _is_filler(words[start]):
            unknown.append(words[start])
        end = start
    head_end = next((at for at, one in enumerate(words) if at and one in _HEAD_BEFORE), len(words))
    head = max((start for start, _, _ in found if start < head_end), default=-1)
    terms = tuple(Term(text, senses, start == head) for start, text, senses in reversed(found))
    return terms, unknown[::-1]


def _longest(
    words: Sequence[str], end: int, hierarchy: NounHierarchy
) -> tuple[int, tuple[Sense, ...]]:
    """Return where the longest known phrase before `end` starts; no senses: there is none."""
    for start in range(max(0, end - _LONGEST), end):
        text = " ".join(words[start:end])
        senses = () if _is_filler(text) else find_senses(text, hierarchy)
        if senses:
            return start, senses
    return end - 1, ()


def _is_filler(word: str) -> bool:
    """Tell words, letters and numbers that mean something only in a phrase ("t" in "t shirt")."""
    return word in _STOP_WORDS or len(word) == 1 or word.isdigit()


def split_words(phrase: str) -> list[str]:
    """Return the words of a phrase or of a folder's name ("T-Shirt", "red_wine", "RedWine").

    What stands in brackets only says more of the rest: "mouse (computer)" is a mouse.
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", phrase).replace("(", " with ")
    plain = unicodedata.normalize("NFKC", apart)
    return lemma_key(re.sub(r"[^\w\s'.-]+|(?<!\w)'|'(?!\w)", " ", plain)).split()


def find_senses(text: str, hierarchy: NounHierarchy) -> tuple[Sense, ...]:
    """Return the meanings of a word or phrase, the most frequent first; none: it is not known.

    A word that is a noun as it stands may be a plural as well: "shoes" are somebody's situation,
    and footwear. What is neither is looked up as one word ("key board") and without its genitive.
    """
    *before, last = text.split()
    forms = [text, *(" ".join([*before, one]) for one in _singulars(last, hierarchy))]
    found = dict.fromkeys(sense for form in forms for sense in hierarchy.senses(form))
    if found:
        return tuple(sorted(found, key=lambda sense: -sense.frequency))
    others = [text.removesuffix("'s").removesuffix("'")]
    if len(before) == 1 and not _is_filler(before[0]) and not _is_filler(last):
        others.append(before[0] + last)
    return next((some for some in map(hierarchy.senses, others) if some), ())


def _singulars(word: str, hierarchy: NounHierarchy) -> Iterator[str]:
    irregular = hierarchy.irregular(word)
    if irregular is not None:
        yield irregular
    if word.endswith("ss") or len(word) < 3:
        return
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            yield word.removesuffix(ending) + instead
