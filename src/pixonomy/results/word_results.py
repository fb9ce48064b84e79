"""What the words of categories can tell apart: a part of what `taxonomy check` returns."""

from collections.abc import Mapping
from dataclasses import dataclass

from pixonomy.results.json_record import Result


@dataclass(frozen=True, kw_only=True)
class SharedWord(Result):
    """Two categories of which a word means the same.

    Attributes:
        categories: the ids of the two.
        words: the word or phrase of each; often the same.
    """

    categories: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class UnseenCategory(Result):
    """A category of whose words no class of the network is a kind.

    Attributes:
        category: its id.
        nearest: the class that comes nearest, by a name in WordNet.
        similarity: of the nearest class and the words, 0 to 1 (Wu & Palmer 1994).
    """

    category: str
    nearest: str
    similarity: float


@dataclass(frozen=True, kw_only=True)
class ExpectedConfusion(Result):
    """Two categories whose words speak for the same classes of the network.

    Attributes:
        category: the id of the one that images are of.
        other: the id of the one that they are answered as.
        expected: the expected probability of `other`, 0 to 1.
        right: the expected probability of `category`.
    """

    category: str
    other: str
    expected: float
    right: float


@dataclass(frozen=True, kw_only=True)
class WordCheck(Result):
    """What the words of categories can tell apart by the 1,000 classes of ImageNet.

    Attributes:
        unknown: the phrases of a category, by its id, that are no English nouns.
        without_words: ids of the categories of whose words none is known.
        shared: pairs of categories with a word of one meaning.
        unseen: categories that are unlike all classes of the network.
        confusions: pairs of categories that their words can hardly tell apart, the worst first.
        messages: all of it, a sentence each.
    """

    unknown: Mapping[str, tuple[str, ...]]
    without_words: tuple[str, ...]
    shared: tuple[SharedWord, ...]
    unseen: tuple[UnseenCategory, ...]
    confusions: tuple[ExpectedConfusion, ...]
    messages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FitWordsResult(Result):
    """A bundle that answers by words alone; `fit` returns it where no image is given.

    Attributes:
        taxonomy: the file whose words answer.
        run: the folder of the bundle and its card.
        bundle: the bundle's folder.
        card: the model card.
        answers_by: what turns words into answers: `imagenet classes` or `encoder`.
        categories: how many it can answer.
        words: what their words can tell apart; null for an encoder, which knows all words.
        seconds: how long it took.
    """

    taxonomy: str
    run: str
    bundle: str
    card: str
    answers_by: str
    categories: int
    words: WordCheck | None
    seconds: float
