import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pixonomy.arrays.image_shards import ARRAYS_FILE, read_arrays
from pixonomy.arrays.loader import shuffle
from pixonomy.arrays.write import WORK_FOLDER, ArraySettings, write_arrays
from pixonomy.dataset.manifest import SPLITS, Manifest, conform, read_manifest, write_manifest
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import SettingError, StorageError
from pixonomy.images.resize import Fit, ResizeSpec, frame
from pixonomy.progress import Context
from pixonomy.sources.folder import index_folder

SETTINGS = ArraySettings((16,), "stretch")


def index(folder: Path) -> Path:
    rows = index_folder(folder, folder).rows.drop("modified_ns")
    splits = [SPLITS[number % 3] for number in range(rows.height)]
    rows = conform(rows.with_columns(pl.Series("split", splits)))
    write_manifest(folder.parent / "manifest.parquet", Manifest(rows, folder))
    return folder.parent / "manifest.parquet"


@pytest.fixture
def manifest(write_images: Callable[..., Path], tmp_path: Path) -> Path:
    return index(write_images(tmp_path / "pictures", 10))


@pytest.fixture
def folder(manifest: Path) -> Path:
    return manifest.parent / "pictures"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def break_some(folder: Path) -> None:
    (folder / "circle" / "000.jpg").write_bytes(b"no picture " * 500)
    (folder / "circle" / "003.jpg").unlink()


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_every_row_holds_its_file_framed_in_every_size(
    manifest: Path, folder: Path, tmp_path: Path, fit: Fit
) -> None:
    left_out = write_arrays(manifest, tmp_path / "out", ArraySettings((16, 24), fit), {"a": 1})
    arrays = read_arrays(tmp_path / "out")
    assert (left_out, arrays.rows.height, arrays.sizes) == (0, 30, (16, 24))
    assert arrays.about["fingerprint"] == {"a": 1}
    for size in arrays.sizes:
        stored = arrays.images(size).gather(np.arange(30))
        for row, uri in enumerate(arrays.rows["uri"]):
            data = (folder / uri).read_bytes()
            assert np.array_equal(stored[row], frame(data, ResizeSpec(size, fit)))


def test_all_columns_of_the_rows_are_kept(manifest: Path, folder: Path, tmp_path: Path) -> None:
    write_arrays(manifest, tmp_path / "out", SETTINGS, {})
    assert read_arrays(tmp_path / "out").rows.sort("image_id").equals(read_manifest(manifest).rows)


def test_rows_are_mixed_by_the_seed_alone(manifest: Path, folder: Path, tmp_path: Path) -> None:
    ids = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_arrays(manifest, tmp_path / name, ArraySettings((8,), "stretch", seed), {})
        ids.append(read_arrays(tmp_path / name).rows["image_id"].to_list())
    assert ids[0] == ids[1] != ids[2]
    assert ids[0] != sorted(ids[0]) == sorted(ids[2])


def test_undecodable_pictures_become_problems(manifest: Path, folder: Path, tmp_path: Path) -> None:
    break_some(folder)
    left_out = write_arrays(manifest, tmp_path / "out", SETTINGS, {})
    arrays = read_arrays(tmp_path / "out")
    assert left_out == 2
    problems = read_arrays(tmp_path / "out").problems
    assert dict(problems.select("uri", "problem").iter_rows()) == {
        "circle/000.jpg": "not a picture in a known format",
        "circle/003.jpg": "the file is missing",
    }
    assert arrays.problems["uri"].sort().to_list() == ["circle/000.jpg", "circle/003.jpg"]
    assert arrays.rows.height == sum(arrays.about["shards"]) == 28
    for row, uri in enumerate(arrays.rows["uri"]):
        wanted = frame((folder / uri).read_bytes(), ResizeSpec(16))
        assert np.array_equal(arrays.images(16).gather(np.array([row]))[0], wanted)


def test_earlier_problems_and_rows_without_a_split_are_left_out(
    manifest: Path, folder: Path, tmp_path: Path
) -> None:
    rows = read_manifest(manifest).rows.with_columns(
        pl.when(pl.col("uri") == "cross/000.jpg").then(pl.lit("a copy")).alias("problem"),
        pl.when(pl.col("uri") != "cross/001.jpg").then("split").alias("split"),
    )
    write_manifest(manifest, Manifest(rows, folder))
    left_out = write_arrays(manifest, tmp_path / "out", SETTINGS, {})
    arrays = read_arrays(tmp_path / "out")
    assert (left_out, arrays.rows.height) == (0, 28)
    assert arrays.problems.select("uri", "problem").rows() == [("cross/000.jpg", "a copy")]


def test_a_resumed_run_keeps_finished_shards_and_ends_with_the_same_bytes(
    manifest: Path, folder: Path, tmp_path: Path
) -> None:
    break_some(folder)
    out = tmp_path / "out"
    settings = ArraySettings((16, 24), "stretch")
    write_arrays(manifest, out, settings, {})
    whole = contents(out)
    reports = sorted(out.glob("shard-*.json"))
    assert len(reports) > 3
    (out / ARRAYS_FILE).unlink()
    reports[0].unlink()
    (out / "24" / "images-00001.npy").write_bytes(b"half")
    reports[1].unlink()
    kept = {path: path.stat().st_mtime_ns for path in out.glob("*/images-*[2-9].npy")}
    write_arrays(manifest, out, settings, {})
    assert contents(out) == whole
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_unfinished_arrays_are_refused(manifest: Path, folder: Path, tmp_path: Path) -> None:
    def stop(work: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_arrays(manifest, tmp_path / "out", SETTINGS, {}, Context(progress=stop))
    assert (tmp_path / "out").is_dir()
    with pytest.raises(SettingError, match="no finished arrays"):
        read_arrays(tmp_path / "out")


def test_several_workers_write_the_same_bytes_as_one(tmp_path: Path) -> None:
    folder = tmp_path / "pictures" / "cat"
    folder.mkdir(parents=True)
    colours = np.random.default_rng(0).integers(0, 256, (410, 4, 4, 3), np.uint8)
    for number, pixels in enumerate(colours):
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        (folder / f"{number}.png").write_bytes(stream.getvalue())
    calls: list[Any] = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        write_arrays(
            index(tmp_path / "pictures"),
            out,
            SETTINGS,
            {},
            Context(workers, lambda *report: calls.append(report)),
        )
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert calls[-1][1:] == (410, 410)


def test_a_manifest_of_broken_pictures_alone_gives_empty_arrays(
    manifest: Path, folder: Path, tmp_path: Path
) -> None:
    for uri in read_manifest(manifest).rows["uri"]:
        (folder / uri).write_bytes(b"broken")
    assert write_arrays(manifest, tmp_path / "out", SETTINGS, {}) == 30
    arrays = read_arrays(tmp_path / "out")
    assert arrays.rows.height == 0
    assert arrays.images(16).gather(np.arange(0)).shape == (0, 3, 16, 16)
    assert shuffle(arrays.images(16), np.arange(0), 0, 0).size == 0


def test_a_set_laid_into_buckets_first_gives_the_same_arrays(
    manifest: Path, folder: Path, tmp_path: Path
) -> None:
    break_some(folder)
    write_arrays(manifest, tmp_path / "direct", SETTINGS, {})
    write_arrays(manifest, tmp_path / "buckets", SETTINGS, {}, scattered_bytes=0)
    direct, buckets = (
        {name: data for name, data in contents(tmp_path / way).items() if "shard-" not in name}
        for way in ("direct", "buckets")
    )
    assert buckets == direct
    assert not (tmp_path / "buckets" / WORK_FOLDER).exists()


def test_the_room_on_the_disk_is_looked_at_before_anything_is_written(
    manifest: Path, small_disk: Path
) -> None:
    settings = ArraySettings((256,), "stretch")
    with pytest.raises(StorageError, match=r"disk is full: 30 pictures of 256 px need 5\.90 MB"):
        write_arrays(manifest, small_disk / "arrays", settings, {})
    assert not list((small_disk / "arrays").iterdir())


def test_the_taxonomy_goes_along(manifest: Path, folder: Path, tmp_path: Path) -> None:
    tree = Taxonomy.from_paths({"circle": ("SHAPES", "ROUND", "Circle")})
    write_manifest(manifest, replace(read_manifest(manifest), taxonomy=tree))
    write_arrays(manifest, tmp_path / "out", SETTINGS, {})
    assert read_arrays(tmp_path / "out").taxonomy == tree
    write_manifest(manifest, replace(read_manifest(manifest), taxonomy=None))
    write_arrays(manifest, tmp_path / "none", SETTINGS, {})
    assert read_arrays(tmp_path / "none").taxonomy is None
