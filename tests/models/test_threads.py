import multiprocessing
import os
import time

import pytest
import torch

from pixonomy.models import threads
from pixonomy.models.threads import SharedCores, choose_threads, read_busy, share_cores, yield_cores

_STATISTICS = """cpu  400 0 200 900 5 0 6 7 0 0
cpu0 100 10 50 400 3 1 2 3 0 0
cpu1 300 0 150 500 2 0 4 4 0 0
intr 5 0 1
"""


def test_only_cores_that_this_process_may_use_are_looked_at() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    assert read_busy(_STATISTICS, [0]) * ticks == pytest.approx(163)
    assert read_busy(_STATISTICS, [0, 1]) * ticks == pytest.approx(617)


@pytest.mark.parametrize(
    ("most", "cores", "others", "wanted"),
    [
        (2, 2, 0.0, 2),
        (2, 2, 0.3, 2),  # a browser
        (2, 2, 1.0, 1),  # another training
        (2, 2, 2.0, 1),
        (8, 8, 1.1, 7),
        (2, 64, 30.0, 2),  # a large machine that others use, too
        (8, 8, 9.0, 1),
    ],
)
def test_there_are_as_many_threads_as_others_leave_cores(
    most: int, cores: int, others: float, wanted: int
) -> None:
    assert choose_threads(most, cores, others) == wanted


def _spin() -> None:
    while True:
        pass


@pytest.mark.timed
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="known on Linux alone")
def test_other_processes_are_made_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in threads._USER_SETS:
        monkeypatch.delenv(name, raising=False)
    cores, before = len(os.sched_getaffinity(0)), torch.get_num_threads()
    busy = [multiprocessing.get_context("spawn").Process(target=_spin) for _ in range(cores)]
    for process in busy:
        process.start()
    try:
        share_cores(max(2, cores))
        time.sleep(1.2)
        yield_cores()  # they may still have been starting
        time.sleep(1.2)
        yield_cores()
        assert torch.get_num_threads() < max(2, cores)
    finally:
        for process in busy:
            process.kill()
        share_cores(before)


def test_a_number_of_threads_that_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    before = torch.get_num_threads()
    share_cores(2)
    assert not threads._shared
    assert torch.get_num_threads() == 2
    share_cores(before)


def test_what_the_host_takes_is_nobodys_work() -> None:
    stolen = _STATISTICS.replace("1 2 3 0 0", "1 2 900 0 0")
    assert read_busy(stolen, [0]) == read_busy(_STATISTICS, [0])


def test_a_look_long_ago_says_nothing_of_now() -> None:
    shared = SharedCores(2)
    now, others = shared._seen
    if others is None:
        pytest.skip("what others compute is not told here")
    for seconds, wanted in ((1.5, 1), (10.0, None)):  # every core busy with others' work meanwhile
        shared._seen = (now - seconds, others - seconds * len(shared._ours))
        assert shared() == wanted


def test_looks_are_rare() -> None:
    shared = SharedCores(2)
    assert all(shared() is None for _ in range(100))
