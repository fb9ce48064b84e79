"""What was changed between `index` and the next verb: never other pixels under the old label."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import pixonomy
from people.conftest import fill_all, image, named, put, put_tar, put_zip

LABELS = ("cat", "dog")
HOUR_NS = 3600 * 10**9
Change = Callable[[Path], None]


def later(path: Path) -> None:
    """Let a file be as if written an hour later."""
    stamp = path.stat().st_mtime_ns + HOUR_NS
    os.utime(path, ns=(stamp, stamp))


def replace(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    later(path)


def same_size(data: bytes, other: bytes) -> bytes:
    """Return `other` as long as `data`: bytes behind the end of a JPEG change nothing."""
    assert len(other) <= len(data)
    return other + bytes(len(data) - len(other))


def swap_in_place(path: Path) -> None:
    """Write another picture of the same length."""
    others = [image("other", number) for number in range(24)]
    data = path.read_bytes()
    replace(path, same_size(data, min(others, key=len)))


def put_folder(here: Path) -> Path:
    fill_all(here, LABELS, 6)
    return here


def put_table(here: Path) -> Path:
    fill_all(here, LABELS, 6)
    lines = [f"{label}/{number:03d}.jpg,{label}" for label in LABELS for number in range(6)]
    return put(here / "t.csv", "\n".join(["path,label", *lines]))


def put_parquet(here: Path) -> Path:
    rows = [
        {"image": {"bytes": data, "path": None}, "label": name[:3]}
        for name, data in named(LABELS, 6).items()
    ]
    here.mkdir()
    pl.DataFrame(rows).write_parquet(here / "t.parquet")
    return here / "t.parquet"


def reverse_rows(path: Path) -> None:
    pl.read_parquet(path).reverse().write_parquet(path)
    later(path)


CHANGES: dict[str, tuple[Callable[[Path], Path], str, Change, int]] = {
    # what is indexed, what is changed and how, and how many rows are problems then
    "another picture": (
        put_folder, "cat/000.jpg", lambda path: replace(path, image("other", 1)), 1,
    ),
    "another picture of the same length": (put_folder, "cat/000.jpg", swap_in_place, 1),
    "another picture, named by a table": (
        put_table, "cat/000.jpg", lambda path: replace(path, image("other", 1)), 1,
    ),
    "another picture of the same length, named by a table": (
        put_table, "cat/000.jpg", swap_in_place, 1,
    ),
    "a picture that is gone": (put_folder, "cat/000.jpg", lambda path: path.unlink(), 1),
    "a picture that was cut": (
        put_folder, "cat/000.jpg", lambda path: replace(path, path.read_bytes()[:300]), 1,
    ),
    "a tar that was packed anew": (
        lambda here: put_tar(here / "t.tar", named(LABELS, 6)),
        "t.tar",
        lambda path: later(put_tar(path, named(LABELS[::-1], 6))),
        12,
    ),
    "a zip that was packed anew": (
        lambda here: put_zip(here / "t.zip", named(LABELS, 6)),
        "t.zip",
        lambda path: later(put_zip(path, named(LABELS[::-1], 6))),
        12,
    ),
    "a table of pictures that was written anew": (
        put_parquet,
        "t.parquet",
        reverse_rows,
        12,
    ),
    "nothing": (put_folder, "cat/000.jpg", lambda _: None, 0),
}  # fmt: skip


@pytest.mark.parametrize(("build", "name", "change", "count"), CHANGES.values(), ids=CHANGES)
def test_what_was_changed_since_index_is_a_problem(
    build: Callable[[Path], Path], name: str, change: Change, count: int, tmp_path: Path
) -> None:
    manifest = tmp_path / "m.parquet"
    pixonomy.index([build(tmp_path / "in")], manifest)
    change(tmp_path / "in" / name)
    if count == 12:  # nothing is left to split
        with pytest.raises(pixonomy.PixonomyError, match="usable picture"):
            pixonomy.split(manifest, tmp_path / "s.parquet")
        return
    pixonomy.split(manifest, tmp_path / "s.parquet")
    rows = pixonomy.read_manifest(tmp_path / "s.parquet").rows
    problems = rows["problem"].drop_nulls().to_list()
    assert len(problems) == count, problems
    assert all("chang" in one or "missing" in one or "no such" in one.lower() for one in problems)


def test_a_data_set_that_was_copied_stays_of_use_once_its_pictures_are_known(
    tmp_path: Path,
) -> None:
    manifest, split = tmp_path / "m.parquet", tmp_path / "s.parquet"
    pixonomy.index([put_folder(tmp_path / "in")], manifest)
    pixonomy.split(manifest, split)
    shutil.copytree(tmp_path / "in", tmp_path / "copy", copy_function=shutil.copyfile)
    shutil.rmtree(tmp_path / "in")
    (tmp_path / "copy").rename(tmp_path / "in")
    result = pixonomy.export(split, tmp_path / "out", "folder")
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 12, result


def test_a_zip_with_a_wrong_checksum_is_a_problem(tmp_path: Path) -> None:
    path = put_zip(tmp_path / "t.zip", named(LABELS, 6))
    data = bytearray(path.read_bytes())
    at = data.find(image("cat", 2)) + 300
    data[at : at + 8] = bytes(8)
    path.write_bytes(data)
    manifest = tmp_path / "m.parquet"
    pixonomy.index([path], manifest)
    pixonomy.split(manifest, tmp_path / "s.parquet")
    rows = pixonomy.read_manifest(tmp_path / "s.parquet").rows
    problems = rows.drop_nulls("problem")
    assert problems["label"].to_list() == ["cat"]
    assert "checksum" in problems["problem"][0].lower() or "CRC" in problems["problem"][0]


def test_export_writes_only_bytes_that_are_pictures(tmp_path: Path) -> None:
    fill_all(tmp_path, LABELS)
    secret = put(tmp_path / "secret.jpg", "password=1234\n" * 200)
    lines = [f"{label}/{number:03d}.jpg,{label}" for label in LABELS for number in range(3)]
    table = put(tmp_path / "t.csv", "\n".join(["path,label", *lines, f"{secret},cat"]))
    pixonomy.index([table], tmp_path / "m.parquet")
    pixonomy.export(tmp_path / "m.parquet", tmp_path / "out", "folder")
    written = [path.read_bytes() for path in (tmp_path / "out").rglob("*.jpg")]
    assert len(written) == 6
    assert not any(b"password" in one for one in written)


def test_a_named_root_keeps_out_what_lies_elsewhere(tmp_path: Path) -> None:
    fill_all(tmp_path / "root", LABELS)
    put(tmp_path / "private.jpg", image("other"))
    lines = [f"{label}/{number:03d}.jpg,{label}" for label in LABELS for number in range(3)]
    lines += ["../private.jpg,cat", f"{tmp_path / 'private.jpg'},dog"]
    table = put(tmp_path / "t.csv", "\n".join(["path,label", *lines]))
    columns = pixonomy.TableColumns(root=tmp_path / "root")
    choices = pixonomy.IndexChoices(columns=columns)
    result = pixonomy.index([table], tmp_path / "m.parquet", choices)
    assert (result["rows"], result["problems"]) == (8, 2)


def test_storage_where_nothing_can_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fill_all(tmp_path / "in", LABELS)
    with pytest.raises(pixonomy.PixonomyError, match="s3://"):
        pixonomy.index([tmp_path / "in"], Path("s3://bucket/m.parquet"))
    assert not (tmp_path / "s3:").exists()
