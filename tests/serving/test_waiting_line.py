"""The queue: bounded, a burst passes, little waits under lasting overload."""

import asyncio

import pytest

from pixonomy.serving.supervision import Answered, QueuedImage
from pixonomy.serving.waiting_line import Overloaded, WaitingLine


def image(content: bytes = b"", is_heavy: bool = False, since: float = 0.0) -> QueuedImage:
    answer: asyncio.Future[Answered] = asyncio.Future(loop=asyncio.new_event_loop())
    return QueuedImage(content, is_heavy, answer, since)


def new(most: int = 64, workers: int = 1, seconds: float = 0.1) -> WaitingLine:
    """Return an empty line before workers that take so long for an image."""
    line = WaitingLine(most, workers)
    line.note(seconds)
    return line


def offer(line: WaitingLine, rate: float, seconds: float, done: float) -> int:
    """Offer images at a rate, while so many a second are answered; return how many are refused."""
    refused, debt = 0, 0.0
    for turn in range(int(rate * seconds)):
        now = turn / rate
        try:
            line.require_room(now)
            line.append(image(since=now))
        except Overloaded:
            refused += 1
        debt += done / rate
        while debt >= 1:
            line.take(is_idle=True, has_heavy=False)
            debt -= 1
    return refused


def test_the_first_image_too_many_is_refused_with_when_to_come_again() -> None:
    line = new(seconds=0.01)
    for _ in range(64):
        line.require_room(0.0)
        line.append(image())
    with pytest.raises(Overloaded) as caught:
        line.require_room(0.0)
    assert (caught.value.kind, caught.value.retry_after) == ("overloaded", 1)


def test_the_time_to_come_again_is_that_of_the_line_and_bounded() -> None:
    for seconds, expected in ((0.5, 16), (4.0, 30)):  # 64 images, 2 workers
        line = new(workers=2, seconds=seconds)
        for _ in range(64):
            line.append(image())
        with pytest.raises(Overloaded) as caught:
            line.require_room(0.0)
        assert caught.value.retry_after == expected


def test_under_lasting_overload_one_image_a_worker_waits() -> None:
    line = new(workers=2, seconds=0.04)  # 50 images a second
    assert offer(line, rate=150, seconds=10, done=50) > 900
    assert len(line) <= 2


def test_a_slow_worker_gets_a_long_line_where_no_more_is_offered_than_it_can_answer() -> None:
    line = new(seconds=0.02)  # 50 a second, and one second in which a model is exchanged
    assert offer(line, rate=40, seconds=1, done=0) == 0
    assert len(line) == 40


def test_a_burst_is_taken_whole_by_workers_that_can_answer_it_soon() -> None:
    line = new(workers=2, seconds=0.02)
    assert offer(line, rate=10_000, seconds=0.006, done=0) == 0


def test_overload_is_forgotten() -> None:
    line = new(seconds=0.02)
    offer(line, rate=200, seconds=2, done=50)
    line.append(image(since=2.0))
    with pytest.raises(Overloaded):
        line.require_room(2.0)
    line.require_room(3.0)


def test_bytes_are_bounded_too() -> None:
    line, large = new(), bytes(12 << 20)
    for _ in range(8):
        line.require_room(0.0)
        line.append(image(large))
    with pytest.raises(Overloaded):
        line.require_room(0.0)
    line.take(is_idle=True, has_heavy=False)
    line.require_room(9.0)


def test_heavy_images_fill_no_more_than_a_quarter_of_the_line() -> None:
    line = new(most=16)
    line.require_room(0.0, heavy=16)  # a request that comes first
    for _ in range(3):
        line.append(image(is_heavy=True))
    line.require_room(0.0, heavy=1)
    line.append(image(is_heavy=True))
    with pytest.raises(Overloaded):
        line.require_room(0.0, heavy=1)
    line.require_room(0.0)


def test_images_go_in_their_order_and_those_of_a_dead_worker_before_all() -> None:
    line, images = new(), [image() for _ in range(4)]
    line.append(images[2])
    line.append(images[3])
    line.put_first(images[:2])
    assert [line.take(True, False) for _ in range(5)] == [*images, None]


def test_an_image_that_nobody_asks_for_any_more_is_taken_out() -> None:
    line, one, other = new(), image(b"a"), image(b"b")
    line.append(one)
    line.append(other)
    line.remove(one)
    line.remove(one)
    assert len(line) == 1
    assert line.take(is_idle=True, has_heavy=False) is other


def test_light_images_pass_a_heavy_one_that_waits_for_another_to_be_done() -> None:
    line, heavy, light = new(), image(is_heavy=True), image()
    line.append(heavy)
    line.append(light)
    assert line.take(is_idle=True, has_heavy=True) is light
    assert line.take(is_idle=True, has_heavy=True) is None
    assert line.take(is_idle=True, has_heavy=False) is heavy


def test_no_light_image_passes_a_heavy_one_that_waits_for_an_idle_worker() -> None:
    line, heavy = new(), image(is_heavy=True)
    line.append(heavy)
    line.append(image())
    assert line.take(is_idle=False, has_heavy=False) is None
    assert line.take(is_idle=True, has_heavy=False) is heavy


def test_what_is_cleared_is_returned() -> None:
    line, images = new(), [image(), image()]
    line.put_first(images)
    assert (line.clear(), len(line)) == (images, 0)
