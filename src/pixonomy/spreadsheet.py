"""A table goes in; a CSV for spreadsheets comes out, in which no cell is a formula."""

from pathlib import Path

import polars as pl

from pixonomy.files import write_text

_BEGINS_A_FORMULA = r"^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_IS_NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"


def write_spreadsheet(path: Path, rows: pl.DataFrame) -> None:
    """Write a table to a CSV file, whole or not at all, for people and not to be read back.

    Titles and names come from other sites. A text that a spreadsheet would take for a formula gets
    an apostrophe in front, as OWASP advises, unless it is a number:
    https://owasp.org/www-community/attacks/CSV_Injection. What is read back (a manifest of an
    export, a submission) stays exact, and is not written here.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    text = pl.col(pl.String)
    is_formula = text.str.contains(_BEGINS_A_FORMULA) & ~text.str.contains(_IS_NUMBER)
    guarded = pl.when(is_formula).then(text.str.replace("^", "'")).otherwise(text)
    write_text(path, rows.with_columns(guarded).write_csv())
