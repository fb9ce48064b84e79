"""The manifest: a data set is one Parquet table, one row an image.

The columns and their meaning are in `COLUMNS`; unknown columns of a source are kept as text.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import polars as pl

from pixonomy.dataset.location import path_to_uri, uri_to_path
from pixonomy.dataset.seen import SEEN_COLUMNS
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import DataError, SettingError, StorageError
from pixonomy.storage.artefact import FileArtefact, Stored
from pixonomy.storage.files import hash_file, printable
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import read_parquet_texts, scan_parquet, write_parquet

SCHEMA_VERSION = 1
SPLITS = ("train", "validation", "test")

COLUMNS: Mapping[str, pl.DataType] = {
    "image_id": pl.String(),  # unique, stable from run to run
    "group_id": pl.String(),  # a product, burst or page: a split never tears a group
    "label": pl.String(),  # category id; null where unknown
    "uri": pl.String(),  # the file, relative to the manifest's base
    "offset": pl.Int64(),  # the byte range inside the file, in bytes
    "length": pl.Int64(),
    "member": pl.String(),  # for bytes that are no plain range
    "encoding": pl.String(),
    "duplicate_group": pl.String(),  # equal for duplicates; null for an image alone
    "label_quality": pl.Float64(),
    "label_source": pl.String(),  # who said the label: folder, table, …
    "split": pl.String(),  # train, validation, test or null
    "problem": pl.String(),  # why the row is left out, or null
    "sha256": pl.String(),
    "perceptual_hash": pl.String(),
    # What `index` saw of the file that holds the bytes: another one now is a problem of the row.
    "modified_ns": pl.Int64(),  # when it was last written (st_mtime_ns); null: not looked at
    "etag": pl.String(),  # of an object in S3
    "indexed_ns": pl.Int64(),  # when index looked, where it did not look at each file
}

SUMMED = ("group_id", "label", "split", "problem")
"""The columns that `Manifest.summary` counts."""

REVIEWER = "reviewer"
"""What `label_source` says of a label that a person has given or confirmed."""

ORIGIN_COLUMNS = ("source", "provider", "keyword", "page_url")
"""Columns that say where an image comes from, where a manifest has them; the first tells most."""

_MOST_LABELS = 100  # named in a summary
_METADATA_KEY = "pixonomy"
_STAYS = "kept?"  # the name of no column


class Summary(TypedDict):
    """What a manifest holds, in numbers: the JSON of the verbs that make one."""

    rows: int
    groups: int
    categories: int
    problems: int
    splits: dict[str, int]
    labels: dict[str, int]


class WholeSummary(Summary):
    """A `Summary` with what a source has lacked, which is nothing once its manifest is made."""

    passed_over: dict[str, int]
    missing: int
    damage: list[object]


class About(Stored):
    """What is stored beside a manifest's rows."""

    schema_version: int
    base: str
    taxonomy: NotRequired[object]  # see `Taxonomy.as_json`
    notes: Mapping[str, object]


@dataclass(frozen=True)
class Manifest:
    """A data set.

    Attributes:
        rows: one row an image, with at least `COLUMNS`.
        base: the folder that relative `uri`s hang from.
        fingerprint: what the manifest was made from.
        taxonomy: the tree that the labels belong to, where the source has one.
        notes: what the verb that made it reports again when called again, as plain JSON.
    """

    rows: pl.DataFrame
    base: Path
    fingerprint: Fingerprint = field(default_factory=dict)
    taxonomy: Taxonomy | None = None
    notes: Mapping[str, object] = field(default_factory=dict)

    @property
    def usable(self) -> pl.DataFrame:
        """The rows without a problem."""
        return self.rows.filter(pl.col("problem").is_null())

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the usable rows, sorted: their order is the order of probabilities."""
        usable = self.rows.lazy().filter(pl.col("problem").is_null())
        labels = usable.select(pl.col("label").drop_nulls().unique().sort()).collect()
        return tuple(labels["label"])

    def summary(self) -> WholeSummary:
        """Count rows, groups, categories, problems, splits and labels: the JSON of `split`."""
        usable = self.rows.lazy().filter(pl.col("problem").is_null())
        splits = dict(usable.group_by("split").len().collect().iter_rows())
        labels = self.rows["label"].drop_nulls().value_counts()
        return {
            "rows": self.rows.height,
            "groups": self.rows["group_id"].n_unique(),
            "categories": labels.height,
            "problems": self.rows["problem"].count(),
            "splits": {name: splits.get(name, 0) for name in SPLITS},
            "labels": most_frequent(dict(labels.iter_rows())),
            "passed_over": {},
            "missing": 0,
            "damage": [],
        }


def most_frequent(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the 100 most frequent labels and their rows, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ordered[:_MOST_LABELS])


def conform(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` with every column of `COLUMNS`, in order and of the right type."""
    known = [
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in COLUMNS.items()
    ]
    others = [name for name in rows.columns if name not in COLUMNS]
    return rows.select(*known, *others)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest to one Parquet file, whole or not at all."""
    write_parquet(path, manifest.rows, describe(manifest))


def rewrite_manifest(
    source: Path, output: Path, news: Manifest, stays: pl.Series | None = None
) -> None:
    """Write the manifest at `source` to `output`, with other columns or fewer rows.

    What does not change streams through: memory does not grow with it.

    Args:
        news: all that is new in the manifest; its rows hold the columns that change, one row
            for each row of `source`, in the same order.
        stays: boolean, one for each row of `source`: whether it stays. All stay where it is None.
    """
    with scan_parquet(source) as rows:
        names = dict.fromkeys([*rows.collect_schema().names(), *news.rows.columns])
        parts = [rows.drop(news.rows.columns, strict=False), news.rows.lazy()]
        if stays is not None:
            parts.append(stays.alias(_STAYS).to_frame().lazy())
        table = pl.concat([one for one in parts if one.collect_schema()], how="horizontal")
        if stays is not None:
            table = table.filter(_STAYS)
        write_parquet(output, table.select(*names), describe(news))


def read_manifest(path: Path, columns: Sequence[str] | None = None) -> Manifest:
    """Read a manifest, or only some `columns` of it.

    Raises:
        SettingError: if there is none at `path`, or it is of another schema version.
        StorageError: if it cannot be read or is damaged.
    """
    about = _require_about(path)
    return Manifest(
        _read_rows(path, columns),
        Path(about["base"]),
        about["fingerprint"],
        stored_taxonomy(about, path),
        about.get("notes", {}),
    )


def stored_taxonomy(about: About, path: Path) -> Taxonomy | None:
    """Return the tree that is stored about the rows of the manifest at `path`.

    Raises:
        StorageError: if it is damaged.
    """
    stored = about.get("taxonomy")
    try:
        return None if stored is None else Taxonomy.from_json(stored)
    except DataError as error:
        raise StorageError(
            f"{printable(path)} is damaged: {error} Make it anew with `pixonomy index --overwrite`."
        ) from error


def _read_rows(path: Path, columns: Sequence[str] | None) -> pl.DataFrame:
    with scan_parquet(path) as table:
        # Manifests of before do not have them.
        lacking = [name for name in SEEN_COLUMNS if name not in table.collect_schema()]
        rows = table.with_columns(pl.lit(None, COLUMNS[name]).alias(name) for name in lacking)
        return (rows if columns is None else rows.select(columns)).collect()


def hash_manifest(path: Path) -> str:
    """Return the SHA-256 of a manifest's file, in hexadecimal.

    Raises:
        SettingError: if there is no manifest at `path`, or it is of another schema version.
    """
    _require_about(path)
    return hash_file(path)


def read_about(path: Path) -> About | None:
    """Return what is stored about a manifest's rows, or None if `path` is no manifest.

    Raises:
        SettingError: if it is of another schema version.
        StorageError: if it cannot be read or is damaged.
    """
    text = read_parquet_texts(path).get(_METADATA_KEY)
    if text is None:
        return None
    about = _parse(text, path)
    if about.get("schema_version") != SCHEMA_VERSION:
        raise SettingError(
            f"{printable(path)} has manifest version {about.get('schema_version')}; this Pixonomy "
            f"reads version {SCHEMA_VERSION}. Make it anew with `pixonomy index --overwrite`."
        )
    return {**about, "base": str(uri_to_path(about["base"]))}


def manifest_artefact(path: Path) -> FileArtefact[About]:
    """Return the manifest at `path`, there or to be made, as an artefact."""
    return FileArtefact(path, "is no manifest", read_about)


def _parse(text: str, path: Path) -> About:
    try:
        about = json.loads(text)
    except (ValueError, RecursionError):
        about = None
    if isinstance(about, dict):
        is_other = about.get("schema_version") != SCHEMA_VERSION
        is_whole = isinstance(about.get("base"), str) and isinstance(about.get("fingerprint"), dict)
        if is_other or is_whole:
            return cast(About, about)
    raise StorageError(
        f"{printable(path)} is damaged: what it says about its rows cannot be read; copy it again, "
        "or make it anew with `pixonomy index`."
    )


def _require_about(path: Path) -> About:
    about = read_about(path)
    if about is None:
        raise SettingError(
            f"{printable(path)} is no manifest. `pixonomy index` makes one from pictures."
        )
    return about


def describe(manifest: Manifest) -> dict[str, str]:
    """Return what is stored beside a manifest's rows, as Parquet's own texts."""
    about = {
        "schema_version": SCHEMA_VERSION,
        "base": path_to_uri(manifest.base),
        "fingerprint": dict(manifest.fingerprint),
        "taxonomy": manifest.taxonomy.as_json() if manifest.taxonomy else None,
        "notes": dict(manifest.notes),
    }
    return {_METADATA_KEY: json.dumps(about)}
