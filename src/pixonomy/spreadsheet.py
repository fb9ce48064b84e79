"""Writes a table as a CSV for spreadsheets, in which no cell is a formula."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pixonomy.storage.files import write_aside

_FORMULA = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_BEGINS_A_FORMULA = rf"^'*{_FORMULA}"
_IS_GUARDED = rf"^'+{_FORMULA}"
_IS_NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"


def write_spreadsheet(path: Path, rows: pl.DataFrame) -> None:
    """Write a table to a CSV file for people, whole or not at all.

    Titles and names come from other sites; cells that begin a formula are guarded, see `guard`.
    A manifest of an export and a submission stay exact, and are not written here.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    stream_spreadsheet(path, [rows])


def stream_spreadsheet(path: Path, batches: Iterable[pl.DataFrame]) -> None:
    """Do what `write_spreadsheet` does for a table that comes in batches, at least one."""
    with write_aside(path) as partial, partial.open("wb") as file:
        for number, rows in enumerate(batches):
            guarded = rows.with_columns(guard(pl.col(pl.String)))
            guarded.write_csv(file, include_header=not number)


def guard(text: pl.Expr) -> pl.Expr:
    """Put an apostrophe before what a spreadsheet would take for a formula, but no number.

    As OWASP advises: https://owasp.org/www-community/attacks/CSV_Injection. What has apostrophes
    there gets another, so that `unguard` gives every text back.
    """
    is_formula = text.str.contains(_BEGINS_A_FORMULA) & ~text.str.contains(_IS_NUMBER)
    return pl.when(is_formula).then(text.str.replace("^", "'")).otherwise(text)


def unguard(text: pl.Expr) -> pl.Expr:
    """Take the apostrophe away that `guard` has put before a text."""
    return pl.when(text.str.contains(_IS_GUARDED)).then(text.str.slice(1)).otherwise(text)
