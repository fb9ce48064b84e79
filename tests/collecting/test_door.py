import json
import sqlite3

import pytest

from pixonomy.collecting.door import admit, clean, host_of, join, parse, tidy
from pixonomy.collecting.search_results import Refused, SearchResult

HALF_AN_EMOJI = "a \ud83d smile"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://[::1/x", "no proper address"),
        ("http://a..b/", "an empty part in the host's name"),
        (f"http://{'a' * 70}.com/", "63 letters at most"),
        (f"http://é{'a' * 62}.com/", "no proper address"),
        (f"http://{'a.' * 200}com/", "253 letters at most"),
        ("http://ex ample.com/", "a sign in the host's name"),
        ("http:///x", "names no host"),
        ("http://x:99999/", "no proper address"),
        ("http://x:abc/", "no proper address"),
        ("http://x/\ud83d", "half a character"),
        ("http://u:p@x/", "user name"),
        ("data:image/png;base64,iVBOR", "only http and https are fetched, not data"),
        ("//x/y", "only http and https"),
        ("", "only http and https"),
        (f"http://x/{'a' * 9000}", "more than 8,192 letters"),
    ],
)
def test_an_address_that_cannot_be_asked_is_a_row_with_its_reason(address: str, why: str) -> None:
    admitted = admit(SearchResult("1", address, title="kept all the same"))
    assert admitted.problem is not None
    assert why in admitted.problem
    assert admitted.hit.title == "kept all the same"
    assert len(admitted.hit.image_url) <= 8192
    keep(admitted.hit)
    with pytest.raises(Refused):
        parse(address)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("HTTP://EXAMPLE.com:8080/a", "example.com"),
        ("https://example.com./a", "example.com"),
        ("http://münchen.de/", "xn--mnchen-3ya.de"),
        ("http://127。0。0。1/", "127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://[::ffff:1.2.3.4]/", "1.2.3.4"),
        ("http://[2001:DB8:0::1]/", "2001:db8::1"),
        ("http://a..b/", ""),
    ],
)
def test_a_host_has_one_name_whatever_its_spelling(address: str, host: str) -> None:
    assert host_of(address) == host


def test_texts_and_numbers_of_strangers_are_kept_within_bounds() -> None:
    hit = SearchResult(
        "n" * 1000,
        "http://x/1.jpg",
        page_url="javascript:alert(1)",
        title=HALF_AN_EMOJI + "t" * 5000,
        creator="c" * 600,
        license="l" * 1_000_000,
        license_url="https://x/licence",
        width=10**30,
        height=float("inf"),  # type: ignore[arg-type]
    )
    found = tidy(hit)
    assert (len(found.title), len(found.creator), len(found.license)) == (2000, 500, 500)
    assert found.title.startswith("a \ufffd smilet")
    assert found.license.endswith("…")
    assert (found.page_url, found.license_url) == ("", "https://x/licence")
    assert (found.width, found.height) == (None, None)
    keep(found)


def test_two_long_ids_do_not_become_one() -> None:
    first, second = (tidy(SearchResult("n" * 1000 + end, "http://x/")) for end in "ab")
    assert first.native_id != second.native_id
    assert max(len(first.native_id), len(second.native_id)) <= 500


def test_what_is_in_order_stays_as_it_is() -> None:
    hit = SearchResult(
        "7", "http://x/ä b.jpg?q=1", "https://x/7", "Tïtle", "Me", "CC0", "", 640, 480
    )
    assert tidy(hit) == hit
    assert admit(hit).problem is None


@pytest.mark.parametrize(
    ("base", "address", "joined"),
    [
        ("http://x/a/b?c", "../d.jpg", "http://x/d.jpg"),
        ("http://x/a/", "//y/z.jpg", "http://y/z.jpg"),
        ("http://x/a/", "http://[::1/x", "http://[::1/x"),
        ("http://x/a/", "//[bad", "//[bad"),
        ("http://x/a/", "data:image/gif;base64,R0", "data:image/gif;base64,R0"),
        ("not an address", "\ud83d", "\ud83d"),
    ],
)
def test_joining_never_raises(base: str, address: str, joined: str) -> None:
    assert join(base, address) == joined


def test_a_text_is_cut_with_a_mark() -> None:
    assert clean("abcdef", 4) == "abc…"
    assert clean("abcd", 4) == "abcd"
    assert clean(None, 4) == ""


def keep(hit: SearchResult) -> None:
    """See that every text can be put into a file and a database."""
    about = json.dumps(hit.__dict__, ensure_ascii=False)
    with sqlite3.connect(":memory:") as database:
        database.execute("SELECT ?, ?", (about.encode().decode(), hit.native_id))
