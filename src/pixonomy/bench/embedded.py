"""Embeds sets of labelled images, and keeps embeddings and true labels as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.bundle.embedder import choose_embedder
from pixonomy.dataset.location import Location, in_chunks, locate
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read import read_all
from pixonomy.errors import SettingError, UndecodableImage
from pixonomy.executors.local import run
from pixonomy.gallery.draw_images import CATEGORIES, draw_image
from pixonomy.images.embedding import Embedder
from pixonomy.images.resize import frame, resize
from pixonomy.progress import Context
from pixonomy.sources.table import TableColumns
from pixonomy.storage.files import printable
from pixonomy.verbs.index import IndexChoices, index

_CHUNK = 128
DRAWN = 200
"""Images drawn for each category, where there are no real ones."""


@dataclass(frozen=True)
class Embedded:
    """One set: `path` is an .npz file of features (n, d) and true label numbers (n,)."""

    name: str
    path: Path


@dataclass(frozen=True)
class RealSet:
    """Where a set of real images lies below the source folder.

    Attributes:
        label: the column of a table.
        split: the only one taken, or None.
        root: of a table's paths.
    """

    name: str
    path: str
    label: str | None = None
    split: str | None = None
    root: str | None = None


REAL_SETS = (
    RealSet("clothing", "clothing"),
    RealSet("grocery, coarse", "grocery.csv", label="coarse_label", root="grocery"),
    RealSet("CIFAR-10, its 10,000 test pictures", "cifar10.zip", split="test"),
)
"""What is looked for below `--source`; those that are not there are left out."""


def embed_sets(
    source: Path | None, folder: Path, context: Context, drawn: int = DRAWN
) -> list[Embedded]:
    """Embed the real sets below `source`, or drawn images.

    The network is the only .weights.h5 file in `source/weights`, else what there is.

    Raises:
        SettingError: if none of the sets is there.
    """
    if source is None:
        return [_embed_drawn(folder, drawn)]
    there = [one for one in REAL_SETS if (source / one.path).exists()]
    if not there:
        names = ", ".join(one.path for one in REAL_SETS)
        raise SettingError(f"There is none of {names} in {printable(source)}.")
    weights = sorted((source / "weights").glob("*.weights.h5"))
    embedder = choose_embedder(weights[0] if len(weights) == 1 else None, folder, context)
    return [_embed_real(one, source, folder, embedder, context) for one in there]


def _embed_real(
    one: RealSet, source: Path, folder: Path, embedder: Embedder, context: Context
) -> Embedded:
    root = source / one.root if one.root else None
    name = Path(one.path).stem
    columns = TableColumns(root=root, label=one.label)
    index([source / one.path], folder / f"{name}.parquet", IndexChoices(columns))
    manifest = read_manifest(folder / f"{name}.parquet")
    rows = manifest.usable.drop_nulls("label")
    if one.split is not None:
        rows = rows.filter(pl.col("split") == one.split)
    locations = locate(rows, manifest.base)
    tasks = list(in_chunks(locations, _CHUNK))
    parts = []
    for part in run(partial(_embed, embedder), tasks, context.cores):
        parts.append(part)
        context.progress(f"embedding {name}", len(parts), len(tasks))
    return _keep(one.name, folder / f"{name}.npz", np.concatenate(parts), rows["label"])


def _embed(embedder: Embedder, locations: list[Location]) -> npt.NDArray[np.float16]:
    images = np.zeros((len(locations), 3, *[embedder.resize_spec.size] * 2), np.uint8)
    for place, data in read_all(locations):
        if isinstance(data, UndecodableImage):
            raise data
        images[place] = frame(data, embedder.resize_spec)
    return embedder(images).astype(np.float16)


def _embed_drawn(folder: Path, count: int) -> Embedded:
    """Draw images of the gallery's categories and describe them without a network."""
    embedder = choose_embedder("none", folder)
    generator = np.random.default_rng(0)
    labels = [label for label in CATEGORIES for _ in range(count)]
    images = [resize(draw_image(label, generator), embedder.resize_spec) for label in labels]
    features = embedder(np.stack(images)).astype(np.float16)
    return _keep("drawn pictures, no network", folder / "drawn.npz", features, labels)


def _keep(
    name: str, path: Path, features: npt.NDArray[np.float16], labels: Sequence[str] | pl.Series
) -> Embedded:
    _, numbers = np.unique(np.array(labels).astype(str), return_inverse=True)
    np.savez(path, features=features, labels=numbers.astype(np.int64))
    return Embedded(name, path)
