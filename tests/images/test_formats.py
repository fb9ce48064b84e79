import io
import struct
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pixonomy.images.endings import IMAGE_ENDINGS
from pixonomy.images.formats import START_BYTES, UNREAD_ENDINGS, format_of


def encode(format: str, mode: str = "RGB", **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (16, 16)).save(stream, format, **options)
    return stream.getvalue()


def ftyp(major: bytes, *others: bytes) -> bytes:
    brands = major + bytes(4) + b"".join(others)
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + bytes(40)


READ = {
    "JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "BMP": ".bmp", "DIB": ".dib",
    "TIFF": ".tif", "JPEG2000": ".jp2", "PPM": ".ppm", "ICO": ".ico", "SGI": ".sgi",
    "AVIF": ".avif", "PCX": ".pcx", "QOI": ".qoi",
}  # fmt: skip


@pytest.mark.parametrize(("format", "ending"), READ.items())
def test_a_picture_is_known_by_its_first_bytes_whatever_its_name(format: str, ending: str) -> None:
    for name in ("x", "photo?w=640", "a.txt", "b.heic", "c.tga"):
        found = format_of(encode(format)[:START_BYTES], name)
        assert found is not None
        assert (found.is_readable, found.ending) == (True, ending)
        assert found.ending in IMAGE_ENDINGS


def test_a_codestream_and_floating_point_grey_are_known_too() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "JPEG2000", no_jp2=True)
    for data, ending in ((stream.getvalue(), ".j2k"), (encode("PPM", "F"), ".pfm")):
        found = format_of(data)
        assert found is not None
        assert (found.is_readable, found.ending) == (True, ending)


def test_a_tga_has_no_mark_and_is_known_by_its_name() -> None:
    found = format_of(encode("TGA"), "a.TGA")
    assert found is not None
    assert found.is_readable
    assert format_of(encode("TGA"), "a.jpg") is None


UNREAD = [
    (ftyp(b"heic", b"mif1", b"heic"), "HEIC"),
    (ftyp(b"mif1", b"mif1", b"heic"), "HEIC"),
    (ftyp(b"msf1", b"hevc"), "HEIC"),
    (ftyp(b"isom", b"mp41"), "film"),
    (ftyp(b"qt  "), "film"),
    (ftyp(b"crx "), r"raw picture \(CR3\)"),
    (b"\xff\x0a" + bytes(50), "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50), "JPEG XL"),
    (b"II*\0\x10\0\0\0CR\2\0" + bytes(50), r"raw picture \(CR2\)"),
    (b"FUJIFILMCCD-RAW 0201", r"raw picture \(RAF\)"),
    (b"IIRO\x08\0\0\0" + bytes(20), r"raw picture \(ORF\)"),
    (b"IIU\0\x18\0\0\0" + bytes(20), r"raw picture \(RW2\)"),
    (b"%PDF-1.7\n%\xe2\xe3", "PDF document"),
    (b"\n\n%PDF-1.4\n%\xe2\xe3", "PDF document"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
    (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- by hand -->\n<!DOCTYPE svg PUBLIC '-//W3C' "
     b"'x' [<!ENTITY a 'b'>]>\n<svg:svg xmlns:svg='x'>", "SVG drawing"),
    ("\ufeff<?xml version='1.0'?><svg/>".encode("utf-16-le"), "SVG drawing"),
    (b"<!doctype html><title>404 Not Found</title>", "HTML page.*the download failed"),
    (b"\r\n  <HTML><body>Access denied", "HTML page"),
    (b"<!-- x --><!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>\n<x>", "HTML page"),
    ("<html><p>introuvable : é".encode("latin-1"), "HTML page"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
     "Git LFS pointer.*`git lfs pull`"),
    (b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "XML file"),
    (b'{"error": "not found"}', "JSON file"),
    (b"8BPS\0\1" + bytes(30), "Photoshop document"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript drawing"),
    (b"PK\x03\x04" + bytes(30), "zip archive"),
    (b"\x1f\x8b\x08" + bytes(30), "packed file"),
    (b"RIFF\0\0\0\0AVI LIST", "film"),
    (bytes(128) + b"DICM", "DICOM"),
    (b"\0\x05\x16\x07\0\2\0\0Mac OS X", "macOS companion file"),
    (b"This is a text.", "text file"),
    (b"", "empty file"),
]  # fmt: skip


@pytest.mark.parametrize(("start", "said"), UNREAD)
def test_what_is_not_read_is_named_with_a_way_out(start: bytes, said: str) -> None:
    found = format_of(start, "picture.jpg")
    assert found is not None
    assert not found.is_readable
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(str(found))


def test_avif_pictures_are_no_heic_pictures_though_they_share_brands() -> None:
    for start in (ftyp(b"avif", b"mif1"), ftyp(b"avis", b"msf1"), ftyp(b"mif1", b"avif")):
        found = format_of(start, "a.heic")
        assert found is not None
        assert found.ending == ".avif"


def test_a_raw_picture_is_no_tiff_though_it_looks_like_one() -> None:
    tiff = encode("TIFF")
    for name, kind in (("a.NEF", "NEF"), ("b.arw", "ARW"), ("c.dng", "DNG")):
        assert f"raw picture ({kind})" in str(format_of(tiff, name))
    dng = encode("TIFF", tiffinfo={50706: b"\1\4\0\0"})
    preview = encode("TIFF", tiffinfo={254: 1, 330: 8})
    for data in (dng, preview):
        found = format_of(data, "a.tif")
        assert found is not None
        assert "raw picture" in found.name


def test_a_jpeg_called_heic_is_a_jpeg() -> None:
    found = format_of(encode("JPEG"), "IMG_0001.HEIC")
    assert found is not None
    assert found.ending == ".jpg"


def test_endings_that_are_not_read_have_a_way_out() -> None:
    assert {".heic", ".heif", ".cr2", ".nef", ".dng", ".svg", ".pdf", ".psd", ".jxl"} <= (
        UNREAD_ENDINGS.keys()
    )
    for ending, found in UNREAD_ENDINGS.items():
        assert ending.startswith(".")
        assert ending not in IMAGE_ENDINGS
        assert found.advice


@given(st.binary(max_size=300), st.sampled_from(["", "a.tga", "a.dng", "a.jpg"]))
@settings(max_examples=300, deadline=None)
def test_any_bytes_have_a_format_or_none(data: bytes, name: str) -> None:
    found = format_of(data, name)
    assert found is None or found.name


@pytest.mark.parametrize(
    "filling",
    [
        b"<",
        b"<!--",
        b"<?",
        b"<!doctype [",
        b" ",
        b"P1 ",
        b"#\n",
        b"P1 #\n",
        b"%PD",
        b"II*\0",
        b"\xff",
    ],
)
def test_hostile_starts_are_told_fast(filling: bytes) -> None:
    began = time.process_time()
    for head in (b"", b"P1 ", b"<!-- ", b"MM\0*\0\0\0\x08"):
        format_of(head + filling * START_BYTES)
    assert time.process_time() - began < 0.2
