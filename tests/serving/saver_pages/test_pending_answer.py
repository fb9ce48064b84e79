"""An answer between two pages: whole, and nobody else's."""

import pytest

from pixonomy.results.answer_results import Candidate
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.saver_pages.pending_answer import PendingAnswer
from pixonomy.serving.signed_values import SignedValues
from pixonomy.state.saver_records import Answered

SIGNED = SignedValues(b"s" * 32)
TOP = (Candidate(label="t", name="Travel", confidence=0.8),)
PENDING = PendingAnswer(Answered("ab12", "t", "sure", 0.8, TOP), "upload", "1-2-3", map="cG5n")


def test_it_is_read_as_it_was_signed() -> None:
    assert PendingAnswer.read(SIGNED, "me", PENDING.sign(SIGNED, "me")) == PENDING


def test_what_the_saver_chose_goes_along_and_the_map_does_not() -> None:
    chosen = PENDING.chosen(None, "A telescope")
    assert (chosen.label, chosen.text, chosen.map) == (None, "A telescope", "")
    assert PendingAnswer.read(SIGNED, "me", chosen.sign(SIGNED, "me")) == chosen


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", SIGNED.sign("answer", ["no", "object"])],
    ids=["empty", "nonsense", "no object"],  # what is signed differs from process to process
)
def test_what_is_none_of_ours_is_out_of_date(text: str) -> None:
    with pytest.raises(RequestRefused, match="out of date") as refused:
        PendingAnswer.read(SIGNED, "me", text)
    assert refused.value.status == 410


def test_anothers_is_out_of_date() -> None:
    with pytest.raises(RequestRefused, match="another browser"):
        PendingAnswer.read(SIGNED, "you", PENDING.sign(SIGNED, "me"))
