"""Measures how alike categories are, by confusion or by a network's embeddings."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.bundle.load import BUNDLE_FILE, Bundle, load_bundle
from pixonomy.dataset.location import in_chunks, locate
from pixonomy.dataset.manifest import Manifest, read_manifest
from pixonomy.dataset.read import Fetched, read_all
from pixonomy.errors import DataError, SettingError, UndecodableImage
from pixonomy.images.resize import ResizeSpec, frame
from pixonomy.progress import Context
from pixonomy.sampling.choose_categories import (
    Similarity,
    confusion_similarity,
    embedding_similarity,
)
from pixonomy.sampling.products import Products
from pixonomy.storage.files import existing_path, hash_file, printable
from pixonomy.storage.tables import read_parquet, scan_parquet
from pixonomy.training.run import RunFolder

_SEEN = 50  # images whose mean embedding stands for a category
_BATCH = 64


def measure_similarity(
    measure: Path,
    manifest: Path,
    products: Products,
    labels: Sequence[str],
    context: Context,
) -> Similarity:
    """Measure how alike categories are: by confusion, or by what a network sees in their images.

    Args:
        measure: predictions (.parquet), a run that has some, or a bundle.
        manifest: says where the images are that a bundle looks at, at most 50 a category.
        products: those of the manifest.

    Raises:
        SettingError: if `measure` is nothing of that kind.
        DataError: if predictions know no category, or no image can be read.
        BundleError, StorageError: if it is damaged.
    """
    predictions = _find_predictions(measure)
    if predictions is not None:
        return _read_confusion(predictions)
    bundle = load_bundle(measure, context.cores)
    return _see_similarity(bundle, _pick_some(manifest, products, labels), context)


def hash_measure(measure: Path) -> str:
    """Return the SHA-256 of the predictions or the bundle that decide about similarities.

    Raises:
        SettingError: if there is nothing at `measure`, or something else.
    """
    predictions = _find_predictions(measure)
    if predictions is not None:
        return hash_file(predictions)
    for folder in (measure, RunFolder(measure).bundle):
        if (folder / BUNDLE_FILE).is_file():
            return hash_file(folder / BUNDLE_FILE)
    raise SettingError(
        f"{printable(measure)} holds neither predictions nor a bundle: expected predictions "
        "(.parquet), a run or a bundle."
    )


def _find_predictions(measure: Path) -> Path | None:
    existing_path(measure, "run, bundle or predictions")
    if measure.is_file():
        return measure
    inside = RunFolder(measure).predictions
    return inside if inside.is_file() else None


def _read_confusion(path: Path) -> Similarity:
    with scan_parquet(path) as rows:
        missing = {"label", "predicted"} - set(rows.collect_schema().names())
    if missing:
        raise SettingError(f"{printable(path)} is no predictions: it has no column {min(missing)}.")
    return confusion_similarity(read_parquet(path, ("label", "predicted")))


def _pick_some(path: Path, products: Products, labels: Sequence[str]) -> Manifest:
    """Read the rows of at most 50 images of each category."""
    drawn = products.draw(dict.fromkeys(labels, _SEEN), seed=0)
    places = products.rows_of(drawn).arg_true()
    about = read_manifest(path, ())
    with scan_parquet(path) as rows:
        is_drawn = pl.col("row").is_in(places.implode()) & pl.col("label").is_in(labels)
        picked = rows.with_row_index("row").filter(is_drawn).collect()
    return Manifest(picked.group_by("label", maintain_order=True).head(_SEEN), about.base)


def _see_similarity(bundle: Bundle, seen: Manifest, context: Context) -> Similarity:
    locations = locate(seen.rows, seen.base)
    labels, owners = np.unique(seen.rows["label"].to_numpy(), return_inverse=True)
    sums, done = np.zeros((len(labels), 0)), 0
    for chunk in in_chunks(locations, _BATCH):
        framed = dict(_frame_all(read_all(chunk), bundle.resize_spec))
        if framed:
            outputs = bundle.network.run(np.stack(list(framed.values())))
            sums = sums if sums.size else np.zeros((len(labels), outputs.embeddings.shape[1]))
            # One category may occur several times among the rows: `sums[rows] += …` would add once.
            np.add.at(sums, owners[done + np.array(list(framed))], outputs.embeddings)
        done += len(chunk)
        context.progress("comparing categories", done, len(locations))
    is_seen = sums.any(axis=1)
    if not is_seen.any():
        raise DataError("No picture could be read: how alike categories are cannot be seen.")
    return embedding_similarity([str(one) for one in labels[is_seen]], sums[is_seen])


def _frame_all(
    images: Iterator[tuple[int, Fetched]], resize_spec: ResizeSpec
) -> Iterator[tuple[int, np.ndarray]]:
    """Give the images that can be decoded, each with its place."""
    for place, data in images:
        if not isinstance(data, UndecodableImage):
            try:
                yield place, frame(data, resize_spec)
            except UndecodableImage:
                continue
