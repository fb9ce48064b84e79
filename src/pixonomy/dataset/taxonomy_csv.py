"""Reads a taxonomy from a table of category names, as catalogues bring it, with any levels."""

import csv
import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from pixonomy.dataset.stored_values import LONGEST_TEXT
from pixonomy.dataset.taxonomy import MOST_LEVELS, Taxonomy
from pixonomy.errors import DataError, SettingError
from pixonomy.storage.files import existing_path, printable, storage_errors

ID_COLUMN = "category_id"
_LEVEL_COLUMN = "category_level{}"
_LONGEST_LINE = LONGEST_TEXT - 200  # letters: all names of a line, joined, are a branch's id
_EXPECTED = (
    f"a CSV table with the columns {ID_COLUMN}, {_LEVEL_COLUMN.format(1)}, "
    f"{_LEVEL_COLUMN.format(2)}, … (level 1 is the coarsest, the last one the category's own name)"
)


def read_taxonomy_csv(path: Path) -> Taxonomy:
    """Read `category_names.csv`: category_id, category_level1, category_level2, …

    Raises:
        SettingError: if there is no such file, or it has other columns.
        DataError: if it is no UTF-8 text, holds no categories, or names one id in two ways.
        StorageError: if it cannot be read.
    """
    existing_path(path, "table of categories")
    with storage_errors(path):
        if not path.is_file():
            raise SettingError(f"{printable(path)} is no file; expected {_EXPECTED}.")
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                paths = _gather(csv.DictReader(file, strict=True), path)
        except UnicodeDecodeError as error:
            raise DataError(f"{printable(path)} is no UTF-8 text; expected {_EXPECTED}.") from error
        except csv.Error as error:
            raise DataError(f"{printable(path)} is no proper CSV: {error}.") from error
    if not paths:
        raise DataError(f"{printable(path)} holds no categories.")
    return Taxonomy.from_paths(paths)


def _gather(table: "csv.DictReader[str]", path: Path) -> dict[str, tuple[str, ...]]:
    columns = _level_columns(table.fieldnames or (), path)
    paths: dict[str, tuple[str, ...]] = {}
    for row in table:
        leaf, *names = ((row[name] or "").strip() for name in (ID_COLUMN, *columns))
        line = table.line_num
        if not leaf or not all(names):
            raise DataError(f"Line {line} of {printable(path)} lacks an id or a name.")
        if sum(map(len, (leaf, *names))) > _LONGEST_LINE:
            raise DataError(
                f"Line {line} of {printable(path)} has more than {_LONGEST_LINE:,} letters of "
                "names."
            )
        if paths.setdefault(leaf, tuple(names)) != tuple(names):
            raise DataError(
                f"Line {line} of {printable(path)} names category {leaf} a second time, otherwise."
            )
    return paths


def _level_columns(names: Sequence[str], path: Path) -> list[str]:
    """Return the names of the columns of level 1, 2, … as far as there are any."""
    pattern = _LEVEL_COLUMN.format("([1-9][0-9]{0,5})")
    levels = {int(found[1]) for name in names if (found := re.fullmatch(pattern, name))}
    missing = next(level for level in count(1) if level not in levels)
    lacking = [ID_COLUMN] if ID_COLUMN not in names else []
    if not levels or missing < max(levels):
        lacking.append(_LEVEL_COLUMN.format(missing))
    if lacking:
        raise SettingError(f"{printable(path)} has no column {lacking[0]!r}; expected {_EXPECTED}.")
    if len(levels) > MOST_LEVELS:
        raise SettingError(
            f"{printable(path)} has {len(levels)} levels of categories; at most {MOST_LEVELS} are "
            "read."
        )
    return [_LEVEL_COLUMN.format(level) for level in sorted(levels)]
