import pytest

from pixonomy.collecting.finds import Reply, Trouble
from pixonomy.collecting.replies import read_json, read_page, rows, table


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
