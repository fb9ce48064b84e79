import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pixonomy.auditing.examine import MEASURED
from pixonomy.auditing.measure import (
    EMBEDDINGS,
    TABLE,
    ImageStatistics,
    StatisticsSettings,
    measure_images,
)
from pixonomy.dataset.manifest import hash_manifest, read_manifest, write_manifest
from pixonomy.dataset.seen import CHANGED
from pixonomy.images.decode import decode
from pixonomy.images.handmade_features import HandMadeEmbedder
from pixonomy.images.resize import resize
from pixonomy.progress import Context
from pixonomy.verbs.index import index

SETTINGS = StatisticsSettings(HandMadeEmbedder(), part_rows=10)


class Stopped(Exception):
    """What ends a survey in the middle."""


@pytest.fixture
def folder(tmp_path: Path, write_images: Callable[..., Path]) -> Path:
    """36 pictures in three categories."""
    return write_images(tmp_path / "pictures")


@pytest.fixture
def manifest(tmp_path: Path, folder: Path) -> Path:
    index([folder], tmp_path / "m.parquet")
    return tmp_path / "m.parquet"


def look(
    manifest: Path,
    output: Path,
    settings: StatisticsSettings = SETTINGS,
    context: Context | None = None,
) -> ImageStatistics:
    return measure_images(manifest, hash_manifest(manifest), output, settings, context or Context())


def read(surveyed: ImageStatistics) -> pl.DataFrame:
    return pl.read_parquet(surveyed.table)


def test_row_by_row_it_tells_of_the_manifests_pictures(
    manifest: Path, folder: Path, tmp_path: Path
) -> None:
    surveyed = look(manifest, tmp_path / "out")
    table, rows = read(surveyed), read_manifest(manifest).rows
    placed = ["image_id", "uri", "offset", "length", "member", "encoding"]
    assert table.columns == [*placed, "modified_ns", "etag", *MEASURED]
    assert table.select(placed).equals(rows.select(placed))
    assert (surveyed.looked_at, surveyed.known) == (36, 0)
    assert table["width"].unique().to_list() == [48]
    assert table["format"].unique().to_list() == ["jpg"]
    assert table["problem"].null_count() == 36
    assert surveyed.embeddings is not None
    embedder = HandMadeEmbedder()
    for row in (0, 20, 35):
        pixels = decode((folder / table["uri"][row]).read_bytes())
        wanted = embedder(resize(pixels, embedder.resize_spec)[None])[0].astype(np.float16)
        assert np.array_equal(surveyed.embeddings[row], wanted)


def test_what_cannot_be_read_is_a_row_with_a_problem(
    manifest: Path, folder: Path, tmp_path: Path
) -> None:
    (folder / "circle" / "000.jpg").write_bytes(b"no picture")
    (folder / "circle" / "001.jpg").unlink()
    surveyed = look(manifest, tmp_path / "out")
    table = read(surveyed)
    assert table["problem"].drop_nulls().to_list() == [
        CHANGED, "the file is missing",
    ]  # fmt: skip
    assert table["sha256"].str.starts_with("unread:").sum() == 2
    assert surveyed.embeddings is not None
    assert not surveyed.embeddings[:2].any()


def test_rows_that_were_left_out_before_are_not_looked_at(manifest: Path, tmp_path: Path) -> None:
    known = read_manifest(manifest)
    out = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("opted out")).alias("problem")
    write_manifest(tmp_path / "m2.parquet", replace(known, rows=known.rows.with_columns(out)))
    surveyed = look(tmp_path / "m2.parquet", tmp_path / "out")
    assert (surveyed.looked_at, read(surveyed)["sha256"].null_count()) == (18, 18)


def test_a_finished_survey_is_taken_as_it_is(manifest: Path, tmp_path: Path) -> None:
    look(manifest, tmp_path / "out")
    before = (tmp_path / "out" / TABLE).stat().st_mtime_ns
    assert look(manifest, tmp_path / "out").looked_at == 36
    assert (tmp_path / "out" / TABLE).stat().st_mtime_ns == before


def grow(folder: Path, write_images: Callable[..., Path], tmp_path: Path) -> Path:
    """Add nine pictures among those that are there; return the new manifest."""
    before = {path: path.stat() for path in folder.rglob("*.jpg")}
    write_images(folder, 15)
    for path, stat in before.items():  # written again, byte by byte the same
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    index([folder], tmp_path / "grown.parquet")
    return tmp_path / "grown.parquet"


@pytest.mark.parametrize("is_same_folder", [True, False])
def test_of_a_grown_manifest_only_what_is_new_is_looked_at(
    manifest: Path,
    folder: Path,
    tmp_path: Path,
    write_images: Callable[..., Path],
    is_same_folder: bool,
) -> None:
    look(manifest, tmp_path / "out")
    grown = grow(folder, write_images, tmp_path)
    output = tmp_path / ("out" if is_same_folder else "other")
    again = look(grown, output, replace(SETTINGS, earlier=(tmp_path / "out",)))
    assert (again.looked_at, again.known) == (9, 36)
    afresh = look(grown, tmp_path / "afresh")
    assert afresh.looked_at == 45
    assert read(again).equals(read(afresh))
    assert again.embeddings is not None
    assert afresh.embeddings is not None
    assert np.array_equal(again.embeddings, afresh.embeddings)


def test_a_file_that_was_written_anew_is_looked_at_again(
    manifest: Path, folder: Path, tmp_path: Path
) -> None:
    look(manifest, tmp_path / "out")
    changed, other = folder / "circle" / "003.jpg", folder / "cross" / "003.jpg"
    data = other.read_bytes()
    changed.write_bytes(data[: changed.stat().st_size].ljust(changed.stat().st_size, b"\0"))
    os.utime(changed, ns=(time.time_ns(), time.time_ns() + 10**9))
    index([folder], tmp_path / "m2.parquet")
    assert look(tmp_path / "m2.parquet", tmp_path / "out").looked_at == 1


def test_what_could_not_be_read_is_tried_again(
    manifest: Path, folder: Path, tmp_path: Path
) -> None:
    file = folder / "circle" / "000.jpg"
    data, stat = file.read_bytes(), file.stat()
    file.unlink()
    look(manifest, tmp_path / "out")
    file.write_bytes(data)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    index([folder], tmp_path / "m2.parquet")
    again = measure_images(tmp_path / "m2.parquet", "other", tmp_path / "out", SETTINGS, Context())
    assert (again.looked_at, again.known) == (1, 35)
    assert read(again)["problem"].null_count() == 36


def test_an_earlier_survey_without_vectors_knows_too_little(manifest: Path, tmp_path: Path) -> None:
    plain = look(manifest, tmp_path / "out", StatisticsSettings())
    assert plain.embeddings is None
    assert not (tmp_path / "out" / EMBEDDINGS).exists()
    assert look(manifest, tmp_path / "out").looked_at == 36
    # The other way round nothing is missing.
    assert look(manifest, tmp_path / "out", StatisticsSettings()).known == 36
    assert not (tmp_path / "out" / EMBEDDINGS).exists()


@pytest.mark.parametrize("stop", [1, 12, 30, 36])
def test_a_survey_that_was_stopped_goes_on_behind_its_last_part(
    manifest: Path, tmp_path: Path, stop: int
) -> None:
    def progress(work: str, done: int, total: int) -> None:
        if done >= stop:
            raise Stopped

    with pytest.raises(Stopped):
        look(manifest, tmp_path / "out", context=Context(progress=progress))
    assert not (tmp_path / "out" / TABLE).exists()
    seen: list[int] = []

    def note(work: str, done: int, total: int) -> None:
        seen.append(done)

    context = Context(progress=note)
    again = look(manifest, tmp_path / "out", context=context)
    assert min(seen) > (stop - 1) // 10 * 10
    whole = look(manifest, tmp_path / "whole")
    assert read(again).equals(read(whole))
    assert again.embeddings is not None
    assert whole.embeddings is not None
    assert np.array_equal(again.embeddings, whole.embeddings)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {EMBEDDINGS, TABLE}


def test_several_processes_see_the_same(tmp_path: Path, write_images: Callable[..., Path]) -> None:
    index([write_images(tmp_path / "many", 100)], tmp_path / "m.parquet")
    settings = replace(SETTINGS, part_rows=120)
    one = look(tmp_path / "m.parquet", tmp_path / "one", settings)
    two = look(tmp_path / "m.parquet", tmp_path / "two", settings, Context(2))
    assert read(one).equals(read(two))
    assert one.embeddings is not None
    assert two.embeddings is not None
    assert np.array_equal(one.embeddings, two.embeddings)


def test_a_manifest_without_rows_is_surveyed(manifest: Path, tmp_path: Path) -> None:
    known = read_manifest(manifest)
    write_manifest(tmp_path / "none.parquet", replace(known, rows=known.rows.clear()))
    assert read(look(tmp_path / "none.parquet", tmp_path / "out")).height == 0
