import pytest

from pixonomy.errors import SettingError
from pixonomy.serving.request_rates import RateLimits


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_pass_and_the_next_hears_how_long_to_wait() -> None:
    clock = Clock()
    limits = RateLimits("3/minute", clock=clock)
    for _ in range(3):
        assert limits.hit("a") is None
        clock.now += 10
    assert limits.hit("a") == 30
    assert limits.hit("b") is None


def test_the_window_moves_and_refused_requests_do_not_count() -> None:
    clock = Clock()
    limits = RateLimits("2 per second", clock=clock)
    assert limits.hit("a") is None
    clock.now += 0.6
    assert limits.hit("a") is None
    for _ in range(5):
        assert limits.hit("a") == pytest.approx(0.4)
    clock.now += 0.4
    assert limits.hit("a") is None
    assert limits.hit("a") == pytest.approx(0.6)


def test_only_so_many_keys_are_remembered_and_the_one_used_longest_ago_is_forgotten() -> None:
    limits = RateLimits("1/hour", most_keys=3)
    for key in "abc":
        assert limits.hit(key) is None
    assert limits.hit("a") is not None  # used again: now b is the oldest
    assert limits.hit("d") is None
    assert limits.hit("a") is not None
    assert limits.hit("b") is None


@pytest.mark.parametrize(
    "wrong", ["", "many", "0/minute", "-1/minute", "5/minute;9/hour", "1000000/second"]
)
def test_what_is_no_rate_is_refused_in_one_sentence(wrong: str) -> None:
    with pytest.raises(SettingError, match="A rate is one such as 120/minute"):
        RateLimits(wrong)
