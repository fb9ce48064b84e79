"""Links and sessions of framed pages: whose they are, for how long, and that they hold no name."""

import base64
import zlib

import pytest
from itsdangerous import URLSafeTimedSerializer

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.embed_links import LINK_SECONDS, SESSION_SECONDS, EmbedLinks
from pixonomy.serving.savers import Visitor

LINKS = EmbedLinks(b"0" * 32)
MARIA = Visitor("subject:" + "a" * 64)


def refusal(read: object, text: str) -> str:
    assert callable(read)
    with pytest.raises(RequestRefused) as refused:
        read(text)
    assert refused.value.status == 403
    return refused.value.kind


def test_a_link_opens_the_page_of_its_visitor() -> None:
    assert LINKS.open(LINKS.link(MARIA)) == MARIA
    assert LINKS.open_session(LINKS.session(MARIA)) == MARIA


def test_a_link_is_no_session_and_a_session_no_link() -> None:
    assert refusal(LINKS.open, LINKS.session(MARIA)) == "no_link"
    assert refusal(LINKS.open_session, LINKS.link(MARIA)) == "no_link"


def test_what_was_changed_or_signed_by_another_is_no_link() -> None:
    link = LINKS.link(MARIA)
    for wrong in (
        "",
        "a",
        link[:-1],
        "\ud800",
        "ü" * 9,
        EmbedLinks(b"1" * 32).link(MARIA),
    ):
        assert refusal(LINKS.open, wrong) == "no_link"
    other = URLSafeTimedSerializer(b"0" * 32, salt="embed-link").dumps({"key": 1})
    assert refusal(LINKS.open, str(other)) == "no_link"


@pytest.mark.parametrize(
    ("seconds", "make", "read"),
    [
        (LINK_SECONDS, LINKS.link, LINKS.open),
        (SESSION_SECONDS, LINKS.session, LINKS.open_session),
    ],
)
def test_they_end(
    monkeypatch: pytest.MonkeyPatch, seconds: int, make: object, read: object
) -> None:
    assert callable(make)
    assert callable(read)
    now = 1_800_000_000
    monkeypatch.setattr("time.time", lambda: now)
    text = make(MARIA)
    monkeypatch.setattr("time.time", lambda: now + seconds)
    assert read(text) == MARIA
    monkeypatch.setattr("time.time", lambda: now + seconds + 1)
    assert refusal(read, text) == "expired_link"


def test_a_link_holds_a_key_and_nothing_else() -> None:
    payload = LINKS.link(MARIA).split(".")
    assert payload[0] == ""  # it is compressed
    content = base64.urlsafe_b64decode(payload[1] + "==")
    assert zlib.decompress(content) == b'"subject:' + b"a" * 64 + b'"'
