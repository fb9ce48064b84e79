"""Reads and checks the file of categories and keywords that images are collected for.

People write it: `[[category]]` tables with an id, a name, a description, keywords and templates of
goals, and `[provider.NAME]` tables with settings of a provider.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from pixonomy.errors import SettingError
from pixonomy.nearest_names import suggest
from pixonomy.storage.files import existing_path, printable, storage_errors

SHIPPED = ("savings-goals",)

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MOST_LETTERS = 100  # of a keyword: longer ones are sentences, and no site finds them


@dataclass(frozen=True)
class GoalTemplate:
    """A goal that people might set for a category.

    Attributes:
        amount: the lowest and the highest usual sum, in the user's currency; None: it varies.
        months: the usual time to save for it.
    """

    name: str
    amount: tuple[float, float] | None = None
    months: int | None = None


@dataclass(frozen=True)
class Category:
    """A category and what to search for."""

    id: str
    name: str
    keywords: tuple[str, ...]
    description: str = ""
    parent: str | None = None
    goals: tuple[GoalTemplate, ...] = ()


@dataclass(frozen=True)
class KeywordFile:
    """The content of a file.

    Attributes:
        providers: the settings of each provider that the file names, as plain values.
    """

    title: str
    categories: tuple[Category, ...]
    providers: Mapping[str, Mapping[str, Any]]

    @property
    def keywords(self) -> tuple[tuple[str, str], ...]:
        """Each category's id with each of its keywords, in the order of the file."""
        return tuple((one.id, keyword) for one in self.categories for keyword in one.keywords)


def shipped_text(name: str) -> str:
    """Return the text of a file that Pixonomy brings along.

    Raises:
        SettingError: if there is none of that name; it names those there are.
    """
    if name not in SHIPPED:
        known = ", ".join(SHIPPED)
        raise SettingError(
            f"There is no taxonomy {name!r}; shipped: {known}.{suggest(name, SHIPPED)}"
        )
    return resources.files("pixonomy").joinpath(f"taxonomies/{name}.toml").read_text("utf-8")


def read_keyword_file(path: Path) -> KeywordFile:
    """Read and check a file.

    Raises:
        SettingError: if it is no TOML, lacks something, or has unknown keys or values.
    """
    existing_path(path, "taxonomy file")
    try:
        with storage_errors(path):
            content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{printable(path)} is no proper TOML: {error}.") from error
    return parse_keywords(content, printable(path))


def parse_keywords(content: Mapping[str, Any], source: str) -> KeywordFile:
    """Check the content of a file; `source` names it in errors.

    Raises:
        SettingError: see `read_keyword_file`.
    """
    _check_keys(content, ("title", "category", "provider"), source)
    tables = content.get("category", [])
    if not isinstance(tables, list) or not tables:
        raise SettingError(f"{source} has no [[category]].")
    categories = tuple(_category(one, source) for one in tables)
    _check_ids(categories, source)
    _check_keywords(categories, source)
    providers = content.get("provider", {})
    if not isinstance(providers, dict) or not all(isinstance(x, dict) for x in providers.values()):
        raise SettingError(f"{source}: settings of a provider stand in a table [provider.NAME].")
    return KeywordFile(_text(content, "title", source, "untitled"), categories, providers)


def _category(table: Any, source: str) -> Category:
    if not isinstance(table, dict):
        raise SettingError(f"{source}: a category is a table [[category]].")
    name = _text(table, "name", source, str(table.get("id", "")))
    where = f"{source}, category {table.get('id', name)!r}"
    known = [one.name if one.name != "goals" else "goal" for one in fields(Category)]
    _check_keys(table, known, where)
    identity = _text(table, "id", where)
    if not _ID.fullmatch(identity):
        raise SettingError(
            f"{where}: an id has small letters, digits and single hyphens, such as 'car-expenses'."
        )
    keywords = table.get("keywords")
    if not isinstance(keywords, list) or not all(isinstance(x, str) for x in keywords):
        raise SettingError(f"{where}: keywords is a list of texts.")
    goals = tuple(_goal(one, where) for one in table.get("goal", []))
    parent = table.get("parent")
    if parent is not None and not isinstance(parent, str):
        raise SettingError(f"{where}: parent is the id of a category.")
    description = _text(table, "description", where, "")
    return Category(
        identity, name, tuple(" ".join(x.split()) for x in keywords), description, parent, goals
    )


def _goal(table: Any, where: str) -> GoalTemplate:
    if not isinstance(table, dict):
        raise SettingError(f"{where}: a goal is a table [[category.goal]].")
    _check_keys(table, [one.name for one in fields(GoalTemplate)], where)
    amount, months = table.get("amount"), table.get("months")
    if amount is not None:
        is_range = isinstance(amount, list) and len(amount) == 2
        if (
            not is_range
            or not all(_is_number(x) for x in amount)
            or not 0 <= amount[0] <= amount[1]
        ):
            raise SettingError(f"{where}: amount is a list of two numbers, the smaller first.")
    if months is not None and (not _is_number(months) or months < 1):
        raise SettingError(f"{where}: months is a number of 1 or more.")
    return GoalTemplate(_text(table, "name", where), tuple(amount) if amount else None, months)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(table: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise SettingError(f"{where}: {key} is missing, or no text.")
    return " ".join(value.split())


def _check_keys(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in table:
        if key not in known:
            near = suggest(key, known)
            raise SettingError(f"{where}: unknown key {key!r}; known: {', '.join(known)}.{near}")


def _check_ids(categories: Sequence[Category], source: str) -> None:
    twice = _first_twice(one.id for one in categories)
    if twice is not None:
        raise SettingError(f"{source}: two categories have the id {twice!r}.")
    ids = {one.id for one in categories}
    for one in categories:
        if one.parent is not None and (one.parent not in ids or one.parent == one.id):
            raise SettingError(f"{source}, category {one.id!r}: there is no parent {one.parent!r}.")


def _check_keywords(categories: Sequence[Category], source: str) -> None:
    parents = {one.parent for one in categories}
    for one in categories:
        where = f"{source}, category {one.id!r}"
        if not one.keywords and one.id not in parents:
            raise SettingError(f"{where}: it has no keywords.")
        if any(not keyword or len(keyword) > _MOST_LETTERS for keyword in one.keywords):
            raise SettingError(f"{where}: a keyword has 1 to {_MOST_LETTERS} letters.")
    twice = _first_twice(word.casefold() for one in categories for word in one.keywords)
    if twice is not None:
        raise SettingError(
            f"{source}: the keyword {twice!r} stands twice; its pictures would belong to two "
            "categories, or be counted twice."
        )


def _first_twice(values: Iterable[str]) -> str | None:
    return next((value for value, count in Counter(values).items() if count > 1), None)
