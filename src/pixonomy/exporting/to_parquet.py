"""Exports a shard as a Parquet file as Hugging Face writes them.

Columns: image {bytes, path}, label (a number, whose name is in the metadata), split, group_id,
image_id.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from pixonomy.errors import UndecodableImage
from pixonomy.exporting.export_shard import Shard
from pixonomy.images.endings import ending_of
from pixonomy.storage.files import storage_errors
from pixonomy.storage.tables import stream_parquet

_TOGETHER = 100  # rows of a row group: a reader that wants one image decodes so many
_NOTE, _RENAMED = b"ARROW:schema", b"Polars:types"  # of one length
_SCHEMA = pl.Schema(
    {
        "image": pl.Struct({"bytes": pl.Binary, "path": pl.String}),
        "label": pl.Int64(),
        "split": pl.String(),
        "group_id": pl.String(),
        "image_id": pl.String(),
    }
)


def write_table(shard: Shard, path: Path, classes: Mapping[str, int]) -> dict[int, str]:
    """Write a shard to `path`, whole or not at all.

    Args:
        classes: the number of each label.

    Returns:
        What is wrong with the images that are left out, by their place in the rows.
    """
    problems: dict[int, str] = {}
    about = {"huggingface": json.dumps({"info": {"features": _features(classes)}})}
    stream_parquet(path, _read(shard, classes, problems), about, _TOGETHER)
    with storage_errors(path):
        _hide_types(path)
    return problems


def _hide_types(table: Path) -> None:
    """Rename Polars's note on its own types, in the footer that ends a Parquet file.

    Arrow believes that note before it believes anything else, and Hugging Face's `datasets`, which
    reads through Arrow, would then see neither images nor names of labels.
    """
    with table.open("r+b") as file:
        file.seek(-8, os.SEEK_END)
        length = int.from_bytes(file.read(4), "little")
        start = file.seek(-8 - length, os.SEEK_END)
        found = file.read(length).find(_NOTE)
        if found >= 0:
            file.seek(start + found)
            file.write(_RENAMED)
            file.flush()
            os.fsync(file.fileno())


def _read(
    shard: Shard, classes: Mapping[str, int], problems: dict[int, str]
) -> Iterator[pl.DataFrame]:
    rows: list[dict[str, object]] = []
    for place, fetched in shard.read():
        row = shard.rows.row(place, named=True)
        if isinstance(fetched, UndecodableImage):
            problems[place] = str(fetched)
            continue
        ending = ending_of(fetched, row["member"] or row["uri"])
        image = {"bytes": fetched, "path": f"{shard.first + place:09d}{ending}"}
        label = None if row["label"] is None else classes[row["label"]]
        others = {name: row[name] for name in ("split", "group_id", "image_id")}
        rows.append({"image": image, "label": label, **others})
        if len(rows) == _TOGETHER:
            yield pl.DataFrame(rows, schema=_SCHEMA)
            rows = []
    yield pl.DataFrame(rows, schema=_SCHEMA)


def _features(classes: Mapping[str, int]) -> dict[str, Mapping[str, object]]:
    """Describe the columns the way Hugging Face's `datasets` does."""
    text = {"dtype": "string", "_type": "Value"}
    names = sorted(classes, key=lambda label: classes[label])
    return {
        "image": {"_type": "Image"},
        "label": {"names": names, "_type": "ClassLabel"},
        "split": text,
        "group_id": text,
        "image_id": text,
    }
