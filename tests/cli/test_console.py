import time

import pytest

from pixonomy.cli.console import Silence


def _wait_for(told: list[str], count: int) -> None:
    end = time.monotonic() + 5
    while len(told) < count and time.monotonic() < end:
        time.sleep(0.01)


def test_work_without_progress_is_told_with_where_it_is() -> None:
    told: list[str] = []
    silence = Silence(told.append, cores=10_000, first_seconds=0.1)
    silence.start()
    silence.note("training", 3, 2000)
    _wait_for(told, 1)
    silence.close()
    assert told[0] == "No progress for 0 s (at training, 3 of 2,000), still working."


def test_a_busy_machine_is_named_as_what_may_hold_it_up() -> None:
    told: list[str] = []
    silence = Silence(told.append, cores=-1, first_seconds=0.1)
    silence.start()
    _wait_for(told, 1)
    silence.close()
    assert "; the machine is busy, with a load of " in told[0]


@pytest.mark.timed
def test_the_sentence_comes_again_ever_more_rarely() -> None:
    told: list[str] = []
    silence = Silence(told.append, first_seconds=0.05)
    silence.start()
    time.sleep(0.6)
    silence.close()
    assert 2 <= len(told) <= 5  # at 0.05, 0.1, 0.2 and 0.4 s, a little later each


def test_work_that_goes_on_is_not_interrupted() -> None:
    told: list[str] = []
    silence = Silence(told.append, first_seconds=2.0)
    silence.start()
    for done in range(30):
        silence.note("indexing", done, 0)
        time.sleep(0.1)
    silence.close()
    assert not told
