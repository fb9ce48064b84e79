"""Writes a manifest anew with the labels that people corrected in a table."""

import stat
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.auditing.record import LABEL_PROBLEMS
from pixonomy.dataset.manifest import REVIEWER, Manifest, read_manifest, rewrite_manifest
from pixonomy.dataset.taxonomy import unknown_category
from pixonomy.errors import DataError
from pixonomy.pages.wording import counted
from pixonomy.sources.dialect import TextTable, read_text_table
from pixonomy.spreadsheet import unguard
from pixonomy.storage.files import existing_path, hash_file, printable, storage_errors
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import scan_parquet

_COLUMNS = ("image_id", "label", "by")
_MOST_BYTES = 64 * 1024**2  # a million corrections
_BY = "label_by"


@dataclass(frozen=True)
class Corrections:
    """The labels that people gave.

    Attributes:
        rows: row (of the manifest, UInt32), label, by (String or null); one line an image.
        remarks: what was passed over.
        identity: the SHA-256 of their file.
    """

    rows: pl.DataFrame
    remarks: tuple[str, ...]
    identity: str


def read_corrections(file: Path, manifest: Path) -> Corrections:
    """Read the columns image_id, label and, if there is one, by.

    Rows without a label decide nothing; they and images that the manifest lacks are passed over
    and told. A label that equals the image's own confirms it.

    Raises:
        SettingError: if there is no file, or no manifest.
        DataError: if it is no such table, names an image without an image_id, a label that is no
            category, or two labels for one image, or if no image is in the manifest.
    """
    given = _gather(_read_table(file), file)
    blank = given.filter(pl.col("label") == "")
    given = given.filter(pl.col("label") != "")
    remarks = []
    if blank.height:
        subject = counted(blank.height, "row")
        remarks.append(f"{subject} of {printable(file)} without a label decided nothing.")
    known = _find_rows(manifest, given["image_id"])
    found = given.join(known, on="image_id", how="left", maintain_order="left")
    lost, found = found.filter(pl.col("row").is_null()), found.drop_nulls("row")
    if lost.height:
        remarks.append(_report_lost(lost, found.is_empty(), file, manifest))
    _check_labels(found, file, manifest)
    _check_contradictions(found, file)
    rows = found.unique("row", keep="first", maintain_order=True).select("row", "label", "by")
    return Corrections(rows, tuple(remarks), hash_file(file))


def correct(manifest: Path, corrections: Corrections, output: Path, made_from: Fingerprint) -> None:
    """Write the manifest at `manifest` to `output` with the labels that people gave.

    `label_source` becomes reviewer and `label_by` who it was; what was left out for its old label
    is not left out any more.
    """
    about = read_manifest(manifest, ())
    with scan_parquet(manifest) as table:
        names = ["label", "label_source", "problem"]
        old = table.select(names + ([_BY] if _BY in table.collect_schema() else [])).collect()
    places, news = corrections.rows["row"], corrections.rows
    by = old[_BY] if _BY in old.columns else pl.Series([None], dtype=pl.String)
    by = by.cast(pl.String) if by.len() == old.height else by.new_from_index(0, old.height)
    problem = old["problem"].gather(places)
    is_lifted = pl.any_horizontal(problem.str.starts_with(one) for one in LABEL_PROBLEMS)
    lifted = problem.to_frame().select(pl.when(~is_lifted).then("problem")).to_series()
    changed = pl.DataFrame(
        {
            "label": old["label"].scatter(places, news["label"]),
            "label_source": old["label_source"].scatter(places, REVIEWER),
            "problem": old["problem"].scatter(places, lifted),
            _BY: by.scatter(places, news["by"]),
        }
    )
    rewrite_manifest(
        manifest, output, Manifest(changed, about.base, made_from, about.taxonomy, about.notes)
    )


def _read_table(file: Path) -> TextTable:
    existing_path(file, "table of corrections")
    with storage_errors(file):
        seen = file.stat()
        if not stat.S_ISREG(seen.st_mode) or seen.st_size > _MOST_BYTES:
            raise DataError(
                f"{printable(file)} is no table of corrections: a CSV file of up to "
                f"{_MOST_BYTES // 1024**2} MiB was expected."
            )
        data = file.read_bytes()
    return read_text_table(data, printable(file), file.suffix, lambda text: _key(text) in _COLUMNS)


def _gather(table: TextTable, file: Path) -> pl.DataFrame:
    """Return line, image_id, label and by of the rows that are not blank; "" where a cell is."""
    columns = {_key(name): name for name in reversed(table.rows.columns)}
    if not {"image_id", "label"} <= columns.keys():
        named = ", ".join(map(repr, table.rows.columns)) or "nothing"
        raise DataError(
            f"{printable(file)} is no table of corrections: its first line has to name the columns "
            f"image_id, label and by; it holds {named}."
        )
    cells = {
        name: _unless_blank(unguard(pl.col(columns[name]))) if name in columns else pl.lit("")
        for name in _COLUMNS
    }
    rows = table.rows.select(line=table.lines, **cells)
    rows = rows.filter((pl.col("image_id") != "") | (pl.col("label") != ""))
    nameless = rows.filter(pl.col("image_id") == "")
    if nameless.height:
        line, label = nameless.row(0, named=True)["line"], nameless["label"][0]
        raise DataError(
            f"Line {line} of {printable(file)} gives the label {label!r} to no picture; write its "
            "image_id in front, or delete the line."
        )
    return rows.with_columns(pl.when(pl.col("by") != "").then("by").alias("by"))


def _unless_blank(cell: pl.Expr) -> pl.Expr:
    return pl.when(cell.str.strip_chars() != "").then(cell).otherwise(pl.lit(""))


def _find_rows(manifest: Path, ids: pl.Series) -> pl.DataFrame:
    """Return image_id and row of those images that the manifest has."""
    with scan_parquet(manifest) as table:
        numbered = table.select("image_id").with_row_index("row")
        wanted = ids.unique().to_frame().lazy()
        return numbered.join(wanted, on="image_id", how="semi").collect(engine="streaming")


def _report_lost(lost: pl.DataFrame, are_all: bool, file: Path, manifest: Path) -> str:
    first = lost.row(0, named=True)
    example = f"such as {first['image_id']!r} in line {first['line']}"
    if are_all:
        raise DataError(
            f"None of the pictures in {printable(file)} is in {printable(manifest)}, {example}; "
            "corrections belong to the manifest whose audit they were made on."
        )
    images = counted(lost.height, "correction")
    return (
        f"{images} of {printable(file)} passed over: {printable(manifest)} has no such picture, "
        f"{example}."
    )


def _check_labels(found: pl.DataFrame, file: Path, manifest: Path) -> None:
    """A label is one that the manifest or its taxonomy has: a slip would make a new category."""
    with scan_parquet(manifest) as table:
        known = table.select(pl.col("label").drop_nulls().unique()).collect()["label"].to_list()
    tree = read_manifest(manifest, ()).taxonomy
    known += list(tree.leaves) if tree is not None else []
    unknown = found.filter(~pl.col("label").is_in(known))
    if unknown.height:
        line, label = unknown["line"][0], unknown["label"][0]
        raise DataError(f"Line {line} of {printable(file)}: {unknown_category(label, known)}")


def _check_contradictions(found: pl.DataFrame, file: Path) -> None:
    """Two lines about one image have to say the same."""
    differing = found.filter(pl.col("label").n_unique().over("row") > 1)
    if differing.height:
        same = differing.filter(pl.col("row") == differing["row"][0]).unique("label", keep="first")
        one, other = same.sort("line").head(2).iter_rows(named=True)
        raise DataError(
            f"{printable(file)} gives {one['image_id']!r} two labels: {one['label']!r} in line "
            f"{one['line']} and {other['label']!r} in line {other['line']}; delete one of them."
        )


def _key(name: str) -> str:
    return name.strip().casefold()
