"""Reads a taxonomy that people write in TOML.

`[[category]]` tables have an id, a name, a parent, a description, keywords and templates of goals;
`[provider.NAME]` tables have settings of those that are asked for images.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path

from pixonomy.dataset.category import Category, read_category
from pixonomy.dataset.goal_toml import check_keys, read_goal_table
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import DataError, SettingError
from pixonomy.nearest_names import suggest
from pixonomy.storage.files import existing_path, printable, storage_errors

SHIPPED = ("savings-goals",)

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MOST_LETTERS = 100  # of a keyword: longer ones are sentences, and no site finds them
_CATEGORY_KEYS = [one.name if one.name != "goals" else "goal" for one in fields(Category)]


@dataclass(frozen=True)
class KeywordFile:
    """The content of a file.

    Attributes:
        providers: the settings of each provider that the file names, as plain values.
    """

    title: str
    taxonomy: Taxonomy
    providers: Mapping[str, Mapping[str, object]]

    @property
    def categories(self) -> tuple[Category, ...]:
        """The categories, in the order of the file."""
        return tuple(self.taxonomy.categories.values())

    @property
    def keywords(self) -> tuple[tuple[str, str], ...]:
        """Each category's id with each of its keywords, in the order of the file."""
        return self.taxonomy.keywords


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
    """Read and check a file that images are to be collected for.

    Raises:
        SettingError: if it is no TOML, lacks something, has unknown keys or values, or something
            in it cannot be searched for.
    """
    return check_keywords(read_taxonomy_toml(path), printable(path))


def read_taxonomy_toml(path: Path) -> KeywordFile:
    """Read a file whose categories need no keywords.

    Raises:
        SettingError: if it is no TOML, lacks something, or has unknown keys or values.
    """
    existing_path(path, "taxonomy file")
    try:
        with storage_errors(path):
            content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingError(f"{printable(path)} is no proper TOML: {error}.") from error
    return parse_taxonomy(content, printable(path))


def parse_taxonomy(content: Mapping[str, object], source: str) -> KeywordFile:
    """Check the content of a file; `source` names it in errors.

    Raises:
        SettingError: see `read_taxonomy_toml`.
    """
    check_keys(content, ("title", "category", "provider"), source)
    tables = content.get("category", [])
    if not isinstance(tables, list) or not tables:
        raise SettingError(f"{source} has no [[category]].")
    title = content.get("title", "untitled")
    if not isinstance(title, str):
        raise SettingError(f"{source}: title is no text.")
    categories = [_category(one, source) for one in tables]
    try:
        taxonomy = Taxonomy.of(categories)
    except DataError as error:
        raise SettingError(f"{source}: {error}.") from error
    return KeywordFile(_tidy(title), taxonomy, _providers(content.get("provider", {}), source))


def check_keywords(file: KeywordFile, source: str) -> KeywordFile:
    """Return a file whose categories can be searched for; `source` names it in errors.

    Raises:
        SettingError: if an id cannot name files, or a category lacks keywords.
    """
    parents = {one.parent for one in file.categories}
    for one in file.categories:
        where = f"{source}, category {one.id!r}"
        if not _ID.fullmatch(one.id):
            raise SettingError(
                f"{where}: an id has small letters, digits and single hyphens, such as "
                "'car-expenses'."
            )
        if not one.keywords and one.id not in parents:
            raise SettingError(f"{where}: it has no keywords.")
        if any(not keyword or len(keyword) > _MOST_LETTERS for keyword in one.keywords):
            raise SettingError(f"{where}: a keyword has 1 to {_MOST_LETTERS} letters.")
    twice = _first_twice(word.casefold() for _, word in file.keywords)
    if twice is not None:
        raise SettingError(
            f"{source}: the keyword {twice!r} stands twice; its pictures would belong to two "
            "categories, or be counted twice."
        )
    return file


def _category(table: object, source: str) -> Category:
    if not isinstance(table, dict):
        raise SettingError(f"{source}: a category is a table [[category]].")
    identity = table.get("id")
    where = f"{source}, category {identity or table.get('name')!r}"
    check_keys(table, _CATEGORY_KEYS, where)
    goals = table.get("goal", [])
    if isinstance(goals, list):
        goals = [read_goal_table(one, where).as_json() for one in goals]
    try:
        found = read_category(identity, {"name": identity, **table, "goals": goals})
    except DataError as error:
        raise SettingError(f"{where}: {error}.") from error
    if not found.id.strip() or not found.name.strip():
        raise SettingError(f"{where}: id or name is empty.")
    return replace(
        found,
        name=_tidy(found.name),
        description=_tidy(found.description),
        keywords=tuple(map(_tidy, found.keywords)),
        goals=tuple(replace(one, name=_tidy(one.name)) for one in found.goals),
    )


def _providers(tables: object, source: str) -> Mapping[str, Mapping[str, object]]:
    if not isinstance(tables, dict) or not all(isinstance(one, dict) for one in tables.values()):
        raise SettingError(f"{source}: settings of a provider stand in a table [provider.NAME].")
    return tables


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _first_twice(values: Iterable[str]) -> str | None:
    return next((value for value, count in Counter(values).items() if count > 1), None)
