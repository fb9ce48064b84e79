"""Which categories their words can and cannot tell apart, before there is an image."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from pixonomy.dataset.category import Category
from pixonomy.results.word_results import (
    ExpectedConfusion,
    SharedWord,
    UnseenCategory,
    WordCheck,
)
from pixonomy.semantic_prior.noun_hierarchy import load_hierarchy
from pixonomy.semantic_prior.prior import ClassSimilarity, Floats, imagenet_classes, weigh
from pixonomy.semantic_prior.words import Understood, understand

_CONFUSED = 0.5  # of the right answer's expected probability: from here on it is a toss-up
_OTHER_LANGUAGE = 0.5  # unknown phrases of all: beyond it, it is another language
_MOST_WORDS = 5  # of a category, in a message


def check_words(categories: Sequence[Category], classes: Sequence[str] | None = None) -> WordCheck:
    """Tell which words are unknown, and which categories cannot be told apart by them.

    Args:
        classes: ids of WordNet 3.0 of the network's classes; None: those of ImageNet.
    """
    classes = imagenet_classes() if classes is None else classes
    understood = understand(categories)
    known = [one for one in understood if one.terms]
    check = WordCheck(
        unknown={one.id: one.unknown for one in understood if one.unknown},
        without_words=tuple(one.id for one in understood if not one.terms),
        shared=tuple(_find_shared(known)),
        unseen=tuple(_find_unseen(known, classes)),
        confusions=tuple(_find_confusions(known, classes)),
        messages=(),
    )
    return replace(check, messages=tuple(_describe(check, understood)))


def expect_confusion(weights: Floats) -> Floats:
    """Return how images of each category would be answered by words alone.

    An image of a category is taken to show a class as often as the square of its weight: so the
    classes that a category is named for outweigh the hundreds that are a little like them.

    Args:
        weights: by `class_weights`, float32 (categories, classes).

    Returns:
        float32 (categories, categories): in row a and column b, the mean probability that images
        of a are answered as b; each row of sum 1.
    """
    shown = weights**2 / (weights**2).sum(axis=1, keepdims=True)
    return np.asarray(shown @ (weights / weights.sum(axis=0)).T, np.float32)


def _find_shared(known: Sequence[Understood]) -> Iterator[SharedWord]:
    """Find categories with a word or phrase that usually means the same as an earlier one's."""
    owners: dict[int, tuple[str, str]] = {}
    for one in known:
        whole = [some[0] for some in one.terms if len(some) == 1]  # "repair" of a car is its own
        paired: set[str] = set()
        for synset, text in {term.senses[0].synset: term.text for term in whole}.items():
            other, word = owners.setdefault(synset, (one.id, text))
            if other != one.id and other not in paired:
                paired.add(other)
                yield SharedWord(categories=(other, one.id), words=(word, text))


def _find_unseen(known: Sequence[Understood], classes: Sequence[str]) -> Iterator[UnseenCategory]:
    hierarchy = load_hierarchy()
    similarity = ClassSimilarity(classes, hierarchy)
    for one in known:
        synsets = [sense.synset for some in one.terms for term in some for sense in term.senses]
        if not any(similarity.kinds_of(synset).any() for synset in synsets):
            near = np.max([similarity(synset) for synset in synsets], axis=0)
            best = hierarchy.synset(classes[int(near.argmax())])
            assert best is not None
            yield UnseenCategory(
                category=one.id,
                nearest=hierarchy.name(best),
                similarity=round(float(near.max()), 3),
            )


def _find_confusions(
    known: Sequence[Understood], classes: Sequence[str]
) -> Iterator[ExpectedConfusion]:
    """Find the category that each is most often taken for, a pair once, the worst first."""
    if len(known) < 2:
        return
    expected = expect_confusion(weigh(known, classes))
    right = np.diag(expected).copy()
    ratio = expected / right[:, None]
    np.fill_diagonal(ratio, 0)
    others = ratio.argmax(axis=1)
    paired: set[frozenset[int]] = set()
    for a in np.argsort(-ratio.max(axis=1), kind="stable").tolist():
        b = int(others[a])
        if ratio[a, b] < _CONFUSED or frozenset((a, b)) in paired:
            continue
        paired.add(frozenset((a, b)))
        yield ExpectedConfusion(
            category=known[a].id,
            other=known[b].id,
            expected=round(float(expected[a, b]), 3),
            right=round(float(right[a]), 3),
        )


def _describe(check: WordCheck, understood: Sequence[Understood]) -> Iterator[str]:
    unknown = sum(len(one.unknown) for one in understood)
    phrases = unknown + sum(len(one.terms) for one in understood)
    if phrases and unknown > _OTHER_LANGUAGE * phrases:
        yield (
            f"Of {phrases} words and phrases {unknown} are no English nouns; words are understood "
            "in English only: give English keywords, or train on images alone."
        )
    for one in understood:
        if one.unknown:
            yield _describe_unknown(one)
    for pair in check.shared:
        yield _describe_shared(pair)
    for far in check.unseen:
        yield (
            f"{far.category!r}: the pretrained network knows nothing of this kind, and "
            f"{far.nearest!r} comes nearest ({far.similarity:.2f} of 1): words alone will find few "
            "of its images."
        )
    unseen = {far.category for far in check.unseen}  # each has its sentence already
    for taken in check.confusions:
        if taken.category in unseen or taken.other in unseen:
            continue
        yield (
            f"{taken.category!r} and {taken.other!r} can hardly be told apart by their words: "
            "images of the first are expected to be answered as the second at "
            f"{taken.expected:.0%}, as the first at {taken.right:.0%}."
        )


def _describe_unknown(one: Understood) -> str:
    some = ", ".join(repr(str(word)) for word in one.unknown[:_MOST_WORDS])
    more = len(one.unknown) - _MOST_WORDS
    words = f"{some} and {more} more" if more > 0 else some
    is_or_are = (
        "is no known English noun" if len(one.unknown) == 1 else "are no known English nouns"
    )
    if one.terms:
        return f"{one.id!r}: {words} {is_or_are}, and left out."
    return (
        f"{one.id!r}: {words} {is_or_are}, and it has no other words: words say nothing about it; "
        "give it English keywords."
    )


def _describe_shared(pair: SharedWord) -> str:
    (a, b), (first, second) = pair.categories, pair.words
    if first == second:
        return f"{a!r} and {b!r} both have {first!r}: give each words that are its alone."
    return f"{first!r} of {a!r} means the same as {second!r} of {b!r}: give each words of its own."
