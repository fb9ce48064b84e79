"""Commands that are killed at their work, with all their processes or the first one alone."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

Start = Callable[[], "subprocess.Popen[bytes]"]


def start(*words: object) -> "subprocess.Popen[bytes]":
    """Start a command of ours, in a session of its own."""
    command = [sys.executable, "-m", "pixonomy", *map(str, words)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet)


def finish(process: "subprocess.Popen[bytes]") -> float:
    """Wait until it has ended well; return for how many seconds."""
    began = time.monotonic()
    assert process.wait(timeout=600) == 0
    return time.monotonic() - began


def kill(process: "subprocess.Popen[bytes]", is_alone: bool) -> None:
    """Kill a process, alone or with all of its own; see that none of these goes on."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    if is_alone:  # its workers have to end themselves
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive, "a worker went on after its parent was killed"


def kill_in_stages(begin: Start, marks: list[Path]) -> None:
    """Kill a command as soon as each of these files is there, each stage once."""
    for turn, mark in enumerate(marks):
        process = begin()
        while not mark.exists():
            assert process.poll() is None, f"it ended without {mark.name}"
            time.sleep(0.002)
        kill(process, is_alone=turn % 2 == 1)


def kill_at_random(begin: Start, times: int, seconds: float) -> None:
    """Kill a command so often, each time at any moment of the seconds that it takes."""
    for turn, moment in enumerate(_moments(times, seconds)):
        process = begin()
        time.sleep(moment)
        kill(process, is_alone=turn % 2 == 1)


def _moments(times: int, seconds: float) -> Iterator[float]:
    chance = random.Random(20261122)
    return (chance.uniform(0.3, seconds) for _ in range(times))
