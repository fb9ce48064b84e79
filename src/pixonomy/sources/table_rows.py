"""Reads any table of a person's, CSV to Parquet, with the place in the file of each row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.errors import DataError, SettingError
from pixonomy.sources.columns import (
    USUAL_NAMES,
    TableColumns,
    is_plain,
    key_of,
    open_table,
    usual_column,
)
from pixonomy.sources.dialect import read_text_table
from pixonomy.sources.json_lines import read_json_lines
from pixonomy.storage.files import printable, storage_errors

TABLE_ENDINGS = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})
_START = 65_536
OTHER_TABLES: Mapping[str, str] = {
    ".xlsx": "save the sheet as CSV (UTF-8)",
    ".xls": "save the sheet as CSV (UTF-8)",
    ".ods": "save the sheet as CSV (UTF-8)",
    ".json": "write one object a line to a .jsonl file, or the rows to a .csv",
    ".feather": "write it as .parquet",
    ".arrow": "write it as .parquet",
    ".pkl": "write it as .parquet or .csv",
    ".sqlite": "export the table as CSV (UTF-8)",
    ".db": "export the table as CSV (UTF-8)",
    ".csv.gz": "unpack it first (gunzip)",
    ".tsv.gz": "unpack it first (gunzip)",
    ".jsonl.gz": "unpack it first (gunzip)",
}
"""Endings of tables that are not read, in lower case, and the way out."""

_KNOWN = frozenset(key_of(name) for names in USUAL_NAMES.values() for name in names)


@dataclass(frozen=True)
class TableRows:
    """The plain columns of a table.

    Attributes:
        name: of the file, for sentences.
        types: of all columns, also of those left out.
        lines: of each row in the file, from 1; None: rows are only numbered.
        is_written: numbers are text, as CSV has them.
        remarks: what was guessed.
    """

    name: str
    types: Mapping[str, pl.DataType]
    rows: pl.DataFrame
    lines: pl.Series | None = None
    is_written: bool = False
    remarks: tuple[str, ...] = ()

    def place_of(self, row: int) -> str:
        """Say where a row is."""
        return f"row {row + 1}" if self.lines is None else f"line {self.lines[row]}"

    def without_blank_rows(self) -> "TableRows":
        """Leave out rows without a value, as spreadsheets write them behind the last."""
        if self.lines is None or not self.rows.width:
            return self
        is_row = ~self.rows.select(pl.all_horizontal(pl.all().is_null())).to_series()
        if is_row.all():
            return self
        return TableRows(
            self.name, self.types, self.rows.filter(is_row), self.lines.filter(is_row),
            self.is_written, self.remarks,
        )  # fmt: skip


def is_table(path: Path) -> bool:
    """Tell a table by its ending; a .txt is one if its first line names an image or a column.

    Raises:
        StorageError: if it is not there or cannot be read.
    """
    ending = path.suffix.lower()
    if ending != ".txt" or not path.is_file():
        return ending in TABLE_ENDINGS
    with storage_errors(path), path.open("rb") as file:
        start = file.read(_START)
    first, end, _ = start.partition(b"\n")
    try:
        head = read_text_table(first + end, path.name, ending, _known(TableColumns()))
    except DataError:
        return False
    return usual_column(dict.fromkeys(head.rows.columns, pl.String()), "path") is not None


def refuse_other_table(path: Path) -> None:
    """Say how to make a table that is read of one that is not.

    Raises:
        SettingError: if the ending is one of `OTHER_TABLES`.
    """
    name = path.name.lower()
    for ending, way_out in OTHER_TABLES.items():
        if name.endswith(ending):
            raise SettingError(f"{printable(path)}: tables of {ending} are not read; {way_out}.")


def read_rows(table: Path, columns: TableColumns) -> TableRows:
    """Read a table whole.

    Raises:
        DataError: if it cannot be read.
        SettingError: if it is of a kind that is not read.
        StorageError: if it is not there or cannot be read.
    """
    refuse_other_table(table)
    name, ending = printable(table), table.suffix.lower()
    with open_table(table) as file:
        if ending == ".parquet":
            lazy = pl.scan_parquet(file)
            types = lazy.collect_schema()
            plain = [one for one, dtype in types.items() if is_plain(dtype)]
            return TableRows(name, types, lazy.select(plain).collect())
        data = file.read()
        if ending in (".jsonl", ".ndjson"):
            read = read_json_lines(data, name)
            is_written = False
        else:
            read = read_text_table(data, name, ending, _known(columns))
            is_written = True
    return TableRows(
        name, read.rows.schema, read.rows, read.lines, is_written, read.remarks
    ).without_blank_rows()


def _known(columns: TableColumns) -> Callable[[str], bool]:
    named = {columns.path, columns.label, columns.split, columns.group} - {None}
    keys = _KNOWN | {key_of(one) for one in named if one is not None}
    return lambda header: key_of(header) in keys


def refuse_lines(values: pl.Series, column: str | None, read: TableRows) -> None:
    """Refuse line ends in a cell, as a missing quotation mark makes them.

    Raises:
        DataError: naming the line.
    """
    found = values.str.contains(r"[\r\n]").fill_null(value=False).arg_true()
    if len(found) and read.is_written:
        raise DataError(
            f"{read.name}, {read.place_of(int(found[0]))}: column {column!r} runs over several "
            "lines; is a quotation mark missing?"
        )
