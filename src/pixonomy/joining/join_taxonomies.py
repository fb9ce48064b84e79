"""Makes one tree of categories of those that several manifests have, and says where they differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pixonomy.dataset.category import Category
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import DataError
from pixonomy.pages.wording import counted

_NAMED = 5  # categories in a sentence
_SHORT = ("name", "parent")
_FIELDS = (*_SHORT, "description", "keywords", "goals")


@dataclass(frozen=True)
class JoinedTaxonomy:
    """The tree of all labels.

    Attributes:
        tree: None where no manifest has one.
        remarks: what a person should know of it.
    """

    tree: Taxonomy | None
    remarks: tuple[str, ...]


def join_trees(
    trees: Mapping[str, Taxonomy | None], labels: Mapping[str, Mapping[str, int]]
) -> JoinedTaxonomy:
    """Return the categories of all trees; of one that differs, that of the tree named first.

    Args:
        trees: by the name of the manifest, in the order in which they are named.
        labels: rows of each label, by the name of the manifest.
    """
    known = {name: tree for name, tree in trees.items() if tree is not None}
    remarks = list(_remark_alone(labels))
    if not known:
        return JoinedTaxonomy(None, tuple(remarks))
    firsts: dict[str, tuple[str, Category]] = {}
    for name, tree in known.items():
        for one in tree.categories.values():
            firsts.setdefault(one.id, (name, one))
    try:
        joined = Taxonomy({identity: one for identity, (_, one) in firsts.items()})
    except DataError as error:
        first, joined = next(iter(known.items()))
        remarks.append(f"The taxonomies are no tree together ({error}): that of {first} counts.")
    remarks += _remark_differences(known, firsts)
    everything = list(dict.fromkeys(label for counts in labels.values() for label in counts))
    remarks += [*_remark_unknown(joined, everything), *_remark_levels(joined, everything)]
    return JoinedTaxonomy(joined, tuple(remarks))


def _remark_alone(labels: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Name the labels that one manifest alone has, but for the first."""
    names = list(labels)
    for name in names[1:]:
        others = set().union(*(labels[one] for one in names if one != name))
        alone = sorted(set(labels[name]) - others)
        if alone and others:
            shown = [f"{label} {labels[name][label]:,}" for label in alone]
            yield f"Labels that only {name} has: {_list(shown)}."


def _remark_differences(
    trees: Mapping[str, Taxonomy], firsts: Mapping[str, tuple[str, Category]]
) -> Iterator[str]:
    for name, tree in trees.items():
        different = [one for one in tree.categories.values() if firsts[one.id][1] != one]
        if different:
            first, known = firsts[different[0].id]
            yield (
                f"The taxonomies of {first} and {name} differ in "
                f"{counted(len(different), 'category', 'categories')}, such as "
                f"{different[0].id!r} ({_describe(known, different[0])}): what {first} says counts."
            )


def _describe(one: Category, other: Category) -> str:
    """Return the first field in which two categories differ, and its values where short."""
    field = next(name for name in _FIELDS if getattr(one, name) != getattr(other, name))
    values = getattr(one, field), getattr(other, field)
    return f"{field} {values[0]!r} and {values[1]!r}" if field in _SHORT else field


def _remark_unknown(tree: Taxonomy, labels: Sequence[str]) -> Iterator[str]:
    unknown = [label for label in labels if label not in tree.categories]
    if unknown:
        yield f"Labels that no taxonomy names: {_list(sorted(unknown))}."


def _remark_levels(tree: Taxonomy, labels: Sequence[str]) -> Iterator[str]:
    """Name a label that lies below another one: they are no two categories to tell apart."""
    known = set(labels)
    for label in labels:
        above = [one for one in tree.path(label)[:-1] if one in known]
        if above:
            yield (
                f"Label {label!r} lies below {above[-1]!r}, which is a label, too: index one of "
                "the manifests' sources at the other's level (--level)."
            )
            return


def _list(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join([*names[:_NAMED], *([f"and {more} more"] if more > 0 else [])])
