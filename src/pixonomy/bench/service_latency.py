"""How long a service takes to answer below its capacity and far beyond it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pixonomy.bench.http_load import (
    Reply,
    Server,
    arrive_at_random,
    arrive_evenly,
    queue_perfectly,
    run_load,
    send_at,
)
from pixonomy.bench.result import AT_MOST, Measurement, Yardstick

_SHARE_OF_CAPACITY, _TIMES_CAPACITY = 0.7, 3.0
_MOST_BARE = 6  # images of the bare loop, that an answer may take
_MOST_REFUSAL_MS = 100.0
_BURST_SHARE = 0.2  # of the time beyond the capacity


@dataclass(frozen=True)
class Loads:
    """What came back under a load of a given rate.

    Attributes:
        even, random: at 70 % of the capacity, with requests at equal or at random distances.
        perfect: seconds of a perfect queue with the same random arrivals.
        burst: at the beginning of three times the capacity: the queue takes a burst whole.
        over: later on, while it lasts.
    """

    even: list[Reply]
    random: list[Reply]
    perfect: list[float]
    burst: list[Reply]
    over: list[Reply]


def put_under_load(server: Server, request: bytes, capacity: float, seconds: float) -> Loads:
    """Send open loads of so many seconds each, after what was measured as images a second."""
    rate = _SHARE_OF_CAPACITY * capacity
    at_random = arrive_at_random(rate, seconds)
    even = run_load(send_at(server, request, arrive_evenly(rate, seconds)))
    random = run_load(send_at(server, request, at_random))
    over = run_load(send_at(server, request, arrive_evenly(_TIMES_CAPACITY * capacity, seconds)))
    begin = round(len(over) * _BURST_SHARE)
    perfect = queue_perfectly(at_random, 1 / capacity)
    return Loads(even, random, perfect, over[:begin], over[begin:])


def describe_latency(name: str, loads: Loads, bare: float) -> list[Measurement]:
    """Return percentiles beside goals; an image of the bare loop takes `bare` seconds."""
    goal = Yardstick(f"{AT_MOST} {_MOST_BARE} images of the bare loop", 1000 * _MOST_BARE * bare)
    perfect = Yardstick("a perfect queue", 1000 * float(np.percentile(loads.perfect, 99)))
    below, beyond = [*loads.even, *loads.random], [*loads.burst, *loads.over]
    none = Yardstick(AT_MOST, 0.0)
    refusal = Yardstick(AT_MOST, _MOST_REFUSAL_MS)
    over = f"{name}: {_TIMES_CAPACITY:.0f} x capacity"
    refused = 100 * len(_seconds(loads.over, 503)) / len(loads.over)
    excess = Yardstick("what is beyond the capacity", 100 * (1 - 1 / _TIMES_CAPACITY))
    return [
        *_percentiles(f"{name}: 70 % load, evenly", _seconds(loads.even), goal),
        *_percentiles(f"{name}: 70 % load, at random", _seconds(loads.random), goal, perfect),
        *_percentiles(f"{over}, at its beginning", _seconds(loads.burst)),
        *_percentiles(f"{over}, lasting", _seconds(loads.over), goal),
        *_percentiles(f"{over}, 503", _seconds(beyond, 503), refusal),
        Measurement(f"{over}, lasting, share of 503", refused, "%", (excess,)),
        Measurement(f"{name}: 70 % load, 503", _count(below, 503), "requests", (none,)),
        Measurement(f"{name}: no answer", _count([*below, *beyond], 0), "requests", (none,)),
    ]


def _seconds(replies: Sequence[Reply], status: int = 200) -> list[float]:
    return [one.seconds for one in replies if one.status == status]


def _count(replies: Sequence[Reply], status: int) -> int:
    return sum(one.status == status for one in replies)


def _percentiles(title: str, seconds: Sequence[float], *beside: Yardstick) -> list[Measurement]:
    """Return p50 and p99, the last beside its yardsticks; nothing of nothing."""
    if not seconds:
        return []
    p50, p99 = (1000 * float(one) for one in np.percentile(seconds, (50, 99)))
    return [
        Measurement(f"{title}, p50", p50, "ms", ()),
        Measurement(f"{title}, p99", p99, "ms", beside),
    ]
