"""What requests of the saver's API bring is read as it is meant, or refused in a moment."""

import math
import time

import pytest

from pixonomy.serving.saver_api.saver_requests import (
    read_subject,
    read_text,
    read_version,
    require_keys,
)
from pixonomy.serving.saver_refusals import FieldsRefused


@pytest.mark.parametrize(("version", "found"), [(1, 1), (2.0, 2), (2**31 - 1, 2**31 - 1)])
def test_a_version_is_a_whole_number(version: object, found: int) -> None:
    read = read_version({"version": version})
    assert (read, type(read)) == (found, int)


@pytest.mark.parametrize(
    "version",
    [None, True, 0, -1, 2**31, 1.5, 2.6e-42, math.nan, math.inf, "1", [1], 10**4000],
)
def test_what_is_no_version_is_refused_at_once(version: object) -> None:
    began = time.monotonic()
    with pytest.raises(FieldsRefused) as refused:
        read_version({"version": version})
    assert refused.value.fields.keys() == {"version"}
    assert time.monotonic() - began < 1  # a float once took minutes


@pytest.mark.parametrize("subject", ["1", "Zoë", "a/b", "\U0001f697", "x" * 200, " "])
def test_an_id_of_an_app_is_what_it_is(subject: str) -> None:
    assert read_subject(subject) == subject


@pytest.mark.parametrize("subject", [None, 7, "", "x" * 201, "a\nb", "a\x00", "\x7f", "\ufffd"])
def test_what_could_look_like_another_is_no_id(subject: object) -> None:
    with pytest.raises(FieldsRefused):
        read_subject(subject)


def test_a_persons_words_are_kept_without_what_cannot_be_seen() -> None:
    assert read_text("  my\x00 own\r\n boat \ud800") == "my own boat"
    assert read_text(None) == ""
    for wrong in (7, "x" * 201, ["a"]):
        with pytest.raises(FieldsRefused):
            read_text(wrong)


def test_keys_that_nobody_reads_are_named_with_those_that_are() -> None:
    require_keys({"a": 1}, ("a", "b"))
    with pytest.raises(FieldsRefused) as refused:
        require_keys({"a": 1, "c\ud800\n": 1, **{str(one): 1 for one in range(99)}}, ("a", "b"))
    assert len(refused.value.fields) == 5
    assert refused.value.fields["c"] == "There is no such field; known are a, b."
