"""Prepares the arrays of a study's data sets, equal in number of images."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import polars as pl

from pixonomy.arrays.write import ArraySettings
from pixonomy.dataset.manifest import (
    hash_manifest,
    manifest_artefact,
    read_about,
    read_manifest,
    rewrite_manifest,
)
from pixonomy.dataset.taxonomy import Taxonomy, unknown_category
from pixonomy.errors import SettingError
from pixonomy.images.resize import DEFAULT_FIT
from pixonomy.progress import Context
from pixonomy.storage.locks import lock_file
from pixonomy.studies.deal import COLUMNS, assign_fold, count_parts, equalise, usable_units
from pixonomy.studies.plan import DataSet, Fold, Study
from pixonomy.verbs.index import IndexChoices, index
from pixonomy.verbs.prepare import prepare
from pixonomy.verbs.split import split

_VERSION = 1  # raised when the same study would assign otherwise


@dataclass(frozen=True)
class Prepared:
    """A data set that can be assigned to splits.

    Attributes:
        manifest: in which duplicates are marked.
        units: the images that are used, as many of each category; see `usable_units`.
        each: how many of each category are learnt from (with folds: in all) and tested.
    """

    data: DataSet
    manifest: Path
    labels: tuple[str, ...]
    units: pl.DataFrame
    each: Mapping[str, int]


def prepare_data(study: Study, folder: Path, context: Context) -> dict[str, Prepared]:
    """Index every data set, look for duplicates, and keep equally many images of each category.

    Raises:
        SettingError: if a source or category is not there.
        DataError: if a category has no images.
    """
    found = [_read(study, one, folder, context) for one in study.data]
    counts = [count_parts(units, labels) for _, labels, units in found]
    parts = {part: min(count[part] for count in counts) for part in ("learn", "test")}
    if study.sample.folds:  # the source's own split is not asked
        found = [(path, labels, _as_one_part(units)) for path, labels, units in found]
        totals = [count_parts(units, labels)["learn"] for _, labels, units in found]
        parts = {"learn": min(totals), "test": 0}
    if study.sample.each is not None:
        if study.sample.each > parts["learn"]:
            raise SettingError(
                f"each = {study.sample.each}, but the smallest category has {parts['learn']} "
                "pictures to learn from."
            )
        parts["learn"] = study.sample.each
    return {
        one.name: Prepared(one, path, labels, equalise(units, parts, seed=0), parts)
        for one, (path, labels, units) in zip(study.data, found, strict=True)
    }


def prepare_fold(
    study: Study,
    prepared: Prepared,
    fold: Fold,
    sizes: tuple[int, ...],
    folder: Path,
    context: Context,
) -> Path:
    """Write the arrays of a fold, unless they are there; return their folder."""
    name = f"{prepared.data.name}-{fold.repeat}-{fold.fold}"
    assigned, arrays = folder / f"{name}.parquet", folder / f"arrays {name}"
    with lock_file(assigned, context.report, waits=True):  # other parts of the study need it, too
        _write_fold(study, prepared, fold, assigned)
        prepare(assigned, arrays, ArraySettings(sizes, DEFAULT_FIT), False, context)
    return arrays


def _write_fold(study: Study, prepared: Prepared, fold: Fold, assigned: Path) -> None:
    """Write the manifest of a fold, unless it is there."""
    fingerprint = {
        "stage": "study",
        "version": _VERSION,
        "manifest": hash_manifest(prepared.manifest),
        "categories": list(prepared.labels),
        "each": dict(prepared.each),
        "sample": asdict(study.sample),
        "fold": asdict(fold),
    }
    if not manifest_artefact(assigned).matches(fingerprint):
        manifest = read_manifest(prepared.manifest, ("image_id",))
        splits = assign_fold(prepared.units, study.sample, fold, seed=0)
        rows = manifest.rows.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"))
        rows = rows.join(splits, on="row", how="left", maintain_order="left")
        is_split = rows["split"].is_not_null()
        news = replace(manifest, rows=rows.select("split"), fingerprint=fingerprint, notes={})
        rewrite_manifest(prepared.manifest, assigned, news, is_split)


def _read(
    study: Study, data: DataSet, folder: Path, context: Context
) -> tuple[Path, tuple[str, ...], pl.DataFrame]:
    """Return a data set's manifest with duplicates marked, its labels and its usable images."""
    marked = folder / f"{data.name} marked.parquet"
    with lock_file(marked, context.report, waits=True):  # other parts of the study need it, too
        source = _index(study, data, folder, context)
        split(source, marked, context=context)
    about = read_manifest(marked, COLUMNS)
    labels = _labels(data, about.rows, about.taxonomy)
    # Which rows were to be tested is the source's word, not that of the split just assigned.
    given = read_manifest(source, ("split",)).rows["split"]
    rows = about.rows.with_columns(split=given)
    return marked, labels, usable_units(rows, labels)


def _index(study: Study, data: DataSet, folder: Path, context: Context) -> Path:
    """Return the manifest of a data set, which may be its source."""
    source, indexed = study.path(data.source), folder / f"{data.name} all.parquet"
    if source.suffix == ".parquet" and read_about(source) is not None:
        return source
    names = study.path(data.taxonomy) if data.taxonomy else None
    index([source], indexed, IndexChoices(categories=names), False, context)
    return indexed


def _labels(data: DataSet, rows: pl.DataFrame, taxonomy: Taxonomy | None) -> tuple[str, ...]:
    known = rows["label"].drop_nulls().unique().sort().to_list()
    if not data.categories:
        return tuple(known)
    labels = []
    for text in data.categories:
        found: tuple[str, ...] = (text,) if text in known else ()
        if not found and taxonomy is not None:
            found = tuple(one for one in taxonomy.find(text) if one in known)
        if len(found) != 1:
            raise unknown_category(text, known)
        labels.append(found[0])
    return tuple(labels)


def _as_one_part(units: pl.DataFrame) -> pl.DataFrame:
    return units.with_columns(part=pl.lit("learn"))
