import pytest

from pixonomy.bench.http_load import Reply
from pixonomy.bench.service_latency import Loads, describe_latency


def replies(status: int, *milliseconds: float) -> list[Reply]:
    return [Reply(status, one / 1000) for one in milliseconds]


def test_latencies_are_those_of_answers_beside_six_images_of_the_bare_loop() -> None:
    loads = Loads(
        even=replies(200, *range(1, 102)),
        random=[*replies(200, *range(1, 102)), *replies(503, 900), *replies(0, 60_000)],
        perfect=[0.05],
        burst=[*replies(200, 500), *replies(503, 2)],
        over=[*replies(200, 60), *replies(503, 4, 4, 4), *replies(0, 60_000)],
    )
    found = {one.work.removeprefix("net: "): one for one in describe_latency("net", loads, 0.01)}
    figures = {name: one.figure for name, one in found.items()}
    assert figures == pytest.approx(
        {
            "70 % load, evenly, p50": 51,
            "70 % load, evenly, p99": 100,
            "70 % load, at random, p50": 51,
            "70 % load, at random, p99": 100,
            "3 x capacity, at its beginning, p50": 500,
            "3 x capacity, at its beginning, p99": 500,
            "3 x capacity, lasting, p50": 60,
            "3 x capacity, lasting, p99": 60,
            "3 x capacity, 503, p50": 4,
            "3 x capacity, 503, p99": 4,
            "3 x capacity, lasting, share of 503": 60,
            "70 % load, 503": 1,
            "no answer": 2,
        }
    )
    goal, perfect = found["70 % load, at random, p99"].yardsticks
    assert (goal.figure, perfect.figure) == pytest.approx((60, 50))


def test_what_has_not_come_has_no_percentiles() -> None:
    answered = replies(200, 1)
    loads = Loads(answered, answered, [0.001], answered, answered)
    names = [one.work for one in describe_latency("net", loads, 0.01)]
    assert not [name for name in names if "503, p" in name]
