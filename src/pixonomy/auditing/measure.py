"""Look once at every image of a manifest: statistics, hashes, a thumbnail and an embedding.

Row n of `survey.parquet` belongs to row n of the manifest, and so does row n of `embeddings.npy`.
Both grow by checkpoints: a killed audit goes on behind the last one, and images that an earlier
audit knows are not read again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.auditing.earlier import Known, read_known
from pixonomy.auditing.embeddings import EmbeddingsFile, map_embeddings
from pixonomy.auditing.examine import MEASURE_VERSION
from pixonomy.auditing.image_batches import Batches, measure_batches
from pixonomy.dataset.location import path_to_uri, uri_to_path
from pixonomy.dataset.manifest import read_about
from pixonomy.errors import StorageError
from pixonomy.images.embedding import Embedder
from pixonomy.progress import Context
from pixonomy.storage.checkpoints import Checkpoints, remove_checkpoints
from pixonomy.storage.files import remove
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import read_parquet_texts, scan_parquet

TABLE, EMBEDDINGS = "survey.parquet", "embeddings.npy"

_KEY = "survey"
_PART_ROWS = 20_000  # a minute or two of work is lost at most


class _Counts(TypedDict):
    """What is noted of each part: the images that were looked at, and those that were known."""

    looked_at: int
    known: int


class _Identity(_Counts):
    """What is stored with the statistics."""

    fingerprint: Mapping[str, object]
    base: str


@dataclass(frozen=True)
class StatisticsSettings:
    """How images are looked at.

    Attributes:
        embedder: what turns them into vectors, if anything.
        earlier: folders of earlier audits' statistics, whose knowledge is used.
        part_rows: images between one resting point and the next.
    """

    embedder: Embedder | None = None
    earlier: tuple[Path, ...] = ()
    part_rows: int = _PART_ROWS


@dataclass(frozen=True)
class ImageStatistics:
    """Finished image statistics.

    Attributes:
        table: its Parquet file: where each image lies, in what state its file was
            (modified_ns, etag), and the columns `MEASURED`.
        embeddings: float16 (rows, d), mapped, zero where there is no image; None without an
            embedder.
        looked_at, known: how many images were read for it, and how many were known before.
    """

    table: Path
    embeddings: npt.NDArray[np.float16] | None
    looked_at: int
    known: int


def measure_images(
    manifest: Path,
    identity: str,
    folder: Path,
    settings: StatisticsSettings,
    context: Context,
) -> ImageStatistics:
    """Look at every usable image of a manifest and write the tables into `folder`.

    Args:
        identity: what tells the manifest from others: its hash.

    Raises:
        StorageError: if the disk is full or a remote storage does not answer.
    """
    embedder = settings.embedder
    wanted: Fingerprint = {
        "manifest": identity,
        "measured": MEASURE_VERSION,
        "embedder": embedder.identity if embedder else None,
    }
    about = read_identity(folder)
    if about is None or about["fingerprint"] != wanted:
        about = _make(manifest, folder, wanted, settings, context)
    remove_checkpoints(folder / TABLE)
    embeddings = map_embeddings(folder / EMBEDDINGS) if embedder else None
    return ImageStatistics(folder / TABLE, embeddings, about["looked_at"], about["known"])


def read_identity(folder: Path) -> _Identity | None:
    """Return what is stored about the statistics in a folder; None where there is none."""
    try:
        text = read_parquet_texts(folder / TABLE).get(_KEY)
        about: _Identity | None = json.loads(text) if text is not None else None
    except (StorageError, ValueError):  # a damaged one is made anew
        return None
    return about


def _make(
    manifest: Path,
    folder: Path,
    wanted: Fingerprint,
    settings: StatisticsSettings,
    context: Context,
) -> _Identity:
    described = read_about(manifest)
    assert described is not None  # it has been hashed as a manifest
    with scan_parquet(manifest) as rows:
        count = int(rows.select(pl.len()).collect().item())
    base, embedder = Path(described["base"]), settings.embedder
    checkpoints = Checkpoints[_Counts](folder / TABLE, {**wanted, "part_rows": settings.part_rows})
    embeddings = _open_embeddings(folder, embedder, count, checkpoints)
    earlier = _read_earlier(folder, settings, wanted)
    batches = Batches(manifest, base, count, settings.part_rows, embedder, earlier)
    for part in measure_batches(batches, len(checkpoints.done), context):
        if embeddings is not None:
            embeddings.write(part.start, part.embeddings)
        checkpoints.add(part.table, {"looked_at": part.looked_at, "known": part.known})
    # From here on nothing is left to be looked at, whatever is killed when.
    remove(folder / TABLE)
    remove(folder / EMBEDDINGS) if embeddings is None else embeddings.finish()
    about: _Identity = {
        "fingerprint": dict(wanted),
        "base": path_to_uri(base),
        "looked_at": sum(part["looked_at"] for part in checkpoints.done),
        "known": sum(part["known"] for part in checkpoints.done),
    }
    checkpoints.assemble({_KEY: json.dumps(about)})
    return about


def _open_embeddings(
    folder: Path, embedder: Embedder | None, count: int, checkpoints: Checkpoints[_Counts]
) -> EmbeddingsFile | None:
    if embedder is None:
        return None
    file = EmbeddingsFile(folder / EMBEDDINGS, count, embedder.dimensions)
    if checkpoints.done and not file.is_begun:  # somebody has removed it
        checkpoints.remove()
        checkpoints.done.clear()
    if not checkpoints.done:
        file.begin()
    return file


def _read_earlier(folder: Path, settings: StatisticsSettings, wanted: Fingerprint) -> list[Known]:
    """Read what earlier audits know, if they measured as this one does."""
    known = []
    for one in dict.fromkeys((folder, *settings.earlier)):
        about = read_identity(one)
        if about is None or about["fingerprint"]["measured"] != wanted["measured"]:
            continue
        if wanted["embedder"] not in (None, about["fingerprint"]["embedder"]):
            continue
        embeddings = map_embeddings(one / EMBEDDINGS) if wanted["embedder"] else None
        known.append(read_known(one / TABLE, uri_to_path(about["base"]), embeddings))
    return known
