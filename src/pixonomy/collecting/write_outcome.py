"""Writes a collection's manifest, occurrences, attribution and page from its state database.

What is long is streamed: memory does not grow with the number of images.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from pixonomy.collecting.asked import MANIFEST, Asked
from pixonomy.collecting.collection_page import render_credits
from pixonomy.collecting.collection_page_data import PAGE, as_here, count_keywords, write_page
from pixonomy.collecting.door import host_of
from pixonomy.collecting.outcome import (
    ATTRIBUTION_COLUMNS,
    Form,
    stream_images,
    stream_occurrences,
)
from pixonomy.collecting.outcome_counts import OutcomeCounts
from pixonomy.collecting.records import count_images, count_reasons, count_waiting, read_unmarked
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.tar_writer import shard_path
from pixonomy.dataset.location import Location, in_chunks, locate
from pixonomy.dataset.manifest import Manifest, conform, describe
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.executors.local import run
from pixonomy.images.image_hash import LUMA_HASH, fingerprint
from pixonomy.near_duplicates.proof import prove_duplicates
from pixonomy.progress import Context
from pixonomy.results.collection_results import CollectResult
from pixonomy.spreadsheet import stream_spreadsheet
from pixonomy.storage.address import is_remote
from pixonomy.storage.files import write_aside
from pixonomy.storage.s3 import upload
from pixonomy.storage.tables import scan_parquet, stream_parquet

_TASK = 256  # images
_FEW = 2 * _TASK  # that are not worth processes


def rehash_older(state_db: StateDatabase, folder: Path, context: Context) -> None:
    """Hash images of earlier versions anew, so that duplicates are found among all of them.

    Killed on the way, it goes on with the next run. What cannot be read keeps its hash.
    """
    done = 0
    for rows in read_unmarked(state_db, LUMA_HASH):
        if not rows.height:
            return
        workers = context.cores if rows.height > _FEW else 1
        locations = locate(conform(_placed(rows)), folder)
        hashed = [one for part in _hash(locations, workers) for one in part]
        found = zip(rows["number"], hashed, strict=True)
        state_db.rehash({number: one for number, one in found if one is not None})
        done += rows.height
        context.progress("hashing earlier pictures anew", done, 0)


def _hash(locations: list[Location], workers: int) -> Iterator[list[str | None]]:
    yield from run(_hash_all, in_chunks(locations, _TASK), workers)


def _hash_all(locations: list[Location]) -> list[str | None]:
    found: list[str | None] = [None] * len(locations)
    for place, data in read_all(locations):
        if not isinstance(data, UndecodableImage):
            found[place] = fingerprint(data).perceptual_hash
    return found


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    names = [f"shards/{shard_path(Path(), shard).name}" for shard in rows["shard"]]
    return rows.with_columns(uri=pl.Series(names, dtype=pl.String))


OCCURRENCES = "sightings.parquet"
ATTRIBUTION, CREDITS = "ATTRIBUTION.csv", "ATTRIBUTION.html"

_CHUNK = 20_000
_MOST_LEFT = 100  # hosts that are named


def write_outcome(state_db: StateDatabase, asked: Asked, context: Context) -> CollectResult:
    """Write all that a collection leaves beside its tar files; how long it took is not measured.

    A state database that is only read gives the same of the moment, while another run goes on.
    """
    folder = asked.folder
    if not state_db.is_read_only:
        rehash_older(state_db, folder, context)
    stream_parquet(folder / OCCURRENCES, stream_occurrences(state_db))
    outcome_counts = OutcomeCounts()
    _write_manifest(state_db, asked, outcome_counts, context)
    with scan_parquet(folder / MANIFEST) as rows:
        _write_attribution(rows, asked)
        counted = count_keywords(state_db, asked.wanted, outcome_counts, asked.per_keyword)
        write_page(state_db, asked, rows, outcome_counts, counted)
    if is_remote(asked.output):
        _send(state_db, folder, asked.place)
    counts = count_images(state_db)
    return CollectResult(
        manifest=f"{asked.place}/{MANIFEST}",
        pictures=outcome_counts.usable,
        duplicates=counts.get("kept", 0) - outcome_counts.rows + outcome_counts.copies,
        refused=counts.get("refused", 0),
        failed=counts.get("failed", 0),
        shortfall={one.keyword: one.wanted - one.had for one in counted if one.had < one.wanted},
        sightings=f"{asked.place}/{OCCURRENCES}",
        attribution=f"{asked.place}/{ATTRIBUTION}",
        page=f"{asked.place}/{PAGE}",
        credits=f"{asked.place}/{CREDITS}",
        kept=outcome_counts.rows,
        waiting=counts.get("waiting", 0),
        usable_shortfall={one.keyword: one.missing for one in counted if one.missing},
        licenses=outcome_counts.licenses(),
        refused_by_reason=count_reasons(state_db, "refused"),
        left=_shorten(asked.left, state_db),
        left_hosts=len(asked.left),
    )


def _write_manifest(
    state_db: StateDatabase, asked: Asked, outcome_counts: OutcomeCounts, context: Context
) -> None:
    is_away = is_remote(asked.output)

    def prove(rows: pl.DataFrame) -> pl.Series:
        here = conform(as_here(rows))
        return prove_duplicates(here, asked.folder, context.cores, context.progress)

    form = Form(f"{asked.place}/shards" if is_away else "shards", prove, asked.licenses)
    fingerprint = {
        "stage": "collect",
        "pictures": state_db.count_all(),
        "title": asked.wanted.title,
    }
    taxonomy = asked.wanted.taxonomy
    about = describe(Manifest(pl.DataFrame(), asked.folder.absolute(), fingerprint, taxonomy))
    chunks = outcome_counts.watch(stream_images(state_db, form))
    rows = (conform(one.drop("number")) for one in chunks)
    stream_parquet(asked.folder / MANIFEST, rows, about)


def _write_attribution(rows: pl.LazyFrame, asked: Asked) -> None:
    chunks = rows.select(ATTRIBUTION_COLUMNS).collect_batches(
        chunk_size=_CHUNK, maintain_order=True
    )
    stream_spreadsheet(asked.folder / ATTRIBUTION, chunks)
    usable = rows.filter(pl.col("problem").is_null()).select(ATTRIBUTION_COLUMNS)
    count = int(usable.select(pl.len()).collect().item())
    title = asked.wanted.title
    with (
        write_aside(asked.folder / CREDITS) as partial,
        partial.open("w", encoding="utf-8") as file,
    ):
        file.writelines(render_credits(title, _each(usable), count))


def _each(rows: pl.LazyFrame) -> Iterator[dict[str, str | None]]:
    for chunk in rows.collect_batches(chunk_size=_CHUNK, maintain_order=True):
        yield from chunk.iter_rows(named=True)


def _shorten(left: Mapping[str, str], state_db: StateDatabase) -> dict[str, str]:
    """Return the hosts at which most images wait."""
    if len(left) <= _MOST_LEFT:
        return dict(left)
    waiting = count_waiting(state_db)
    most = sorted(left, key=lambda one: -waiting[host_of(f"http://{one}")])[:_MOST_LEFT]
    return {one: left[one] for one in most}


def _send(state_db: StateDatabase, folder: Path, place: str) -> None:
    """Copy what has changed to the address, the manifest last."""
    for shard, (size, _) in state_db.shards().items():
        name = f"shards/pictures-{shard:05d}.tar"
        key = f"sent:{place}/{name}"
        if state_db.noted(key) != str(size):
            upload(folder / name, f"{place}/{name}")
            if not state_db.is_read_only:
                state_db.note(key, str(size))
    for name in (OCCURRENCES, ATTRIBUTION, CREDITS, PAGE, MANIFEST):
        upload(folder / name, f"{place}/{name}")
