"""What the pool of workers reports while it runs: for counters and the log."""

from dataclasses import dataclass

from pixonomy.serving.worker_process import DeathReason


@dataclass(frozen=True)
class WorkerDied:
    """A worker has ended, or could not begin; another is started in its place.

    Attributes:
        detail: why it could not begin, in one sentence; else empty.
    """

    reason: DeathReason
    detail: str = ""


@dataclass(frozen=True)
class Swapped:
    """Another model answers now."""

    digest: str


@dataclass(frozen=True)
class Refused:
    """An image has ended a worker, and is refused unread from now on."""

    sha256: str


PoolEvent = WorkerDied | Swapped | Refused
