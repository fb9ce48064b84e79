import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.evaluation.wording import counted, duration, percent, reason, shorten


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, "–"),
        (0.0, "0%"),
        (1.0, "100%"),
        (0.1234, "12.3%"),
        (0.99999, "99.9%"),
        (1e-9, "0.1%"),
    ],
)
def test_a_share_never_rounds_to_certainty(share: float | None, words: str) -> None:
    assert percent(share) == words


@given(st.text(max_size=80), st.integers(8, 40))
def test_a_shortened_name_fits_and_a_short_one_is_kept(name: str, limit: int) -> None:
    assert len(shorten(name, limit)) <= limit
    assert len(name) > limit or shorten(name, limit) == name


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        ("undecodable: truncated at byte 12", "undecodable"),
        ("duplicate of a/b c.jpg", "duplicate of another picture"),
        ("duplicate of a test picture", "duplicate of a test picture"),
        ("near duplicate of a.jpg", "near duplicate of another picture"),
        ("file C:\\x.jpg is blank", "file C:\\x.jpg is blank"),
        ("blank", "blank"),
    ],
)
def test_a_reason_leaves_out_what_is_particular_to_one_picture(problem: str, kind: str) -> None:
    assert reason(problem) == kind


def test_counts_and_times_read_naturally() -> None:
    assert [counted(1, "picture"), counted(1204, "picture")] == ["1 picture", "1,204 pictures"]
    assert counted(2, "category", "categories") == "2 categories"
    assert [duration(0.2), duration(59.6), duration(7500)] == ["0.2 s", "1 min 0 s", "2 h 5 min"]
