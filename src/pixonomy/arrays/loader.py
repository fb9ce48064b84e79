"""Makes batches ahead in threads, in an order that can be repeated.

The order is decided by `(seed, epoch)` alone: not by the number of threads or hosts, nor by
where an earlier run stopped.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from pixonomy.arrays.image_shards import OPEN_SHARDS, ImageShards, Rows
from pixonomy.errors import SettingError

Task = TypeVar("Task")
Item = TypeVar("Item")

_WINDOW_BYTES = 512 * 1024**2  # shards shuffled together: random access stays within this much
_WINDOW_SHARDS = OPEN_SHARDS // 2  # so that the next window's maps push out none in use
_AHEAD = 2  # batches for each thread: one in the making, one ready


@dataclass(frozen=True)
class Share:
    """One host's part of every batch: the `rank`-th of `world` equal, contiguous parts."""

    rank: int = 0
    world: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.world:
            raise SettingError(
                f"The rank must be 0 to {self.world - 1} of {self.world} hosts, not {self.rank}."
            )

    def of(self, count: int) -> slice:
        """Return this host's places among the `count` of a whole batch.

        Raises:
            SettingError: if the hosts cannot have equally many.
        """
        if count % self.world:
            raise SettingError(
                f"A batch of {count} pictures cannot be shared equally by {self.world} hosts; "
                f"choose a multiple of {self.world}."
            )
        part = count // self.world
        return slice(self.rank * part, (self.rank + 1) * part)


ALONE = Share()


@dataclass(frozen=True)
class Step:
    """A global step's number, from 0, and the rows this host reads for it, ascending."""

    number: int
    rows: Rows


@dataclass(frozen=True)
class Order:
    """Which images each step reads.

    Attributes:
        rows: the row numbers to draw from, int64 (n,), at least one.
        batch: images a step over all hosts; what is left over of a pass waits for another,
            and a set smaller than this is one step.
        balanced: the label number of every row of the arrays, int64, if each pass is to show all
            labels equally often: images of rare ones several times, of frequent ones not all.

    Raises:
        SettingError: if the hosts cannot have equally many images of each batch.
    """

    images: ImageShards
    rows: Rows
    batch: int
    seed: int
    share: Share = ALONE
    balanced: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        self.share.of(self.step_rows)

    @property
    def step_rows(self) -> int:
        """Images of each step, over all hosts."""
        return min(self.batch, len(self.rows))

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in a pass."""
        return len(self.rows) // max(1, self.step_rows)

    def steps(self, first: int, end: int) -> Iterator[Step]:
        """Yield the steps from global number `first` up to, not including, `end`."""
        part = self.share.of(self.step_rows)
        order, epoch_of_order = self.rows, -1
        for number in range(first, end):
            epoch, place = divmod(number, self.steps_per_epoch)
            if epoch != epoch_of_order:
                rows = self.rows
                if self.balanced is not None:
                    rows = balance(rows, self.balanced[rows], self.seed, epoch)
                order = shuffle(self.images, rows, self.seed, epoch)
                epoch_of_order = epoch
            rows = order[place * self.step_rows : (place + 1) * self.step_rows]
            # Ascending: a host's part then lies in few shards, and is copied shard by shard.
            yield Step(number, np.sort(rows)[part])


def balance(rows: Rows, labels: npt.NDArray[np.int64], seed: int, epoch: int) -> Rows:
    """Draw as many rows as there are, equally many of each label.

    A label's rows come again only when all of them have come.

    Args:
        labels: of each row, int64 (n,), 0 and more.

    Returns:
        Row numbers, int64 (n,), some of them several times.
    """
    generator = np.random.default_rng([seed, epoch, 1])
    shuffled = generator.permutation(len(rows))
    # Sorted once: thousands of labels, each looked for among millions of rows, would take minutes.
    by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]
    starts = np.flatnonzero(np.diff(labels[by_label], prepend=-1))
    of_label = np.split(rows[by_label], starts[1:])
    # Which labels get one more changes from pass to pass.
    known = generator.permutation(len(of_label)).tolist()
    return np.concatenate(
        [
            np.resize(of_label[label], (len(rows) + len(known) - 1 - place) // len(known))
            for place, label in enumerate(known)
        ]
    )


def shuffle(images: ImageShards, rows: Rows, seed: int, epoch: int) -> Rows:
    """Order rows for one pass: shards in random order, rows shuffled in windows of shards.

    Returns:
        The same row numbers, int64 (n,), in an order that the arguments alone decide.
    """
    generator = np.random.default_rng([seed, epoch])
    rows = np.sort(rows)
    of_shard = np.searchsorted(rows, images.starts).tolist()
    # The rows were permuted when the arrays were made: a window of shards is a fair sample already.
    shards = generator.permutation(len(images.shard_rows)).tolist()
    largest = max(images.shard_rows, default=1) * images.image_bytes
    window = min(_WINDOW_SHARDS, max(1, _WINDOW_BYTES // max(1, largest)))
    order, end = np.empty_like(rows), 0
    for first in range(0, len(shards), window):
        start = end
        for shard in shards[first : first + window]:
            part = rows[of_shard[shard] : of_shard[shard + 1]]
            order[end : end + len(part)] = part
            end += len(part)
        generator.shuffle(order[start:end])
    return order


class Loader(Generic[Item]):
    """`function(task)` for each task, in the order of the tasks, made ahead in threads.

    At most two results a thread exist at a time. Use it as a context: leaving the block ends
    the threads, in mid-way too. What a function raises is raised where its result is awaited.

    Attributes:
        seconds_waited: how long results have been waited for so far.
    """

    def __init__(
        self,
        function: Callable[[Task], Item],
        tasks: Iterable[Task],
        threads: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        pool = ThreadPoolExecutor(threads, "loader")
        self.seconds_waited = 0.0
        self._pool = pool
        self._coming: Iterator[Future[Item]] = (pool.submit(function, task) for task in tasks)
        self._ahead: deque[Future[Item]] = deque()
        self._most = _AHEAD * threads
        self._clock = clock

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        began = self._clock()
        try:
            self._ahead.extend(islice(self._coming, self._most - len(self._ahead)))
            if self._ahead:
                return self._ahead.popleft().result()
        except BaseException:
            self.close()
            raise
        finally:
            self.seconds_waited += self._clock() - began
        self.close()
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """End the threads; there are no more results."""
        self._coming = iter(())
        self._ahead.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)
