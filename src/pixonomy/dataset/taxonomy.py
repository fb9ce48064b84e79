"""A taxonomy: categories with names, parents, keywords and goals, as a tree of any depth.

The key is the id, never the name: the real catalogue has 5,270 ids and 5,263 names.
"""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from reprlib import repr as shortened

from pixonomy.dataset.category import Category, read_category
from pixonomy.dataset.goal_template import GoalTemplate
from pixonomy.errors import DataError, SettingError

__all__ = ["MOST_LEVELS", "Category", "GoalTemplate", "Taxonomy", "fold", "unknown_category"]

MOST_LEVELS = 32
"""A tree of more is refused; the catalogues of the world have 3 to 8."""

_BETWEEN = " / "
_NAMED = 5  # categories of a ring of parents
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})  # letters that Unicode does not take apart


@dataclass(frozen=True)
class Taxonomy:
    """Categories as a tree; level 1 is the coarsest.

    Attributes:
        categories: by their ids, parents among them.

    Raises:
        DataError: if a parent is not there, or categories are no tree.
    """

    categories: Mapping[str, Category]

    def __post_init__(self) -> None:
        _ = self.depth  # what is no tree ends here

    @staticmethod
    def of(categories: Iterable[Category]) -> "Taxonomy":
        """Return the tree of these categories.

        Raises:
            DataError: if two have one id, or they are no tree.
        """
        by_id: dict[str, Category] = {}
        for one in categories:
            if one.id in by_id:
                raise DataError(f"two categories have the id {shortened(one.id)}")
            by_id[one.id] = one
        return Taxonomy(by_id)

    @staticmethod
    def from_paths(paths: Mapping[str, Sequence[str]]) -> "Taxonomy":
        """Return the tree of leaves whose names are given from level 1 down to their own.

        Only leaves have ids there: a branch gets "LEVEL1 / LEVEL2" for one.
        """
        categories: dict[str, Category] = {}
        branches: dict[tuple[str, ...], str] = {}
        for leaf, names in paths.items():
            parent = None
            for depth in range(1, len(names)):
                branch = tuple(names[:depth])
                if branch not in branches:
                    identity = _BETWEEN.join(branch)
                    while identity in paths or identity in categories:
                        identity += " /"  # a leaf's id, or "A / B" below nothing
                    branches[branch] = identity
                    categories[identity] = Category(identity, branch[-1], parent)
                parent = branches[branch]
            categories[leaf] = Category(leaf, names[-1], parent)
        return Taxonomy(categories)

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """The ids of the categories below which there are no others."""
        parents = {one.parent for one in self.categories.values()}
        return tuple(identity for identity in self.categories if identity not in parents)

    @property
    def leaf_categories(self) -> tuple[Category, ...]:
        """The categories that images can be of: those below which there are no others."""
        return tuple(self.categories[one] for one in self.leaves)

    @cached_property
    def depth(self) -> int:
        """How many levels there are."""
        return max(map(len, self._paths.values()), default=0)

    @property
    def keywords(self) -> tuple[tuple[str, str], ...]:
        """Each category's id with each of its keywords, in their order."""
        return tuple((one.id, word) for one in self.categories.values() for word in one.keywords)

    def find(self, text: str) -> tuple[str, ...]:
        """Return the ids of the leaves that `text` names: an id, or a name at any level.

        Case and accents do not matter. A name that several categories bear gives them all; one of
        a higher level gives all leaves below it. "LEVEL1 / LEVEL2" is understood, too.

        Raises:
            SettingError: if there is none; it names the closest ones.
        """
        if text in self._leaf_set:
            return (text,)
        ids = self._ids_by_name.get(fold(text))
        if ids is None:
            known = (word for one in self.categories.values() for word in (one.id, one.name))
            raise unknown_category(text, sorted(set(known)))
        return tuple(ids)

    def name(self, label: str) -> str:
        """Return what people call a category; a label that is no id is its own name."""
        return self.categories[label].name if label in self.categories else label

    def path(self, label: str) -> list[str]:
        """Return the ids from level 1 down to a category; none where it is unknown."""
        return list(self._paths.get(label, ()))

    def path_names(self, label: str) -> list[str]:
        """Return what people call the categories of `path`."""
        return [self.categories[one].name for one in self._paths.get(label, ())]

    def label_at(self, level: int) -> dict[str, str]:
        """Return what each category is called at a level: the id of its ancestor there.

        A category that lies higher stays what it is.

        Raises:
            SettingError: if there is no such level.
        """
        if not 1 <= level <= self.depth:
            known = "1" if self.depth < 2 else f"1 to {self.depth}"
            raise SettingError(f"The level of categories must be {known}, not {level}.")
        return {one: path[:level][-1] for one, path in self._paths.items()}

    def restrict(self, labels: Iterable[str]) -> "Taxonomy":
        """Return the tree of some labels and what lies above them; unknown ones are left out."""
        needed = {one for label in labels for one in self._paths.get(label, ())}
        return Taxonomy({one: self.categories[one] for one in self.categories if one in needed})

    def as_json(self) -> list[dict[str, object]]:
        """Return the categories as plain JSON: a list of {id, name, parent, …}."""
        return [{"id": one.id, **one.as_json()} for one in self.categories.values()]

    @staticmethod
    def from_json(stored: object) -> "Taxonomy":
        """Undo `as_json`; {level 1: {level 2: {id: level 3}}}, as stored once, is read as well.

        Raises:
            DataError: if it is something else.
        """
        if isinstance(stored, dict):
            return _from_three_levels(stored)
        if not isinstance(stored, list):
            raise DataError("The stored taxonomy is no list of categories.")
        categories = []
        for place, one in enumerate(stored):
            try:
                identity = one.get("id") if isinstance(one, dict) else None
                categories.append(read_category(identity, one))
            except DataError as error:
                raise DataError(f"The stored taxonomy: of category {place}, {error}.") from error
        try:
            return Taxonomy.of(categories)
        except DataError as error:
            raise DataError(f"The stored taxonomy is no tree: {error}.") from error

    @cached_property
    def _leaf_set(self) -> frozenset[str]:
        return frozenset(self.leaves)

    @cached_property
    def _paths(self) -> dict[str, tuple[str, ...]]:
        """Return the ids from level 1 down to each category."""
        paths: dict[str, tuple[str, ...]] = {}
        for identity in self.categories:
            walked: dict[str, None] = {}
            at: str | None = identity
            while at is not None and at not in paths:
                if at in walked:
                    raise _below_itself([*walked], at)
                walked[at] = None
                at = self._parent(at)
            above = paths[at] if at is not None else ()
            if len(above) + len(walked) > MOST_LEVELS:
                raise DataError(
                    f"category {shortened(identity)} lies deeper than level {MOST_LEVELS}"
                )
            for one in reversed(walked):
                above = paths[one] = (*above, one)
        return paths

    def _parent(self, identity: str) -> str | None:
        parent = self.categories[identity].parent
        if parent is not None and parent not in self.categories:
            raise DataError(
                f"category {shortened(identity)}: there is no parent {shortened(parent)}"
            )
        return parent

    @cached_property
    def _ids_by_name(self) -> dict[str, dict[str, None]]:
        spellings = {
            one.id: {fold(one.id), fold(one.name), fold(_BETWEEN.join(self.path_names(one.id)))}
            for one in self.categories.values()
        }
        found: dict[str, dict[str, None]] = {}
        for leaf in self.leaves:
            for key in {key for one in self._paths[leaf] for key in spellings[one]}:
                found.setdefault(key, {})[leaf] = None
        return found


def fold(text: str) -> str:
    """Return `text` as names are compared: without case, accents and surplus spaces."""
    letters = unicodedata.normalize("NFKD", text).casefold().translate(_LIGATURES)
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).split())


def unknown_category(text: str, known: Iterable[str]) -> SettingError:
    """Return the error that says there is no category `text` and which ones come closest."""
    spellings = {fold(one): one for one in known}
    near = difflib.get_close_matches(fold(text), spellings, n=3)
    hint = f" Did you mean {' or '.join(repr(spellings[one]) for one in near)}?" if near else ""
    return SettingError(f"There is no category {text!r}.{hint}")


def _below_itself(walked: Sequence[str], identity: str) -> DataError:
    ring = walked[walked.index(identity) :]
    named = [*map(shortened, ring[:_NAMED]), *(["…"] if len(ring) > _NAMED else [])]
    shown = " → ".join([*named, shortened(identity)])
    return DataError(f"category {shortened(identity)} lies below itself ({shown})")


def _from_three_levels(stored: Mapping[str, object]) -> Taxonomy:
    paths: dict[str, tuple[str, ...]] = {}
    for first, branches in stored.items():
        for second, leaves in _items(branches):
            paths |= {leaf: (first, second, str(third)) for leaf, third in _items(leaves)}
    return Taxonomy.from_paths(paths)


def _items(stored: object) -> Iterable[tuple[str, object]]:
    if not isinstance(stored, dict):
        raise DataError("The stored taxonomy is no tree of three levels.")
    return stored.items()
