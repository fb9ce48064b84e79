"""Writes predictions as the CSV that a competition takes, and checks it line by line."""

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby, zip_longest
from pathlib import Path

import polars as pl

from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import DataError
from pixonomy.storage.files import printable, storage_errors, write_aside
from pixonomy.storage.tables import scan_parquet

HEADER = "_id,category_id"

_ROWS_AT_ONCE = 250_000


def write_submission(
    path: Path, lines: Iterable[str], manifest: Path, labels: Collection[str]
) -> None:
    """Write a submission; one that `check_submission` refuses never gets the name `path`.

    Args:
        lines: what `submission_lines` yields.
        manifest, labels: see `check_submission`.
    """
    with write_aside(path) as partial:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
        _check(partial, path, manifest, labels)


def submission_lines(predictions: Path, fallback: str) -> Iterator[str]:
    """Yield the header, and for each group in a table of `predict` its id and its answer.

    Args:
        fallback: the answer for a group without one.

    Raises:
        DataError: if an id or a label cannot stand on one line.
    """
    yield f"{HEADER}\n"
    for (group_id, label), _ in groupby(_read_answers(predictions)):
        yield f"{_field(group_id)},{_field(label or fallback)}\n"


def holds(path: Path, lines: Iterable[str]) -> bool:
    """Tell whether a file consists of exactly these lines.

    Raises:
        StorageError: if it cannot be read.
    """
    return all(found == wanted for found, wanted in zip_longest(_read_lines(path), lines))


def check_submission(submission: Path, manifest: Path, labels: Collection[str]) -> None:
    """Check that a submission answers for every product of a manifest, and in the strict form.

    The first line is `_id,category_id`. Each product has one line, in the order in which the
    manifest first names it. Nothing stands around the fields (quotes only where CSV needs them),
    and every line ends with a line feed.

    Args:
        labels: the category ids that there are.

    Raises:
        DataError: naming the first line that is otherwise.
        SettingError: if `manifest` is none.
        StorageError: if a file cannot be read.
    """
    _check(submission, submission, manifest, labels)


def _check(submission: Path, name: Path, manifest: Path, labels: Collection[str]) -> None:
    products = read_manifest(manifest, ["group_id"]).rows["group_id"].unique(maintain_order=True)
    known = {_field(label) for label in labels}
    lines = _read_lines(submission)
    header = next(lines, "")
    if header != f"{HEADER}\n":
        raise _refusal(name, 1, f"expected {HEADER}, found {_short(header)}")
    for number, (line, product) in enumerate(zip_longest(lines, products), 2):
        fault = _find_fault(line, product, known)
        if fault is not None:
            raise _refusal(name, number, fault)


def _find_fault(line: str | None, product: str | None, known: Collection[str]) -> str | None:
    """Say what is wrong with a line; None stands for a line or a product that is missing."""
    if product is None:
        return "there is a line behind the last product's"
    if line is None:
        return f"the file ends before product {product}"
    begin = f"{_field(product)},"
    if not line.startswith(begin):
        return f"expected product {product}, found {_short(line)}"
    if not line.endswith("\n"):
        return "the line does not end with a line feed"
    label = line[len(begin) : -1]
    return None if label in known else f"{_short(label)} is no known category"


def _refusal(name: Path, number: int, fault: str) -> DataError:
    return DataError(f"{printable(name)}, line {number}: {fault}.")


def _short(text: str) -> str:
    # As it would be written in Python: spaces and line ends can be seen.
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def _field(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise DataError(f"{_short(text)} cannot be in a submission: it is longer than a line.")
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def _read_lines(path: Path) -> Iterator[str]:
    # Bytes that are no UTF-8 are a fault of the line they are in, not of the reader.
    with storage_errors(path), path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        yield from file


def _read_answers(predictions: Path) -> Iterator[tuple[str, str | None]]:
    with scan_parquet(predictions) as rows:
        answers = rows.select("group_id", "group_predicted")
        height = answers.select(pl.len()).collect().item()
        for start in range(0, height, _ROWS_AT_ONCE):
            yield from answers.slice(start, _ROWS_AT_ONCE).collect().iter_rows()
