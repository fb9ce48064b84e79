import pytest

from pixonomy.collecting.rate_limits import rate_pause, retry_after


def test_a_hosts_own_counters_are_heeded() -> None:
    assert rate_pause({}, 0) == 0
    assert rate_pause({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "9"}, 0) == 0
    assert rate_pause({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}, 0) == 9
    now = 1.8e9
    reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(now + 30)}
    assert rate_pause(reset, now) == pytest.approx(30)
    burst = {
        "x-ratelimit-available-anon_burst": "0",
        "x-ratelimit-limit-anon_burst": "20/min",
        "x-ratelimit-available-anon_sustained": "7",
    }
    assert rate_pause(burst, now) == 60
    assert rate_pause({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, 0) == 0


def test_a_strange_retry_after_is_none() -> None:
    assert retry_after({}, 0) is None
    assert retry_after({"retry-after": "soon"}, 0) is None
    assert retry_after({"retry-after": "-5"}, 0) == 0
