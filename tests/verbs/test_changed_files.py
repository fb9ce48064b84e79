"""What changed since `index` is a row with a problem in every verb, never other pixels."""

import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bson
import polars as pl
import pytest

from conftest import as_bytes, draw_shape
from pixonomy.arrays.image_shards import PROBLEMS_FILE
from pixonomy.arrays.write import ArraySettings, write_arrays
from pixonomy.dataset.manifest import COLUMNS, Manifest, read_manifest, write_manifest
from pixonomy.dataset.seen import CHANGED, SEEN_COLUMNS
from pixonomy.verbs.audit import AuditChoices, audit
from pixonomy.verbs.browse import browse
from pixonomy.verbs.export import export
from pixonomy.verbs.index import index
from pixonomy.verbs.predict import predict
from pixonomy.verbs.prepare import prepare
from pixonomy.verbs.split import split

SETTINGS = ArraySettings((16,), "pad")
OFFLINE = AuditChoices(network="none")
PICTURES = 6  # a category


@pytest.fixture
def folder(tmp_path: Path, write_images: Callable[..., Path]) -> Path:
    return write_images(tmp_path / "pictures", PICTURES)


def replace_by_other(file: Path) -> None:
    """Write another picture, as another program would: the time changes."""
    before = file.stat().st_mtime_ns
    file.write_bytes(as_bytes(draw_shape("stripes", 77)))
    os.utime(file, ns=(before + 10**9, before + 10**9))


def replace_at_the_same_time(file: Path) -> None:
    before = file.stat().st_mtime_ns
    file.write_bytes(as_bytes(draw_shape("stripes", 77)) + b"1")
    os.utime(file, ns=(before, before))


def touch(file: Path) -> None:
    os.utime(file, ns=(1, 1))


def problems_of(table: Path) -> dict[str, str]:
    rows = pl.read_parquet(table).drop_nulls("problem")
    return dict(rows.select("image_id", "problem").iter_rows())


@pytest.mark.parametrize("change", [replace_by_other, replace_at_the_same_time, touch])
def test_a_changed_file_is_a_problem_in_every_verb(
    folder: Path, tmp_path: Path, fitted_run: Path, change: Callable[[Path], None]
) -> None:
    index([folder], tmp_path / "m.parquet")
    change(folder / "cross" / "003.jpg")
    expected = {"cross/003.jpg": CHANGED}
    assert split(tmp_path / "m.parquet", tmp_path / "s.parquet")["problems"] == 1
    assert problems_of(tmp_path / "s.parquet") == expected
    predict(fitted_run, tmp_path / "m.parquet", tmp_path / "p.parquet")
    assert problems_of(tmp_path / "p.parquet") == expected
    audit(tmp_path / "m.parquet", tmp_path / "audit", OFFLINE)
    assert problems_of(tmp_path / "audit" / "manifest.parquet") == expected
    told = export(tmp_path / "m.parquet", tmp_path / "out", "folder")
    assert (told["rows"], told["problems"]) == (3 * PICTURES - 1, 1)
    browse(tmp_path / "m.parquet", tmp_path / "page.html")
    assert "was changed since it was indexed" in (tmp_path / "page.html").read_text("utf-8")


@pytest.mark.parametrize("change", [replace_by_other, replace_at_the_same_time])
@pytest.mark.parametrize("scattered_bytes", [0, 2**40])
def test_a_file_that_changed_after_the_split_is_left_out_of_the_arrays(
    folder: Path, tmp_path: Path, change: Callable[[Path], None], scattered_bytes: int
) -> None:
    index([folder], tmp_path / "m.parquet")
    split(tmp_path / "m.parquet", tmp_path / "s.parquet")
    change(folder / "cross" / "003.jpg")
    touch(folder / "circle" / "001.jpg")  # its SHA-256 is known, and is the same
    left_out = write_arrays(
        tmp_path / "s.parquet", tmp_path / "arrays", SETTINGS, {}, scattered_bytes=scattered_bytes
    )
    assert left_out == 1
    assert problems_of(tmp_path / "arrays" / PROBLEMS_FILE) == {"cross/003.jpg": CHANGED}


def test_a_whole_data_set_that_was_copied_keeps_working_once_it_is_hashed(
    folder: Path, tmp_path: Path
) -> None:
    index([folder], tmp_path / "m.parquet")
    split(tmp_path / "m.parquet", tmp_path / "s.parquet")
    shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)
    shutil.rmtree(folder)
    (tmp_path / "copy").rename(folder)
    assert prepare(tmp_path / "s.parquet", tmp_path / "arrays", SETTINGS)["problems"] == 0
    assert export(tmp_path / "s.parquet", tmp_path / "out", "parquet")["problems"] == 0


def test_manifests_of_before_are_read_as_before(
    folder: Path, tmp_path: Path, fitted_run: Path
) -> None:
    index([folder], tmp_path / "m.parquet")
    known = read_manifest(tmp_path / "m.parquet")
    old = Manifest(known.rows.drop(SEEN_COLUMNS), known.base, {"stage": "index"})
    write_manifest(tmp_path / "old.parquet", old)
    touch(folder / "cross" / "003.jpg")
    result = split(tmp_path / "old.parquet", tmp_path / "s.parquet")
    assert result["problems"] == 0
    assert read_manifest(tmp_path / "old.parquet").rows.columns[-3:] == list(SEEN_COLUMNS)
    assert prepare(tmp_path / "s.parquet", tmp_path / "arrays", SETTINGS)["problems"] == 0
    predict(fitted_run, tmp_path / "old.parquet", tmp_path / "p.parquet")
    audit(tmp_path / "old.parquet", tmp_path / "audit", OFFLINE)
    browse(tmp_path / "old.parquet", tmp_path / "page.html")
    assert export(tmp_path / "old.parquet", tmp_path / "out", "folder")["problems"] == 0
    assert not problems_of(tmp_path / "p.parquet")
    index([tmp_path / "old.parquet"], tmp_path / "again.parquet")
    assert set(COLUMNS) <= set(pl.read_parquet_schema(tmp_path / "again.parquet"))


def write_zip(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.jpg")):
            archive.write(file, str(file.relative_to(folder)))


def write_tar(path: Path, folder: Path) -> None:
    with tarfile.open(path, "w") as archive:
        for file in sorted(folder.rglob("*.jpg")):
            archive.add(file, str(file.relative_to(folder)))


def write_catalogue(path: Path, folder: Path) -> None:
    products = [
        {"_id": number, "category_id": number % 3, "imgs": [{"picture": file.read_bytes()}]}
        for number, file in enumerate(sorted(folder.rglob("*.jpg")))
    ]
    path.write_bytes(b"".join(map(bson.encode, products)))


def write_table(path: Path, folder: Path) -> None:
    files = sorted(folder.rglob("*.jpg"))
    table = {
        "image": [{"bytes": file.read_bytes(), "path": None} for file in files],
        "label": [file.parent.name for file in files],
    }
    pl.DataFrame(table).write_parquet(path)


ARCHIVES = {
    "a.zip": write_zip,
    "a.tar": write_tar,
    "a.bson": write_catalogue,
    "a.parquet": write_table,
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_was_replaced_gives_no_other_pixels(
    folder: Path, tmp_path: Path, fitted_run: Path, name: str
) -> None:
    archive = tmp_path / name
    ARCHIVES[name](archive, folder)
    index([archive], tmp_path / "m.parquet")
    rows = read_manifest(tmp_path / "m.parquet").rows
    assert rows["modified_ns"].unique().to_list() == [archive.stat().st_mtime_ns]
    split(tmp_path / "m.parquet", tmp_path / "s.parquet")
    audit(tmp_path / "m.parquet", tmp_path / "audit", OFFLINE)
    for number, file in enumerate(sorted(folder.rglob("*.jpg"))):
        file.write_bytes(as_bytes(draw_shape("stripes", 500 + number)))
    ARCHIVES[name](archive, folder)
    os.utime(archive, ns=(1, 1))
    predict(fitted_run, tmp_path / "m.parquet", tmp_path / "p.parquet")
    assert set(problems_of(tmp_path / "p.parquet").values()) == {CHANGED}
    assert len(problems_of(tmp_path / "p.parquet")) == 3 * PICTURES
    prepared = prepare(tmp_path / "s.parquet", tmp_path / "arrays", SETTINGS)
    assert prepared["rows"] == 0
    again = AuditChoices("none", earlier=tmp_path / "audit")
    audit(tmp_path / "m.parquet", tmp_path / "stale", again)
    assert len(problems_of(tmp_path / "stale" / "manifest.parquet")) == 3 * PICTURES
    index([archive], tmp_path / "new.parquet")
    audit(tmp_path / "new.parquet", tmp_path / "fresh", again)  # of other bytes than it knows
    now = pl.read_parquet(tmp_path / "fresh" / "manifest.parquet")
    was = pl.read_parquet(tmp_path / "audit" / "manifest.parquet")
    assert not set(now["sha256"]) & set(was["sha256"])


def test_an_archive_that_was_only_touched_keeps_working_once_it_is_hashed(
    folder: Path, tmp_path: Path
) -> None:
    write_zip(tmp_path / "a.zip", folder)
    index([tmp_path / "a.zip"], tmp_path / "m.parquet")
    split(tmp_path / "m.parquet", tmp_path / "s.parquet")
    touch(tmp_path / "a.zip")
    for scattered_bytes in (0, 2**40):
        output = tmp_path / f"arrays{scattered_bytes}"
        left_out = write_arrays(
            tmp_path / "s.parquet", output, SETTINGS, {}, scattered_bytes=scattered_bytes
        )
        assert left_out == 0


def test_an_object_that_was_replaced_gives_no_other_pixels(
    storage: Any, folder: Path, tmp_path: Path, fitted_run: Path
) -> None:
    write_catalogue(tmp_path / "a.bson", folder)
    data = (tmp_path / "a.bson").read_bytes()
    storage.put("bucket/a.bson", data)
    index(["s3://bucket/a.bson"], tmp_path / "m.parquet")
    etags = read_manifest(tmp_path / "m.parquet").rows["etag"]
    assert etags.null_count() == 0
    assert etags.n_unique() == 1
    split(tmp_path / "m.parquet", tmp_path / "s.parquet")
    storage.put("bucket/a.bson", data[:-400] + bytes(300) + data[-100:])
    predict(fitted_run, tmp_path / "m.parquet", tmp_path / "p.parquet")
    assert set(problems_of(tmp_path / "p.parquet").values()) == {CHANGED}
    prepared = prepare(tmp_path / "s.parquet", tmp_path / "arrays", SETTINGS)
    assert prepared["rows"] == 3 * PICTURES - 1  # of the others the bytes are as they were


def test_a_picture_that_a_table_names_and_that_was_replaced_is_told(
    folder: Path, tmp_path: Path, fitted_run: Path
) -> None:
    lines = ["path,label", *(f"{file},{file.parent.name}" for file in folder.rglob("*.jpg"))]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    index([tmp_path / "t.csv"], tmp_path / "m.parquet")
    changed = folder / "cross" / "003.jpg"
    changed.write_bytes(as_bytes(draw_shape("stripes", 77)))
    future = changed.stat().st_mtime_ns + 10 * 10**9
    os.utime(changed, ns=(future, future))
    predict(fitted_run, tmp_path / "m.parquet", tmp_path / "p.parquet")
    assert list(problems_of(tmp_path / "p.parquet").values()) == [CHANGED]


def test_a_file_that_changed_is_indexed_anew(folder: Path, tmp_path: Path) -> None:
    index([folder], tmp_path / "m.parquet")
    replace_by_other(folder / "cross" / "003.jpg")
    index([folder], tmp_path / "m.parquet", overwrite=True)
    assert split(tmp_path / "m.parquet", tmp_path / "s.parquet")["problems"] == 0
