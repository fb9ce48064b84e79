"""Finds categories that look like a mistake: named like splits or each other, or nearly all."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from pixonomy.sources.splits import looks_like_split

_BETWEEN = re.compile(r"(?<=\w)[\s_-]+(?=\w)")  # blanks and what stands for them in a name
_NEARLY_ALL = 0.9  # of the images with a category
_NAMED = 3  # names in a sentence


def remark_labels(counts: Mapping[str, int]) -> list[str]:
    """Say which names of categories look like a mistake, one sentence a kind.

    Args:
        counts: images of each category.
    """
    alone = [f"There is one category alone ({name!r}): a classifier needs two." for name in counts]
    return [
        *(alone if len(counts) == 1 else []),
        *_remark_splits(counts),
        *_remark_giants(counts),
        *_remark_twins(counts),
    ]


def _remark_splits(counts: Mapping[str, int]) -> Iterator[str]:
    named = sorted(name for name in counts if looks_like_split(name))
    if named:
        yield (
            f"Categories are called like splits ({_list(named)}): they are taken as categories. If "
            "they are splits, put the categories inside train/, validation/ and test/."
        )


def _remark_giants(counts: Mapping[str, int]) -> Iterator[str]:
    total = sum(counts.values())
    name = max(counts, key=lambda one: counts[one], default=None)
    if name is not None and len(counts) > 1 and counts[name] >= _NEARLY_ALL * total:
        yield (
            f"Category {name!r} holds {counts[name]} of {total} pictures, nearly all; if it is a "
            "folder around the categories, name that folder as the source."
        )


def _remark_twins(counts: Mapping[str, int]) -> Iterator[str]:
    alike: dict[str, list[str]] = {}
    for name in sorted(counts):
        alike.setdefault(_fold(name), []).append(name)
    twins = [names for names in alike.values() if len(names) > 1]
    if twins:
        pairs = "; ".join(" and ".join(map(repr, names)) for names in twins[:_NAMED])
        yield (
            "Categories differ in capitals, blanks or the form of their letters alone "
            f"({pairs}{'; …' if len(twins) > _NAMED else ''}): if they are one, give them one name."
        )


def _fold(name: str) -> str:
    """Return a name without what people do not see as a difference."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", name).casefold().strip())


def _list(names: list[str]) -> str:
    return ", ".join([*names[:_NAMED], "…"] if len(names) > _NAMED else names)
