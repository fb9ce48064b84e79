"""Pictures leave as they came: labels, splits, groups and bytes survive the way out and back."""

import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import SPLITS as MANIFEST_SPLITS
from pixonomy.dataset.manifest import Manifest, conform, write_manifest
from pixonomy.dataset.read import read_all
from pixonomy.errors import ArtefactDiffers, SettingError, StorageError
from pixonomy.exporting.write_shards import KINDS, Kind
from pixonomy.progress import Context
from pixonomy.sources.folder import index_folder
from pixonomy.sources.shards import find_shards
from pixonomy.sources.table import TableColumns, index_table
from pixonomy.sources.tar import index_tar
from pixonomy.verbs.export import export
from pixonomy.verbs.index import index

SMALL = 30_000  # bytes a shard: a few pictures
SPLITS = {"circle": "train", "cross": "test", "stripes": "validation"}

Written = Callable[..., Path]


@pytest.fixture
def manifest(tmp_path: Path, write_images: Written) -> Path:
    """A manifest of 24 pictures in all splits, two of which are problems of two kinds."""
    images = write_images(tmp_path / "pictures", 8)
    (images / "cross" / "007.jpg").unlink()
    (images / "cross" / "007.jpg").symlink_to("nowhere")
    rows = conform(index_folder(images, tmp_path).rows).with_columns(
        pl.col("label").replace_strict(SPLITS).alias("split"),
        pl.when(pl.col("uri").str.ends_with("circle/000.jpg"))
        .then(pl.lit("a copy"))
        .alias("problem"),
        (pl.lit("group ") + pl.col("uri").str.slice(-6, 1) + pl.col("label")).alias("group_id"),
    )
    return write(tmp_path / "m.parquet", rows)


def write(path: Path, rows: pl.DataFrame) -> Path:
    write_manifest(path, Manifest(rows, path.parent, {"stage": "index"}))
    return path


def read_back(output: Path, to: str) -> tuple[pl.DataFrame, Path]:
    if to == "folder":
        return index_table(output / "manifest.csv", TableColumns(), output).rows, output
    shards = find_shards(output).paths
    if to == "webdataset":
        told = [(shard, shard.name.partition("-")[0]) for shard in shards]
        split = {name: name if name in MANIFEST_SPLITS else None for _, name in told}
        batches = [batch for one, name in told for batch in index_tar(one, output, split[name])]
        assert not any(batch.damage for batch in batches)
        return pl.concat(batch.rows for batch in batches), output
    return pl.concat(index_table(shard, TableColumns(), output).rows for shard in shards), output


def known(rows: pl.DataFrame, base: Path) -> list[tuple[Any, ...]]:
    """Return what is known of each picture that can be read, by its bytes."""
    rows = conform(rows).with_columns(pl.col("length").cast(pl.Int64))
    about = rows.select("label", "split", "group_id").rows()
    found = read_all(locate(rows, base))
    return sorted(
        (sha256(data).hexdigest(), *about[place])
        for place, data in found
        if isinstance(data, bytes)
    )


def content(folder: Path) -> dict[str, str]:
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.mark.parametrize("to", KINDS)
def test_labels_splits_groups_and_bytes_survive_the_way_out_and_back(
    manifest: Path, tmp_path: Path, to: Kind
) -> None:
    result = export(manifest, tmp_path / "out", to, shard_bytes=SMALL)
    rows = pl.read_parquet(manifest).filter(pl.col("problem").is_null())
    expected = known(rows, tmp_path)
    assert len(expected) == 22
    assert known(*read_back(tmp_path / "out", to)) == expected
    assert result.keys() == {"export", "rows", "problems", "splits", "files", "seconds"}
    assert (result["rows"], result["problems"]) == (22, 2)
    assert result["splits"] == {"train": 7, "validation": 8, "test": 7}
    assert result["files"] == (22 if to == "folder" else len(find_shards(tmp_path / "out").paths))
    assert to == "folder" or result["files"] > 3
    assert [path.name for path in (tmp_path / "out").glob(".*")] == [".lock"]


def test_an_exported_folder_is_a_folder_to_anybody(manifest: Path, tmp_path: Path) -> None:
    export(manifest, tmp_path / "out", "folder")
    rows = index_folder(tmp_path / "out", tmp_path / "out").rows
    assert set(rows.select("label", "split").rows()) == set(SPLITS.items())
    assert rows["uri"][0] == "test/cross/000.jpg"


@pytest.mark.parametrize("to", KINDS)
def test_odd_labels_and_rows_without_label_or_split_survive(
    tmp_path: Path, write_images: Written, to: Kind
) -> None:
    write_images(tmp_path / "pictures", 2)
    labels = ["a/b", "a:b", "A:B", None, "..", "gâteau d'été"]
    rows = conform(index_folder(tmp_path / "pictures", tmp_path).rows).with_columns(
        pl.Series("label", labels), pl.Series("split", [None, "train"] * 3)
    )
    manifest = write(tmp_path / "m.parquet", rows)
    assert export(manifest, tmp_path / "out", to)["rows"] == 6
    assert known(*read_back(tmp_path / "out", to)) == known(rows, tmp_path)
    assert {path.name for path in tmp_path.glob("[!.]*")} == {"pictures", "m.parquet", "out"}


def test_pictures_inside_tars_and_tables_leave_too(manifest: Path, tmp_path: Path) -> None:
    before = manifest
    for turn, to in enumerate(("webdataset", "parquet", "folder", "webdataset")):
        output = tmp_path / f"out{turn}"
        export(before, output, to, shard_bytes=SMALL)  # type: ignore[arg-type]
        rows, base = read_back(output, to)
        before = output / "again.parquet"
        write_manifest(before, Manifest(conform(rows), base, {"stage": "index"}))
    expected = known(pl.read_parquet(manifest).filter(pl.col("problem").is_null()), tmp_path)
    assert known(rows, base) == expected


def test_the_standard_library_reads_the_tars(manifest: Path, tmp_path: Path) -> None:
    export(manifest, tmp_path / "out", "webdataset")
    with tarfile.open(tmp_path / "out" / "train-000000.tar") as archive:
        names = archive.getnames()
    assert len(names) == 3 * 7
    assert {name.partition(".")[2] for name in names} == {"jpg", "cls", "json"}


@pytest.mark.parametrize("to", KINDS)
def test_the_same_call_again_leaves_everything_alone(
    manifest: Path, tmp_path: Path, to: Kind
) -> None:
    first = export(manifest, tmp_path / "out", to)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    again = export(manifest, tmp_path / "out", to)
    assert {**again, "seconds": 0} == {**first, "seconds": 0}
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == times


@pytest.mark.parametrize("to", KINDS)
def test_another_export_is_refused_and_overwrite_replaces_only_what_is_ours(
    manifest: Path, tmp_path: Path, to: Kind
) -> None:
    for other in KINDS:
        output = tmp_path / f"out {other}"
        export(manifest, output, other, shard_bytes=SMALL)  # type: ignore[arg-type]
        (output / "notes.txt").write_text("mine")
        (output / "train" / "circle").mkdir(parents=True, exist_ok=True)
        (output / "train" / "circle" / "mine.txt").write_text("mine")
        with pytest.raises(ArtefactDiffers, match="shard_bytes was 30000, now"):
            export(manifest, output, to)
        export(manifest, output, to, overwrite=True)
        export(manifest, tmp_path / f"fresh {other}", to)
        kept = {"notes.txt", "train/circle/mine.txt"}
        found = content(output)
        assert kept <= found.keys()
        fresh = content(tmp_path / f"fresh {other}")
        assert {name: one for name, one in found.items() if name not in kept} == fresh


def test_a_list_that_somebody_has_changed_removes_nothing_outside(
    manifest: Path, tmp_path: Path
) -> None:
    export(manifest, tmp_path / "out", "folder")
    (tmp_path / "precious.txt").write_text("mine")
    table = tmp_path / "out" / "manifest.csv"
    table.write_text(f"path\n../precious.txt\n{tmp_path / 'precious.txt'}\n")
    export(manifest, tmp_path / "out", "webdataset", overwrite=True)
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_forged_split_does_not_become_a_path(tmp_path: Path, write_images: Written) -> None:
    write_images(tmp_path / "pictures", 1)
    rows = conform(index_folder(tmp_path / "pictures", tmp_path).rows)
    manifest = write(tmp_path / "m.parquet", rows.with_columns(pl.lit("../x").alias("split")))
    for to in KINDS:
        export(manifest, tmp_path / to, to)  # type: ignore[arg-type]
    assert {path.name for path in tmp_path.glob("[!.]*")} == {"pictures", "m.parquet", *KINDS}


def test_other_folders_files_and_wishes_are_refused(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(SettingError, match="holds other files"):
        export(manifest, tmp_path / "mine", "folder", overwrite=True)
    with pytest.raises(SettingError, match="exists and is no folder"):
        export(manifest, tmp_path / "mine" / "notes.txt", "folder")
    with pytest.raises(SettingError, match="known are folder, parquet, webdataset"):
        export(manifest, tmp_path / "out", "zip")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="at least one byte"):
        export(manifest, tmp_path / "out", "folder", shard_bytes=0)
    with pytest.raises(SettingError, match="is no manifest"):
        export(tmp_path / "mine" / "notes.txt", tmp_path / "out", "folder")
    assert not (tmp_path / "out").exists()


def test_what_is_left_out_is_told(manifest: Path, tmp_path: Path) -> None:
    said: list[str] = []
    export(manifest, tmp_path / "out", "folder", context=Context(report=said.append))
    first = "pictures/cross/007.jpg: the file is missing"
    assert said == [f"Pictures left out: 2; the first is {first}."]


@pytest.mark.parametrize("to", KINDS)
def test_several_processes_give_the_same_files(manifest: Path, tmp_path: Path, to: Kind) -> None:
    export(manifest, tmp_path / "one", to, shard_bytes=SMALL)
    export(manifest, tmp_path / "two", to, False, Context(cores=2), shard_bytes=SMALL)
    assert content(tmp_path / "one") == content(tmp_path / "two")


KILLED = """
import os, signal, sys
from pathlib import Path
from pixonomy.progress import Context
from pixonomy.verbs.export import export

calls = []

def progress(work, done, total):
    calls.append(done)
    if len(calls) == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)

paths = Path(sys.argv[1]), Path(sys.argv[2])
export(*paths, sys.argv[3], False, Context(progress=progress), 30_000)
"""


@pytest.mark.parametrize("to", KINDS)
def test_an_export_killed_between_shards_goes_on_with_those_it_has(
    manifest: Path, tmp_path: Path, to: Kind
) -> None:
    output = tmp_path / "out"
    for shard in (1, 2):
        command = [sys.executable, "-c", KILLED, str(manifest), str(output), to, str(shard)]
        done = subprocess.run(command, check=False, timeout=60)
        assert done.returncode == -signal.SIGKILL
        assert not (output / "export.json").exists()
    finished = list(output.glob("t*/**/*.jpg")) or find_shards(output).paths
    times = {path: path.stat().st_mtime_ns for path in finished}
    assert times
    export(manifest, output, to, shard_bytes=SMALL)
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())
    export(manifest, tmp_path / "whole", to, shard_bytes=SMALL)
    assert content(output) == content(tmp_path / "whole")


@pytest.mark.parametrize("to", KINDS)
def test_an_unfinished_export_can_be_overwritten_by_another(
    manifest: Path, tmp_path: Path, to: Kind
) -> None:
    output = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(manifest), str(output), to, "2"]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    with pytest.raises(ArtefactDiffers, match="was made otherwise"):
        export(manifest, output, "folder")
    export(manifest, output, "folder", overwrite=True)
    export(manifest, tmp_path / "fresh", "folder")
    assert content(output) == content(tmp_path / "fresh")


def test_a_full_disk_is_one_sentence_and_leaves_no_final_name(
    manifest: Path, small_disk: Path
) -> None:
    rows = pl.read_parquet(manifest)
    big = manifest.parent / "big.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (256, 260, 3), np.uint8)
    Image.fromarray(noise).save(big, "PNG")
    rows = rows.head(1).with_columns(
        pl.lit("big.jpg").alias("uri"),
        pl.lit(big.stat().st_size).alias("length"),
        pl.lit(big.stat().st_mtime_ns).alias("modified_ns"),
        pl.lit(None).alias("problem"),
    )
    large = write(manifest.parent / "large.parquet", conform(rows))
    for to in KINDS:
        with pytest.raises(StorageError, match="The disk is full"):
            export(large, small_disk / to, to)  # type: ignore[arg-type]
        assert not (small_disk / to / "export.json").exists()
        assert not find_shards(small_disk / to).paths
        subprocess.run(["rm", "-r", str(small_disk / to)], check=True)


@pytest.mark.parametrize("to", KINDS)
def test_only_pictures_leave_whatever_else_a_table_names(
    tmp_path: Path, write_images: Written, to: Kind
) -> None:
    folder = write_images(tmp_path / "pictures", 2)
    whole = (folder / "cross" / "000.jpg").read_bytes()
    (folder / "secret.jpg").write_text("root:x:0:0:root:/root:/bin/bash\n")
    (folder / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"secret" * 50)
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    names = ["secret.jpg", "secret.png", "half.jpg", "cross/000.jpg", "circle/001.jpg"]
    lines = ["path,label", *(f"{folder / name},a" for name in names)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    told: list[str] = []
    index([tmp_path / "t.csv"], tmp_path / "m.parquet")
    context = Context(report=told.append)
    result = export(tmp_path / "m.parquet", tmp_path / "out", to, context=context)
    assert (result["rows"], result["problems"]) == (2, 3)
    assert "Pictures left out: 3; the first is" in told[-1]
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*.*"))
    assert b"root:x" not in written
    assert b"secretsecret" not in written
