"""Pictures by names that say little, and files that are no picture whatever their name says."""

import io
import zipfile
from pathlib import Path

import pytest

from people.conftest import Case, Cases, as_image, check, fill, image, put
from pixonomy import PixonomyError
from pixonomy.images.decode import decode

CASES = Cases()
ONE, HEIC = {"cat": 3, "dog": 1}, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400)


def encode(format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    as_image(image("dog")).save(stream, format, **options)
    return stream.getvalue()


FOUND = {  # by what the picture is called: its bytes
    "photo": encode("PNG"),
    "photo.jpg?w=640&h=480": image("dog"),
    "photo.jif": image("dog"),
    "photo.JPG_large": image("dog"),
    "photo.jpg.1": image("dog"),
    "photo.pnm": encode("PPM"),
    "photo.j2k": encode("JPEG2000", no_jp2=True),
    "photo.mpo": encode("MPO", save_all=True, append_images=[as_image(image("cat"))]),
    "photo.apng": encode("PNG", save_all=True, append_images=[as_image(image("cat"))]),
    "photo.JFIF": image("dog"),
    "photo.TIFF": encode("TIFF"),
    "photo.heic": image("dog"),  # exported as JPEG, and called as before
    "photo.heif": encode("AVIF"),
    "photo.orig": encode("WEBP"),
    "photo.bin": encode("BMP"),
    "photo.tmp": encode("GIF"),
}
for _name, _data in FOUND.items():

    def _build(here: Path, name: str = _name, data: bytes = _data) -> None:
        fill(here / "cat", "cat")
        put(here / "dog" / name, data)

    CASES.add(f"{_name} is found", ONE, is_drawn=False)(_build)


PASSED_OVER = {  # by name: the bytes, and what is told of it
    "a.HEIC": (HEIC, r"HEIC.*convert|convert.*HEIC"),
    "a.jxl": (b"\xff\x0a\xfa\x7f\x01\x90" + bytes(90), r"JPEG XL"),
    "a.NEF": (b"MM\0*\0\0\0\x08" + bytes(600), r"raw"),
    "a.cr3": (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(400), r"raw"),
    "a.dng": (b"II*\0\x08\0\0\0" + bytes(600), r"raw"),
    "a.pdf": (b"%PDF-1.7\n" + bytes(200), r"PDF"),
    "a.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", r"SVG"),
    "a.psd": (b"8BPS\0\1" + bytes(300), r"Photoshop"),
    "a.mp4": (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", r"film"),
    "a.dcm": (bytes(128) + b"DICM" + bytes(200), r"DICOM"),
    "photo": (b"no picture at all", r"no ending"),
}
for _name, (_data, _told) in PASSED_OVER.items():

    def _build_other(here: Path, name: str = _name, data: bytes = _data) -> None:
        fill(here / "cat", "cat")
        fill(here / "dog", "dog", 1)
        put(here / "dog" / name, data)

    CASES.add(f"{_name} is passed over", ONE, told=(_told,))(_build_other)


PROBLEMS = {  # what is called .jpg: the bytes, and what is told of it
    "a page that reports an error": (b"<!DOCTYPE html>\n<html>404</html>", r"HTML"),
    "a page in two bytes a letter": ("<html>403</html>".encode("utf-16"), r"HTML"),
    "an error of a storage": (b"<?xml version='1.0'?><Error>AccessDenied</Error>", r"XML"),
    "an error of an interface": (b'{"error": "expired"}', r"JSON"),
    "a Git LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        r"git lfs pull",
    ),
    "nothing": (b"", r"empty"),
    "a phone's HEIC": (HEIC, r"HEIC"),
    "a companion of macOS": (b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(60), r"macOS"),
    "a drawing": (b"<?xml version='1.0'?>\n<!-- x -->\n<svg width='9'></svg>", r"SVG"),
}


@pytest.mark.parametrize(("data", "told"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_called_a_jpeg_and_is_none_says_what_it_is(data: bytes, told: str) -> None:
    with pytest.raises(PixonomyError, match=told) as caught:
        decode(data)
    assert "\n" not in str(caught.value)


for _name, (_data, _told) in list(PROBLEMS.items())[:6]:

    def _build_bad(here: Path, data: bytes = _data) -> None:
        fill(here / "cat", "cat")
        fill(here / "dog", "dog", 1)
        put(here / "dog" / "bad.jpg", data)

    CASES.add(f"{_name} is called .jpg", ONE, problems=1, told=(_told,))(_build_bad)


@CASES.add("a folder of phone photographs alone", refused=("HEIC", r"\.heic 3", "convert"))
def _(here: Path) -> None:
    for number in range(3):
        put(here / "cat" / f"IMG_{number}.HEIC", HEIC)


@CASES.add("a presentation called .zip beside pictures", ONE, told=(r"zip",))
def _(here: Path) -> None:
    fill(here / "cat", "cat")
    fill(here / "dog", "dog", 1)
    with zipfile.ZipFile(put(here / "dog" / "slides.zip"), "w") as archive:
        archive.writestr("1.xml", "<a/>")


@CASES.each()
def test_pictures_are_known_by_their_bytes(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)
