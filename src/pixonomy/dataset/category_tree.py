"""A tree of categories of three levels, keyed on their ids.

The key is the id, never the name: the real catalogue has 5,270 ids and 5,263 names.
"""

import csv
import difflib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pixonomy.errors import DataError, SettingError
from pixonomy.storage.files import existing_path, printable, storage_errors

LEVELS = (1, 2, 3)
"""1 is the coarsest; the leaves of level 3 are the categories with an id."""

_COLUMNS = ("category_id", *(f"category_level{level}" for level in LEVELS))
_BETWEEN = " / "
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})  # letters that Unicode does not take apart

Names = tuple[str, str, str]


@dataclass(frozen=True)
class Taxonomy:
    """Categories as a tree of three levels.

    Attributes:
        categories: the id of each leaf, with its names at level 1, 2 and 3.
    """

    categories: Mapping[str, Names]

    def find(self, text: str) -> tuple[str, ...]:
        """Return the ids of the leaves that `text` names: an id, or a name at any level.

        Case and accents do not matter. A name that several categories bear gives them all; one of
        a higher level gives all leaves below it. "LEVEL1 / LEVEL2" is understood, too.

        Raises:
            SettingError: if there is none; it names the closest ones.
        """
        if text in self.categories:
            return (text,)
        ids = self._ids_by_name.get(fold(text))
        if ids is None:
            raise unknown_category(text, self._spellings)
        return tuple(ids)

    def name(self, label: str) -> str:
        """Return what people call a category; a label that is no id is its own name."""
        return self.categories[label][2] if label in self.categories else label

    def path(self, label: str) -> list[str]:
        """Return the labels from level 1 down to a label of any level; none where it is unknown."""
        return list(self._paths.get(label, ()))

    def label_at(self, level: int) -> dict[str, str]:
        """Return the label of each leaf at a level.

        Returns:
            Leaf id → the id itself (level 3), "LEVEL1 / LEVEL2" (level 2) or "LEVEL1" (level 1).

        Raises:
            SettingError: if there is no such level.
        """
        if level not in LEVELS:
            raise SettingError(f"The level of categories must be 1, 2 or 3, not {level}.")
        if level == LEVELS[-1]:
            return {leaf: leaf for leaf in self.categories}
        return {leaf: _BETWEEN.join(names[:level]) for leaf, names in self.categories.items()}

    def as_json(self) -> dict[str, dict[str, dict[str, str]]]:
        """Return the tree as plain JSON: {level 1: {level 2: {id: level 3}}}."""
        tree: dict[str, dict[str, dict[str, str]]] = {}
        for leaf, (first, second, third) in self.categories.items():
            tree.setdefault(first, {}).setdefault(second, {})[leaf] = third
        return tree

    @staticmethod
    def from_json(tree: Any) -> "Taxonomy":
        """Undo `as_json`.

        Raises:
            DataError: if `tree` is something else.
        """
        try:
            return Taxonomy(
                {
                    str(leaf): (str(first), str(second), str(third))
                    for first, branches in tree.items()
                    for second, leaves in branches.items()
                    for leaf, third in leaves.items()
                }
            )
        except AttributeError as error:
            raise DataError("The stored taxonomy is no tree of three levels.") from error

    @cached_property
    def _paths(self) -> dict[str, tuple[str, ...]]:
        by_level = [self.label_at(level) for level in LEVELS]
        paths = {}
        for leaf in self.categories:
            whole = tuple(labels[leaf] for labels in by_level)
            for depth in range(1, len(whole) + 1):
                # A leaf's id goes before a branch of the same name.
                if depth == len(whole) or whole[depth - 1] not in self.categories:
                    paths[whole[depth - 1]] = whole[:depth]
        return paths

    @cached_property
    def _spellings(self) -> list[str]:
        return sorted({name for names in self.categories.values() for name in names})

    @cached_property
    def _ids_by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for leaf, names in self.categories.items():
            paths = (_BETWEEN.join(names[:level]) for level in LEVELS)
            for key in dict.fromkeys(fold(one) for one in (leaf, *names, *paths)):
                found.setdefault(key, []).append(leaf)
        return found


def read_taxonomy(path: Path) -> Taxonomy:
    """Read `category_names.csv`: category_id, category_level1, category_level2, category_level3.

    Raises:
        SettingError: if there is no such file, or it has other columns.
        DataError: if it is no UTF-8 text, holds no categories, or names one id in two ways.
        StorageError: if it cannot be read.
    """
    existing_path(path, "table of categories")
    with storage_errors(path):
        if not path.is_file():
            raise SettingError(f"{printable(path)} is no file; expected {_expected()}.")
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                categories = _gather(csv.DictReader(file, strict=True), path)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{printable(path)} is no UTF-8 text; expected {_expected()}."
            ) from error
        except csv.Error as error:
            raise DataError(f"{printable(path)} is no proper CSV: {error}.") from error
    if not categories:
        raise DataError(f"{printable(path)} holds no categories.")
    return Taxonomy(categories)


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


def _gather(table: "csv.DictReader[str]", path: Path) -> dict[str, Names]:
    missing = [name for name in _COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise SettingError(
            f"{printable(path)} has no column {missing[0]!r}; expected {_expected()}."
        )
    categories: dict[str, Names] = {}
    for line, leaf, names in _entries(table):
        if not leaf or not all(names):
            raise DataError(f"Line {line} of {printable(path)} lacks an id or a name.")
        if categories.setdefault(leaf, names) != names:
            raise DataError(
                f"Line {line} of {printable(path)} names category {leaf} a second time, otherwise."
            )
    return categories


def _entries(table: "csv.DictReader[str]") -> Iterator[tuple[int, str, Names]]:
    for row in table:
        leaf, first, second, third = ((row[name] or "").strip() for name in _COLUMNS)
        yield table.line_num, leaf, (first, second, third)


def _expected() -> str:
    return f"a CSV table with the columns {', '.join(_COLUMNS)}"
