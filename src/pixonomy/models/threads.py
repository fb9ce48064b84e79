"""Gives PyTorch as many threads as other processes leave cores for.

The threads of a network wait for each other at the end of every kernel. Beside other work one of
them is always without a core, and all wait: on two cores with two busy processes, two threads train
at a fifth to two fifths of their speed, one thread at more than half.
"""

import os
import time
from pathlib import Path

import torch

_STATISTICS = Path("/proc/stat")
_SECONDS, _STALE = 1.0, 3.0  # between looks; a mean over longer says little of now
_SPARE = 0.4  # of a core: work of others below it is no reason to give one up
_USER_SETS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


class SharedCores:
    """Decides how many threads compute, from time to time.

    Args:
        cores: as many threads at most.
    """

    def __init__(self, cores: int) -> None:
        """Look at the machine for the first time."""
        self._most = cores
        self._ours = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        self._seen = self._read_load()

    def __call__(self) -> int | None:
        """Return how many threads should compute from now on; None: as many as before."""
        wall, others = self._seen
        if time.monotonic() - wall < _SECONDS:
            return None
        self._seen = now, others_now = self._read_load()
        if others is None or others_now is None or now - wall > _STALE:
            return None
        return choose_threads(self._most, len(self._ours), (others_now - others) / (now - wall))

    def _read_load(self) -> tuple[float, float | None]:
        """Return the time, and the seconds that others have had of our cores so far."""
        now, own = time.monotonic(), time.process_time()
        try:
            busy = read_busy(_STATISTICS.read_text(), self._ours)
        except (OSError, ValueError, IndexError):
            return now, None  # not Linux, or hidden from us: nobody is known to be there
        return now, busy - own if self._ours else None


def choose_threads(most: int, cores: int, others: float) -> int:
    """Return how many threads find a core each.

    Args:
        most: threads at most.
        cores: of the machine, that this process may use.
        others: how many of them other processes keep busy.
    """
    return max(1, min(most, int(cores - others + _SPARE)))


def read_busy(statistics: str, cores: list[int]) -> float:
    """Return how long these cores have worked since the machine started, in seconds.

    Args:
        statistics: the content of /proc/stat; see proc_stat(5).
    """
    names = {f"cpu{core}" for core in cores}
    ticks = 0
    for line in statistics.splitlines():
        name, *counts = line.split()
        if name in names:
            user, nice, system, _idle, _waiting, *interrupts = map(int, counts[:7])
            # What the host takes (the eighth count) says nothing about this machine's work: it goes
            # on whether one thread computes or two, and fewer would give it more, not wait less.
            ticks += user + nice + system + sum(interrupts)
    return ticks / os.sysconf("SC_CLK_TCK")


_shared: list[SharedCores] = []  # at most one: PyTorch has one number of threads


def share_cores(cores: int) -> None:
    """Compute with `cores` threads, or fewer while other processes need cores; see `yield_cores`.

    Where the user has set a number for OpenMP or MKL, the number stays as it is given here.
    """
    torch.set_num_threads(cores)
    is_set = any(name in os.environ for name in _USER_SETS)
    _shared[:] = [] if cores < 2 or is_set else [SharedCores(cores)]


def yield_cores() -> None:
    """Take as many threads as find a core each; to be called between pieces of work."""
    for shared in _shared:
        threads = shared()
        if threads is not None and threads != torch.get_num_threads():
            torch.set_num_threads(threads)
