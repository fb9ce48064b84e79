"""Values that pages carry: only ours are read, for one purpose, and not for ever."""

import pytest

from pixonomy.serving.signed_values import SignedValues

SIGNED = SignedValues(b"s" * 32)


def test_a_value_is_read_as_it_was_signed() -> None:
    value = {"label": "travel", "top": [["a", 0.5]], "none": None}
    assert SIGNED.read("answer", SIGNED.sign("answer", value), 60) == value


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é" * 20, "." * 10_000, "\0"])
def test_what_was_not_signed_is_nothing(text: str) -> None:
    assert SIGNED.read("answer", text, 60) is None


def test_another_purpose_secret_or_time_is_nothing() -> None:
    text = SIGNED.sign("answer", "mine")
    assert SIGNED.read("form", text, 60) is None
    assert SignedValues(b"t" * 32).read("answer", text, 60) is None
    assert SIGNED.read("answer", text, -1) is None
    assert SIGNED.read("answer", text[:-1] + ("A" if text[-1] != "A" else "B"), 60) is None
