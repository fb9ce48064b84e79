"""Exports a shard as files <split>/<label>/<name>.<ending>.

The files are made in a work folder and listed before they are moved to where they belong, so that
whatever an interrupted export has put there is known.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pixonomy.dataset.location import PARQUET
from pixonomy.errors import UndecodableImage
from pixonomy.exporting.export_shard import UNSPLIT, Shard
from pixonomy.images.endings import ending_of
from pixonomy.storage.files import storage_errors

_LONGEST = 100  # bytes of UTF-8; most file systems take 255, and an ending comes behind
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_FORBIDDEN = frozenset('/\\:*?"<>|~')  # ~ marks names that had to be told apart
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\.|$)", re.I)


def make_safe(text: str) -> str:
    """Return a name without anything that a file system could object to or misunderstand.

    Slashes, other signs with a meaning and what cannot be printed become `_`; so do dots in front
    (hidden, or a step up) and dots and blanks at the end. Two texts may give one name.
    """
    if _PLAIN.fullmatch(text) and not _RESERVED.match(text):
        return text
    name = "".join(
        letter if letter.isprintable() and letter not in _FORBIDDEN else "_" for letter in text
    )
    name = name.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")
    name = re.sub(r"^[. ]|[. ]$", "_", name)
    return f"_{name}" if _RESERVED.match(name) or not name else name


def make_distinct(texts: Iterable[str], others: Iterable[str] = ()) -> dict[str, str]:
    """Return a safe name for each text.

    No file system takes two of them for one, nor one of them for one of `others`.
    """
    names = {text: make_safe(text) for text in texts}
    taken = Counter(map(alike, [*names.values(), *others]))
    return {
        text: name if taken[alike(name)] == 1 else set_apart(name, text)
        for text, name in names.items()
    }


def set_apart(name: str, text: str) -> str:
    """Return a safe name that a hash of the text sets apart from its likes."""
    return f"{name}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def alike(name: str) -> str:
    """Return what is equal for names that some file system takes for one (case, accents)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


OWN_FILES = ("manifest.csv", "export.json")
"""What lies in an export beside the images."""

PLACE = "place"
"""The column with the path of each image in the export, without its ending."""


def plan_places(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `PLACE`, which no two images share on any file system.

    Where no image has a split, the folders of the labels are outermost.
    """
    labels = make_distinct(rows["label"].drop_nulls().unique(), OWN_FILES)
    folders = [pl.col("label").replace_strict(labels, default=None, return_dtype=pl.String)]
    if rows["split"].count():
        folders.insert(0, pl.col("split").fill_null(UNSPLIT))
    folder = rows.select(pl.concat_str(*folders, separator="/", ignore_nulls=True)).to_series()
    names = pl.Series([make_safe(name) for name in _names(rows)], dtype=pl.String)
    keys = pl.DataFrame({"folder": folder, "name": [alike(name) for name in names]})
    is_shared = keys.is_duplicated()
    if any("." in name for name in labels.values()):  # an image beside the folders of labels
        is_shared |= rows["label"].is_null()  # must not be called like one of them
    ids = rows["image_id"].filter(is_shared)
    marked = [set_apart(name, one) for name, one in zip(names.filter(is_shared), ids, strict=True)]
    names = names.scatter(is_shared.arg_true(), marked)
    return rows.with_columns((folder + "/" + names).str.strip_prefix("/").alias(PLACE))


def _names(rows: pl.DataFrame) -> pl.Series:
    """Return what each image is called, without folders and ending."""
    is_numbered = pl.col("encoding").str.starts_with(PARQUET).fill_null(False)
    name = pl.when(is_numbered).then("image_id").otherwise(pl.coalesce("member", "image_id"))
    last = name.str.split("/").list.last()
    return rows.select(last.str.replace(r"\.[A-Za-z0-9]{1,5}$", "")).to_series()


def write_files(shard: Shard, folder: Path) -> tuple[dict[int, str], dict[int, str]]:
    """Write the images of a shard, whose rows have `PLACE`, below `folder`.

    Returns:
        What is wrong with the images that are left out, and the paths of the others below
        `folder`; both by their place in the rows.
    """
    problems: dict[int, str] = {}
    paths: dict[int, str] = {}
    for place, fetched in shard.read():
        row = shard.rows.row(place, named=True)
        if isinstance(fetched, UndecodableImage):
            problems[place] = str(fetched)
            continue
        paths[place] = row[PLACE] + ending_of(fetched, row["member"] or row["uri"])
        file = folder / paths[place]
        with storage_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(fetched)
    return problems, paths


def move_files(source: Path, target: Path) -> None:
    """Move all files below `source` to the same paths below `target`."""
    with storage_errors(target):
        for file in sorted(source.rglob("*")):
            if file.is_file():
                moved = target / file.relative_to(source)
                moved.parent.mkdir(parents=True, exist_ok=True)
                file.replace(moved)
