import asyncio
import time
import warnings

import pytest

from pixonomy.collecting.replies import (
    MOST_LEVELS,
    MOST_MARKS,
    open_page,
    read_json,
    read_page,
    rows,
    table,
    xml_root,
)
from pixonomy.collecting.search_results import Refused, Reply, Trouble


def reply(body: bytes, kind: str = "") -> Reply:
    return Reply("http://x", 200, {"content-type": kind}, body)


def test_an_object_is_read() -> None:
    assert read_json(reply(b'{"a": [1]}')) == {"a": [1]}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"a": [1', "broken JSON"),
        (b"  <!DOCTYPE html><p>We are down", "a page in place of JSON"),
        (b"[1, 2]", "another form"),
        (b"", "broken JSON"),
        (b"[" * 100_000, "broken JSON"),
        (b"\xff\xfe\x00", "broken JSON"),
    ],
)
def test_anything_else_is_trouble(body: bytes, told: str) -> None:
    with pytest.raises(Trouble, match=told):
        read_json(reply(body))


def test_what_is_not_where_it_should_be_is_nothing() -> None:
    assert table({"a": 3}, "a") == table([], "a") == {}
    assert rows({"a": {"b": 1}}, "a") == rows(None, "a") == []
    assert rows({"a": [1, {"b": 2}]}, "a") == [{"b": 2}]


def test_a_page_is_read_in_its_own_letters() -> None:
    page = read_page(reply("<p>é".encode("latin-1"), "text/html; charset=latin-1"))
    assert page.get_text() == "é"


@pytest.mark.parametrize(
    "charset", ["idna", "punycode", "unicode_escape", "undefined", "zlib", "rot13", "no-such", "\0",
                "", "utf-8; x=y", '"utf-8"', "utf-16", "hex"]
)  # fmt: skip
def test_whatever_letters_a_page_claims_it_is_read_and_in_little_time(charset: str) -> None:
    body = "<p>x-é</p>".encode() + "é-".encode() * 100_000
    began = time.process_time()
    read_page(reply(body, f"text/html; charset={charset}"))
    read_page(reply(f"<meta charset={charset!r}>".encode() + body))
    assert time.process_time() - began < 3


def test_a_page_is_read_off_the_loop() -> None:
    body = b"<p>x</p>" * (MOST_MARKS // 2)

    async def both() -> int:
        reading, ticks = asyncio.ensure_future(open_page(reply(body))), 0
        while not reading.done():
            await asyncio.sleep(0.005)
            ticks += 1
        assert len((await reading).select("p")) == MOST_MARKS // 2
        return ticks

    assert asyncio.run(both()) > 5


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<p>x</p>" * MOST_MARKS, "tags"),
        (b"<div>" * (MOST_LEVELS + 10), "levels"),
        (b"<b>" * (MOST_MARKS // 4), "levels"),
        (b"<" * (MOST_MARKS + 1), "tags"),
    ],
)
def test_a_page_that_nobody_reads_is_refused(body: bytes, told: str) -> None:
    began = time.process_time()
    with pytest.raises(Refused, match=told):
        read_page(reply(body))
    assert time.process_time() - began < 5


def test_a_tag_of_endless_attributes_takes_little_time() -> None:
    began = time.process_time()
    read_page(reply(b"<a " + b"".join(b"a%d=1 " % n for n in range(200_000)) + b">x</a>"))
    assert time.process_time() - began < 5


def test_xml_is_read_without_its_entities_and_within_bounds() -> None:
    lines = [b'<!ENTITY a0 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">'] + [
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
    ]
    bomb = b"<!DOCTYPE x [" + b"".join(lines) + b"]><x>&a9;<y/></x>"
    assert len("".join(xml_root(bomb).itertext())) < 1000
    local = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'
    assert "root" not in "".join(xml_root(local).itertext())
    with pytest.raises(Refused, match="tags"):
        xml_root(b"<x>" + b"<y/>" * 1_500_001 + b"</x>")
    for nothing in (b"", b"no XML", b"\x00\x01"):
        with pytest.raises(Trouble, match="no XML"):
            xml_root(nothing)
    began = time.process_time()
    xml_root(b"<x>" * 1_000_000)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("body", [b"http://example.org/x", b"index.html", b"", b"/etc/passwd"])
def test_a_page_without_tags_is_empty_and_nobody_is_warned(body: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_page(reply(body)).select("*") == []
