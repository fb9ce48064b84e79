"""Files, folders, globs and manifests are read image by image, in the order in which they stand."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pixonomy.dataset.manifest import read_manifest, write_manifest
from pixonomy.errors import DataError, SettingError, UndecodableImage
from pixonomy.sources.named_images import find_images
from pixonomy.verbs.index import index

Write = Callable[..., Path]


@pytest.fixture
def photos(tmp_path: Path, write_images: Write) -> Path:
    folder = write_images(tmp_path / "photos", 3)
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.jpg").touch()
    (folder / "z.jpg").write_bytes(b"\xff\xd8\xffdamaged")
    return folder


def names(photos: Path, named: list[Path]) -> list[str]:
    return [str(Path(one.path).relative_to(photos)) for one in find_images(named)]


def test_a_folder_gives_its_images_sorted_and_says_what_it_passes_over(photos: Path) -> None:
    said: list[str] = []
    found = list(find_images([photos], said.append))
    expected = [photos / "z.jpg", *sorted(photos.rglob("0*.jpg"))]
    assert [one.path for one in found] == [str(path) for path in expected]
    assert [one.data for one in found] == [path.read_bytes() for path in expected]
    (line,) = said
    assert line.startswith(f"{photos}: 10 images; passed over: ")
    assert ".txt 1" in line
    assert "hidden or system files 1" in line


def test_the_given_order_stands(photos: Path) -> None:
    named = [photos / "stripes" / "001.jpg", photos / "cross", photos / "circle" / "*2.jpg"]
    assert names(photos, named) == [
        "stripes/001.jpg", "cross/000.jpg", "cross/001.jpg", "cross/002.jpg", "circle/002.jpg",
    ]  # fmt: skip


def test_folders_that_a_glob_matches_are_read_too(photos: Path) -> None:
    assert names(photos, [photos / "c*"])[::3] == ["circle/000.jpg", "cross/000.jpg"]
    assert len(names(photos, [photos / "**" / "*.jpg"])) == 10


def test_a_manifest_gives_its_rows_in_their_order(photos: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "all.parquet"
    index([photos], manifest)
    read = read_manifest(manifest)
    rows = read.rows.reverse().with_columns(
        problem=pl.when(pl.col("uri").str.ends_with("cross/000.jpg")).then(pl.lit("blurred"))
    )
    write_manifest(manifest, type(read)(**{**read.__dict__, "rows": rows}))
    found = list(find_images([manifest]))
    assert [one.path for one in found] == [str(photos / uri) for uri in rows["uri"]]
    for one in found:
        if one.path.endswith("cross/000.jpg"):
            assert isinstance(one.data, UndecodableImage)
            assert str(one.data) == "blurred"
        else:
            assert one.data == Path(one.path).read_bytes()


def test_an_image_inside_an_archive_is_named_by_its_id(photos: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(photos / "cross" / "000.jpg", "cross/a.jpg")
    index([tmp_path / "all.zip"], tmp_path / "all.parquet")
    (image_id,) = read_manifest(tmp_path / "all.parquet").rows["image_id"]
    (found,) = find_images([tmp_path / "all.parquet"])
    assert (found.path, found.data) == (image_id, (photos / "cross" / "000.jpg").read_bytes())


def test_a_file_that_is_missing_is_a_row(tmp_path: Path) -> None:
    (found,) = find_images([tmp_path / "nowhere.jpg"])
    assert str(found.data) == "the file is missing"


def test_a_folder_without_an_image_is_refused_before_any_is_read(
    photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    with pytest.raises(DataError, match=r"No image found in .*texts.* It holds no files\."):
        find_images([photos, tmp_path / "texts"])
    (tmp_path / "texts" / "a.txt").touch()
    with pytest.raises(DataError, match=r"It holds other files: \.txt 1\."):
        find_images([tmp_path / "texts"])


def test_a_glob_that_matches_nothing_is_refused(photos: Path) -> None:
    with pytest.raises(SettingError, match="Nothing matches"):
        find_images([photos / "*.png"])
