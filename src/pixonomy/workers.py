"""A function and idempotent tasks go in; their results come out, in order.

Processes are spawned, never forked (threads and PyTorch do not survive a fork), and each ends
itself as soon as its parent is gone: a killed run leaves nobody writing.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pixonomy.errors import StorageError

Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 3  # tasks handed out per worker: enough that none waits, few enough to keep memory flat


def count_cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: int
) -> Iterator[Result]:
    """Yield `function(task)` for each task, in the order of the tasks.

    Args:
        function: importable by name, so that spawned processes find it; safe to repeat.
        tasks: taken as they are needed, so they may be endless or large.
        workers: number of processes; 1 runs everything in this one.

    Raises:
        StorageError: if a worker process was killed from outside (often: too little memory).
    """
    if workers <= 1:
        yield from map(function, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
        waiting: deque[Future[Result]] = deque()
        remaining = iter(tasks)
        try:
            for task in islice(remaining, workers * _AHEAD):
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


def _begin() -> None:
    """Compute on one thread: there are as many processes as cores, and more would only wait."""
    import numpy  # noqa: F401 - limits reach the libraries that are loaded

    threadpool_limits(1)
    _end_with_parent()


def _end_with_parent() -> None:
    """Watch the parent process from a thread and end this one when it is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
