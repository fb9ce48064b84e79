import pytest

from pixonomy.images.text_formats import text_format


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"<svg/>", "svg"),
        (b"<!-- <html> --><svg width='1'>", "svg"),
        (b"<!-- never closed <svg>", "text"),
        (b"<?xml version='1.0'?>", "xml"),
        (b"<rss/>", "xml"),
        (b"<body>", "html"),
        ("<!DOCTYPE html>".encode("utf-16"), "html"),
        (b"[1, 2]", "json"),
        (b"a,b\n1,2\n", "text"),
        ("Ünïcödé".encode() * 30, "text"),
        ("é".encode() * 40 + b"\xc3", "text"),
    ],
)
def test_text_is_told_by_its_first_element(start: bytes, kind: str) -> None:
    assert text_format(start) == kind


@pytest.mark.parametrize("start", [b"", b"  \n", b"\0\1\2", bytes(range(256)), b"\xff\xd8\xff\xe0"])
def test_bytes_that_are_no_text_are_none(start: bytes) -> None:
    assert text_format(start) is None
