import asyncio
import time
from itertools import pairwise

from pixonomy.collecting.lanes import Lane


def no_quiet() -> float:
    return 0.0


def test_requests_come_as_far_apart_and_as_many_at_a_time_as_agreed() -> None:
    times: list[float] = []
    most = 0

    async def ask(lane: Lane) -> None:
        nonlocal most
        await lane.enter(no_quiet)
        times.append(time.monotonic())
        most = max(most, lane.active)
        await asyncio.sleep(0.1)
        lane.leave()

    async def work() -> None:
        lane = Lane(2, 0.02)
        await asyncio.gather(*(ask(lane) for _ in range(8)))
        assert lane.active == 0

    asyncio.run(work())
    assert min(b - a for a, b in pairwise(times)) >= 0.019
    assert most == 2
    assert times[-1] - times[0] >= 0.3


def test_who_stands_in_line_goes_before_who_does_not() -> None:
    async def work() -> None:
        lane = Lane(1, 0.0)
        lane.take()
        waiting = asyncio.create_task(lane.enter(no_quiet))
        await asyncio.sleep(0.01)
        lane.leave()
        assert lane.is_full  # though nobody is in: one stands in line
        await waiting
        assert lane.active == 1

    asyncio.run(work())


def test_quiet_that_begins_while_standing_in_line_is_kept() -> None:
    until = 0.0

    async def work() -> float:
        nonlocal until
        lane = Lane(1, 0.05)
        lane.take()
        lane.leave()
        entering = asyncio.create_task(lane.enter(lambda: until - time.monotonic()))
        await asyncio.sleep(0.01)
        until = time.monotonic() + 0.3
        await entering
        return time.monotonic()

    assert asyncio.run(work()) >= until


def test_a_crawl_delay_slows_down_and_a_shorter_one_does_not_hurry() -> None:
    lane = Lane(4, 0.5)
    lane.slow_down(0.1)
    assert (lane.at_once, lane.interval) == (4, 0.5)
    lane.slow_down(2.0)
    assert (lane.at_once, lane.interval) == (1, 2.0)
