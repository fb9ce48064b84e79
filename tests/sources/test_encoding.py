import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixonomy.errors import DataError
from pixonomy.sources.encoding import to_utf8

TEXT = "path,label\n1.jpg,pâté\n2.jpg,pêtè\n"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_unicode_is_read_without_a_remark(mark: bytes, encoding: str) -> None:
    assert to_utf8(mark + TEXT.encode(encoding), "t.csv") == (TEXT.encode(), None)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told(encoding: str) -> None:
    data, remark = to_utf8(TEXT.encode(encoding), "t.csv")
    assert data == TEXT.encode()
    assert remark == f"t.csv has no mark of its encoding; read as {encoding.upper()}."


def test_what_is_not_utf_8_is_read_as_windows_1252_and_told() -> None:
    data, remark = to_utf8(TEXT.encode("cp1252"), "t.csv")
    assert data == TEXT.encode()
    assert remark is not None
    assert "t.csv is not UTF-8; read as Windows-1252 ('pâté')." in remark


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"path\n\xc3\xa9\nx\xe9\n", "is UTF-8, but line 3 is not \\(byte 0xe9\\)"),
        (b"path\r\n\x81\n", "neither UTF-8 nor Windows-1252 \\(line 2, byte 0x81\\)"),
        (b"path\ra\0b\r", "line 2 holds a NUL byte"),
        (codecs.BOM_UTF16_LE + b"a\0\n\0\0\xd8", "marked as UTF-16-LE, but line 2 is not"),
        (b"PK\x03\x04rest", "is a spreadsheet or a zip"),
        (b"\x1f\x8brest", "compressed by gzip"),
        (b"PAR1\x15rest", "a Parquet table"),
        (b"  <!DOCTYPE html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"),
    ],
)
def test_what_is_no_text_is_named(data: bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        to_utf8(data, "t.csv")


@given(st.binary(max_size=60))
@example(b"\x1a")
@example(b"a\x1a\x1a")
@example(b"\xef\xbb\xbfa\x1a")
def test_nothing_is_lost(data: bytes) -> None:
    try:
        read = to_utf8(data, "t.csv")
    except DataError:
        return
    text = read.data.decode()
    encodings = ("utf-8", "utf-8-sig", "cp1252", "utf-16-le", "utf-16-be", "utf-16", "utf-32")
    texts = (text, text + "\x1a")  # DOS's end of a file is no part of its text
    assert any(_encodes(one, by) == data for by in encodings for one in texts) or data[:2] in (
        codecs.BOM_UTF16_BE,
        codecs.BOM_UTF32_BE[:2],
    )


def _encodes(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None


def test_the_end_mark_of_dos_is_no_part_of_the_text() -> None:
    assert to_utf8(b"path,label\na.jpg,cat\x1a", "t.csv").data == b"path,label\na.jpg,cat"
