"""Names the columns of a text table by its first row, and sees where that is no header."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from pixonomy.errors import DataError
from pixonomy.sources.names import is_image

MOST_COLUMNS = 20_000
_INVISIBLE = "\ufeff\u200b\u2060"  # what editors leave behind, and nobody sees


@dataclass(frozen=True)
class Headers:
    """Names of columns.

    Attributes:
        nameless: those that had none in the file.
        is_made_up: the file has no header: its first row is a row.
        remark: what was guessed, if anything.
    """

    names: list[str]
    nameless: frozenset[str] = frozenset()
    is_made_up: bool = False
    remark: str | None = None

    def meaningful(self, rows: pl.DataFrame) -> list[str]:
        """Return all columns but those without a name and without a value."""
        return [
            name
            for name in self.names
            if name not in self.nameless or rows[name].null_count() < rows.height
        ]


def clean(text: str) -> str:
    """Return a name without blanks around it, in Unicode's form NFC."""
    return unicodedata.normalize("NFC", text).strip().strip(_INVISIBLE).strip()


def read_headers(cells: Sequence[str], name: str, is_known: Callable[[str], bool]) -> Headers:
    """Name the columns.

    A first row that names an image is a row: of a path, or of a path and a label.

    Args:
        name: of the file, for sentences.

    Raises:
        DataError: if two columns have one known name, or there is no header and no way to tell.
    """
    names = [clean(cell) for cell in cells]
    if len(names) > MOST_COLUMNS:
        raise DataError(f"{name} has {len(names)} columns; up to {MOST_COLUMNS} are read.")
    if any(map(is_image, names)):
        return _make_up(names, name)
    nameless = set()
    for number, one in enumerate(names):
        if not one:
            names[number] = _free(f"column {number + 1}", names)
            nameless.add(names[number])
        elif one in names[:number]:
            if is_known(one):
                raise DataError(f"{name} has two columns {one!r}; rename one of them.")
            names[number] = _free(f"{one} ({number + 1})", names)
    return Headers(names, frozenset(nameless))


def _make_up(cells: list[str], name: str) -> Headers:
    while len(cells) > 1 and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > 2:
        raise DataError(
            f"{name} has no header: its first row names a picture ({_example(cells)}). Add a first "
            "line that names the columns, such as path,label."
        )
    is_first = is_image(cells[0])
    names = ["path", "label"] if is_first else ["label", "path"]
    remark = (
        f"{name} has no header: its first row names a picture ({_example(cells)}). Read as "
        f"{' and '.join(names[: len(cells)])}."
    )
    return Headers(names[: len(cells)], is_made_up=True, remark=remark)


def _example(cells: list[str]) -> str:
    return repr(next(filter(is_image, cells)))[:100]


def _free(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "'"
    return name
