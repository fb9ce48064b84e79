"""Manifests of several folders are read as one: no path of a picture goes wrong."""

import os
from pathlib import Path

import polars as pl
import pytest

from pixonomy.dataset.location import path_to_uri, uri_to_file
from pixonomy.dataset.manifest import Manifest, conform, write_manifest
from pixonomy.joining.open_manifests import name_manifests, open_manifests

UNUSUAL = os.fsdecode(b"caf\xe9")  # no UTF-8


def write(path: Path, base: Path, uris: list[str | None]) -> Path:
    rows = pl.DataFrame({"image_id": [str(n) for n in range(len(uris))], "uri": uris})
    write_manifest(path, Manifest(conform(rows), base))
    return path


def files_of(paths: list[Path]) -> list[list[Path | None]]:
    with open_manifests(paths) as opened:
        read = [one.rows.select("uri").collect()["uri"] for one in opened.manifests]
        return [[uri_to_file(uri, opened.base).path for uri in one] for one in read]


@pytest.mark.parametrize("folder", ["x", "a % b", "percent:x", UNUSUAL, "."])
def test_every_uri_names_the_file_it_named(tmp_path: Path, folder: str) -> None:
    base = tmp_path / folder
    names = ["1.jpg", "50%.jpg", "percent:1", f"{UNUSUAL}/1 2.jpg", "sub/é.jpg"]
    uris = [path_to_uri(Path(name)) for name in names]
    away = str(tmp_path / "away.jpg")
    first = write(tmp_path / "a.parquet", base, [*uris, away, f"/elsewhere/{1}.jpg", None])
    second = write(tmp_path / "b.parquet", tmp_path / "other", ["1.jpg"])
    found, beside = files_of([first, second])
    wanted = [base / name for name in names]
    assert found[:-1] == [*wanted, Path(away), Path("/elsewhere/1.jpg")]
    assert found[-1] is None
    assert beside == [tmp_path / "other" / "1.jpg"]


def test_an_absolute_path_below_the_common_folder_is_spelt_like_a_relative_one(
    tmp_path: Path,
) -> None:
    first = write(tmp_path / "a.parquet", tmp_path, [str(tmp_path / "x" / "1.jpg")])
    second = write(tmp_path / "b.parquet", tmp_path / "x", ["1.jpg", "s3://bucket/1.jpg"])
    with open_manifests([first, second]) as opened:
        read = [one.rows.select("uri").collect()["uri"].to_list() for one in opened.manifests]
    assert read == [["x/1.jpg"], ["x/1.jpg", "s3://bucket/1.jpg"]]


def test_manifests_are_named_by_their_files_or_by_their_folders() -> None:
    paths = [Path(one) for one in ("x.parquet", "audit/manifest.parquet", "y/x.parquet")]
    assert name_manifests(paths) == ["x", "audit", "x-2"]
