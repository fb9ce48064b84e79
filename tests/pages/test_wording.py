import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.pages.wording import counted, duration, percent, shorten, storage


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


def test_counts_and_times_read_naturally() -> None:
    assert [counted(1, "picture"), counted(1204, "picture")] == ["1 picture", "1,204 pictures"]
    assert counted(2, "category", "categories") == "2 categories"
    assert [duration(0.2), duration(59.6), duration(7500)] == ["0.2 s", "1 min 0 s", "2 h 5 min"]


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, "0 bytes"),
        (940, "940 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (58_200_000_000, "58.2 GB"),
        (2 * 10**15, "2,000.0 TB"),
    ],
)
def test_bytes_are_told_in_the_unit_that_suits_them(n: int, words: str) -> None:
    assert storage(n) == words
