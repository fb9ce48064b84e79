"""What a verb may use and whom it tells: processes, progress and messages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """Called with what is being done and how much of it is finished."""

    def __call__(self, work: str, done: int, total: int) -> None:
        """Report that `done` of `total` units of `work` are finished (total 0: nobody knows)."""


def silent(work: str, done: int, total: int) -> None:
    """Report nothing: the default below the command line."""


def no_report(sentence: str) -> None:
    """Say nothing: the default below the command line."""


@dataclass(frozen=True)
class Hosts:
    """Which of several processes, each perhaps on a machine of its own, this one is.

    Attributes:
        coordinator: host:port at which the first one listens; empty for a process alone.
        world: how many there are.
        rank: this one's number, from 0.
    """

    coordinator: str = ""
    world: int = 1
    rank: int = 0


@dataclass(frozen=True)
class Context:
    """What a verb may use and whom it tells.

    Attributes:
        cores: processes or threads to work with.
        progress: told how far long work is.
        report: told what a person should know, one sentence at a time.
        hosts: the processes that train together.
        device: what networks are computed on, see `models.device`; None: as the recipe says.
    """

    cores: int = 1
    progress: Progress = silent
    report: Callable[[str], None] = no_report
    hosts: Hosts = Hosts()
    device: str | None = None
