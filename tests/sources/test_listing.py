from collections.abc import Callable
from pathlib import Path

from conftest import as_bytes, draw_shape
from pixonomy.images.formats import HEIC
from pixonomy.sources.listing import Listing, list_folder
from pixonomy.sources.passed_over import JUNK, NO_ENDING

PICTURE = as_bytes(draw_shape("circle", 0), "PNG")
HEIC_START = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400)


def put(folder: Path, **_: object) -> Callable[..., None]:
    def write(name: str, data: bytes = PICTURE) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    return write


def names(listing: Listing) -> set[str]:
    return {"/".join((*one.parts, name)) for one in listing.folders for name in one.names}


def test_pictures_are_known_by_their_first_bytes_where_their_ending_says_nothing(
    tmp_path: Path,
) -> None:
    write = put(tmp_path)
    found = {"cat/1", "cat/2.jpg?w=640", "cat/3.JIF", "cat/4.photo", "cat/5.", "cat/6.mpo"}
    for name in found:
        write(name)
    write("cat/notes", b"No picture at all.")
    write("cat/photo.bin", b"\0\1\2\3" * 100)
    write("cat/data.csv", PICTURE)  # endings of well-known other files are not looked into
    listing = list_folder(tmp_path)
    assert names(listing) == found
    assert listing.others.counts == {NO_ENDING: 1, ".bin": 1, ".csv": 1}


def test_what_is_passed_over_is_counted_by_ending(tmp_path: Path) -> None:
    write = put(tmp_path)
    write("cat/1.png")
    for number in range(3):
        write(f"cat/{number}.HEIC", HEIC_START)
        write(f"cat/{number}.txt", b"caption")
    write("cat/.DS_Store")
    write("cat/@eaDir/1.png/thumb.png")
    listing = list_folder(tmp_path)
    assert listing.others.counts == {".heic": 3, ".txt": 3, JUNK: 2}
    assert listing.others.unread == {HEIC: 3}
    assert listing.count == 1


def test_a_picture_of_a_format_that_is_not_read_is_known_without_its_ending(tmp_path: Path) -> None:
    write = put(tmp_path)
    write("IMG_1", HEIC_START)
    write("IMG_2.picture", HEIC_START)
    listing = list_folder(tmp_path)
    assert listing.others.counts == {NO_ENDING: 1, ".picture": 1}
    assert listing.others.unread == {HEIC: 2}


def test_small_files_that_stand_in_for_pictures_have_a_fault(tmp_path: Path) -> None:
    write = put(tmp_path)
    write("pointer.jpg", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    write("page.jpg", b"<!DOCTYPE html><html><body>404</body></html>")
    write("picture.png")
    write("text.jpg", b"words")
    (folder,) = list_folder(tmp_path).folders
    assert folder.faults.keys() == {"pointer.jpg", "page.jpg"}
    assert "git lfs pull" in folder.faults["pointer.jpg"]


def test_unfinished_downloads_and_backups_are_no_pictures(tmp_path: Path) -> None:
    write = put(tmp_path)
    write("cat/1.png")
    write("cat/2.png.crdownload")
    write("cat/3.png.part")
    write("cat/1.png~")
    listing = list_folder(tmp_path)
    assert names(listing) == {"cat/1.png"}
    assert listing.others.counts == {".crdownload": 1, ".part": 1, JUNK: 1}


def test_a_link_that_leads_nowhere_is_a_picture_that_is_missing(tmp_path: Path) -> None:
    put(tmp_path)("cat/1.png")
    (tmp_path / "cat" / "2.png").symlink_to("nowhere.png")
    (folder,) = list_folder(tmp_path).folders
    assert folder.faults == {"2.png": "the file is missing"}


def test_folders_without_files_and_without_pictures_are_told_apart(tmp_path: Path) -> None:
    write = put(tmp_path)
    write("cat/1.png")
    write("pets/1.heic", HEIC_START)
    write("docs/deep/readme.md", b"words")
    (tmp_path / "boats" / "old").mkdir(parents=True)
    (tmp_path / "cat" / "new").mkdir()
    listing = list_folder(tmp_path)
    assert listing.barren == [("boats",), ("cat", "new")]
    assert listing.bare == [("docs",), ("pets",)]


def test_metadata_and_texts_beside_pictures_are_found(tmp_path: Path) -> None:
    write = put(tmp_path)
    write("train/images/1.png")
    write("train/metadata.csv", b"file_name,label\n")
    write("train/labels/1.txt", b"0 0.5 0.5 1 1\n")
    listing = list_folder(tmp_path)
    assert listing.metadata == [tmp_path / "train" / "metadata.csv"]
    assert listing.texts == {(("train", "labels"), ".txt"): 1}
