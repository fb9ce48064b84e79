"""Runs tasks that may be repeated in worker processes, and yields their results in order.

Processes are spawned, never forked (threads and PyTorch do not survive a fork), and each ends
itself as soon as its parent is gone: a killed run leaves nobody writing.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import wait
from types import FrameType
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pixonomy.errors import StorageError
from pixonomy.pillow_messages import silence_pillow

Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 3  # tasks handed out per worker: enough that none waits, few enough to keep memory flat


def count_cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def can_start_processes() -> bool:
    """Return whether processes can share semaphores: on Linux those are files in /dev/shm."""
    return sys.platform != "linux" or os.access("/dev/shm", os.W_OK)


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: int
) -> Iterator[Result]:
    """Yield `function(task)` for each task, in the order of the tasks.

    Where the machine lets no processes talk to each other, see `can_start_processes`, this one
    does everything.

    Args:
        function: importable by name, so that spawned processes find it; safe to repeat.
        tasks: taken as they are needed, so they may be endless or large.
        workers: number of processes; 1 runs everything in this one.

    Raises:
        StorageError: if a worker process was killed from outside (often: too little memory).
    """
    if workers <= 1 or not can_start_processes():
        yield from map(function, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
        waiting: deque[Future[Result]] = deque()
        remaining = iter(tasks)
        try:
            for task in islice(remaining, workers * _AHEAD):
                with _interrupts_deferred():
                    waiting.append(pool.submit(function, task))
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(function, task) for task in islice(remaining, 1))
                yield result
        except BrokenProcessPool as error:
            raise StorageError(
                "A worker process was ended from outside, often for lack of memory. "
                "Run the same command again: finished parts are kept."
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Let the processes that the block starts hold Ctrl-C until they are ready for it.

    They inherit what this thread holds; one that met it among its imports would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    with _deferred():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _deferred() -> Iterator[None]:
    """Call the handler of Ctrl-C after the block: any thread may meet the signal, held or not.

    A process whose start were cut short would find half of what it is to do, and print that.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    met: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda *arguments: met.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if met:
            handler(*met[0])


def _end_quietly_when_interrupted() -> None:
    """Let Ctrl-C, which a terminal sends to all processes, end this one without a word.

    What it was at is done again by the next run; the parent tells what has happened.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _begin() -> None:
    """Compute on one thread: there are as many processes as cores, and more would only wait."""
    import numpy  # noqa: F401 - limits reach the libraries that are loaded

    silence_pillow()
    threadpool_limits(1)
    os.environ["OPENCV_FOR_THREADS_NUM"] = "1"  # read when OpenCV first computes
    _end_with_parent()
    _end_quietly_when_interrupted()


def _end_with_parent() -> None:
    """Watch the parent process from a thread and end this one when it is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
