"""Turns images that were found in an archive into batches of manifest rows."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

import polars as pl

from pixonomy.dataset.location import path_to_uri, relative_to
from pixonomy.errors import DataError
from pixonomy.images.formats import EMPTY
from pixonomy.sources.damage import Damage, Indexed
from pixonomy.sources.passed_over import PassedOver
from pixonomy.storage.files import printable, storage_errors

BATCH = 50_000
"""Rows a batch at most: their memory does not grow with the archive."""

_READ_AHEAD = 16 * 1024  # bytes: headers of small members come together, large ones are skipped


class Member(NamedTuple):
    """A image in an archive.

    Attributes:
        member: its name in the archive, as text.
        place: where the archive tells of it, in bytes; no two members have the same.
        offset, length: of its bytes in the archive; None where they are no plain range.
        group_id: None: a group of its own.
    """

    member: str
    place: int
    offset: int | None
    length: int | None
    encoding: str | None = None
    label: str | None = None
    label_source: str | None = "folder"
    split: str | None = None
    group_id: str | None = None
    problem: str | None = None


_SCHEMA: dict[str, pl.DataType] = {
    name: pl.Int64() if name in ("place", "offset", "length") else pl.String()
    for name in Member._fields
}


@contextmanager
def open_archive(archive: Path) -> Iterator[BinaryIO]:
    """Open a file for reading here and there.

    Raises:
        DataError: if it is no regular file, or is empty.
        StorageError: if it is not there or cannot be read.
    """
    with storage_errors(archive):
        status = archive.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe could wait for ever
            raise DataError(f"{printable(archive)} is no regular file.")
        if not status.st_size:
            raise DataError(f"{printable(archive)} is empty.")
        with archive.open("rb", buffering=_READ_AHEAD) as file:
            yield file


def uri_of(archive: Path, base: Path) -> str:
    """Return what the rows call an archive: relative to `base` where it lies below it."""
    return path_to_uri(relative_to(archive.absolute(), base))


def in_batches(
    found: Iterable[Member | Damage], uri: str, others: PassedOver | None = None
) -> Iterator[Indexed]:
    """Make rows of what is found in the archive at `uri`.

    An archive without images gives one batch without rows. The last batch tells what was passed
    over: `others` is filled while the archive is walked.
    """
    last: Indexed | None = None
    for batch in _in_batches(found, uri):
        if last is not None:
            yield last
        last = batch
    assert last is not None
    yield (
        last
        if others is None
        else replace(last, passed_over=dict(others.counts), remarks=others.sentences())
    )


def _in_batches(found: Iterable[Member | Damage], uri: str) -> Iterator[Indexed]:
    members: list[Member] = []
    is_first = True
    for one in found:
        if isinstance(one, Member):
            members.append(one)
            if len(members) < BATCH:
                continue
        yield Indexed(_to_rows(members, uri), one if isinstance(one, Damage) else None)
        members, is_first = [], False
    if members or is_first:
        yield Indexed(_to_rows(members, uri))


def explain_loose(archive: Path, loose: str) -> str:
    """Return why images without categories are refused; see `Layout.loose`."""
    return (
        f"In {printable(archive)} {loose}. Put each category into a folder of its own, or unpack "
        "it and name the categories in a table: `pixonomy index TABLE.csv --root FOLDER`."
    )


def spell(name: str) -> str:
    """Return a name from an archive as text; bytes that are no UTF-8 are read as `label_of` does.

    Different names stay different.
    """
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("cp1252", "backslashreplace")
    return name


def _to_rows(members: list[Member], uri: str) -> pl.DataFrame:
    columns = dict(zip(_SCHEMA, zip(*members, strict=True), strict=True)) if members else None
    rows = pl.DataFrame(columns, schema=_SCHEMA)
    # Archives may hold a name twice: the place makes it one image's alone.
    image_id = pl.concat_str(pl.lit(f"{uri}#"), "member", pl.lit("@"), "place")
    nothing = pl.lit(str(EMPTY))
    return rows.select(
        image_id.alias("image_id"),
        pl.coalesce("group_id", image_id).alias("group_id"),
        pl.lit(uri).alias("uri"),
        *(name for name in _SCHEMA if name not in ("place", "group_id", "problem")),
        pl.when(pl.col("length") == 0).then(nothing).otherwise("problem").alias("problem"),
    )
