"""The images that wait for a worker: bounded, and few of them under lasting overload."""

import math
from collections import deque
from collections.abc import Sequence
from typing import Literal

from pixonomy.serving.supervision import QueuedImage

_BURST_SECONDS = 0.5  # over which the rate is measured at which images are offered
_TOO_MANY = 1.5  # times as many as workers can answer
_LASTING = 1.0  # seconds of that: a swap or another program slows workers down for less
_FEW = 1  # image a worker that may wait then, behind the two that it has
_MOST_BYTES = 96 << 20
_HEAVY_PART = 4
_LONGEST_RETRY = 30
_SLOWER, _QUICKER = 1 / 16, 1 / 4  # of the mean is the newest image, by how it compares


class Overloaded(Exception):
    """No room for an image, or nobody to answer it.

    Attributes:
        kind: `overloaded` or `no_worker`.
        retry_after: seconds after which it may be sent again.
    """

    def __init__(self, kind: Literal["overloaded", "no_worker"], retry_after: int) -> None:
        super().__init__("too many images wait" if kind == "overloaded" else "no worker is there")
        self.kind = kind
        self.retry_after = retry_after


class WaitingLine:
    """A queue that takes a burst whole, and little while far more is offered than can be answered.

    Under lasting overload a long queue answers nobody sooner and everybody late: what is answered
    then is answered as quickly as ever, and the rest refused at once.
    """

    def __init__(self, most: int, workers: int) -> None:
        """Let `most` images wait for so many workers."""
        self._most, self._few, self._workers = most, min(most, _FEW * workers), workers
        self._images: deque[QueuedImage] = deque()
        self._bytes = 0
        self._seconds = 0.0  # that a worker takes for an image; 0: not known yet
        self._offered, self._offered_at = 0.0, 0.0  # images a second, and when that was
        self._answered_all_at = 0.0  # when no more was offered than can be answered

    def __len__(self) -> int:
        return len(self._images)

    def require_room(self, now: float, heavy: int = 0) -> None:
        """Refuse at once what would wait too long.

        Args:
            heavy: images among those that come now which go one at a time: of these a quarter of
                the line may wait, so that they do not keep all others out.

        Raises:
            Overloaded: if it would.
        """
        most = self._few if self._is_overloaded(now) else self._most
        waiting = sum(one.is_heavy for one in self._images) if heavy else 0
        has_too_heavy = waiting > 0 and waiting + heavy > self._most // _HEAVY_PART
        if len(self._images) >= most or self._bytes >= _MOST_BYTES or has_too_heavy:
            self._count(now)
            seconds = math.ceil(len(self._images) * self._seconds / self._workers)
            raise Overloaded("overloaded", min(_LONGEST_RETRY, max(1, seconds)))

    def _is_overloaded(self, now: float) -> bool:
        """Tell whether far more is offered than can be answered, and has been for a while."""
        can_answer = self._workers / self._seconds if self._seconds else math.inf
        if self._rate(now) <= _TOO_MANY * can_answer:
            self._answered_all_at = now
        return now - self._answered_all_at >= _LASTING

    def _rate(self, now: float) -> float:
        """Return how many images a second are offered: a mean that forgets exponentially."""
        return self._offered * math.exp((self._offered_at - now) / _BURST_SECONDS)

    def _count(self, now: float) -> None:
        self._offered, self._offered_at = self._rate(now) + 1 / _BURST_SECONDS, now

    def append(self, image: QueuedImage) -> None:
        """Let an image wait behind all others."""
        self._count(image.since)
        self._images.append(image)
        self._bytes += len(image.content)

    def put_first(self, images: Sequence[QueuedImage]) -> None:
        """Let images wait before all others, in their order."""
        self._images.extendleft(reversed(images))
        self._bytes += sum(len(one.content) for one in images)

    def remove(self, image: QueuedImage) -> None:
        """Take out an image that nobody asks for any more, if it still waits."""
        if image in self._images:
            self._images.remove(image)
            self._bytes -= len(image.content)

    def take(self, is_idle: bool, has_heavy: bool) -> QueuedImage | None:
        """Take out the next image for a worker; None where there is none for it.

        Heavy images go one at a time, each to a worker that has no other. Light ones pass by
        those that wait for a heavy one to be done, and by no others.

        Args:
            is_idle: whether the worker has no image.
            has_heavy: whether any worker has a heavy one.
        """
        for image in self._images:
            if image.is_heavy and has_heavy:
                continue
            if image.is_heavy and not is_idle:
                return None
            self.remove(image)
            return image
        return None

    def note(self, seconds: float) -> None:
        """Note how long a worker took for an image."""
        # What slowed workers down for a while, such as others that load a model beside them, is
        # soon forgotten: what they can answer must not look smaller than it is.
        part = _QUICKER if seconds < self._seconds else _SLOWER
        self._seconds += (seconds - self._seconds) * (part if self._seconds else 1)

    def clear(self) -> list[QueuedImage]:
        """Take out all images."""
        images, self._bytes = list(self._images), 0
        self._images.clear()
        return images
