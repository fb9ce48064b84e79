"""Writes the history of a training as an event file for TensorBoard."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.summary import text

_TAGS = {
    "train_loss": "loss/train",
    "validation_loss": "loss/validation",
    "validation_accuracy": "accuracy/validation",
    "learning_rate": "learning_rate",
}


class EventLog:
    """The history of a training for TensorBoard, beside `history.csv`: a context."""

    def __init__(
        self, folder: Path, epochs_done: int, facts: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Begin a file; what earlier ones hold of epochs after `epochs_done` counts no more.

        Args:
            facts: shown as text, by name.
        """
        folder.mkdir(parents=True, exist_ok=True)
        # The writer without the thread that SummaryWriter puts before it, which flush overtakes.
        self._writer = EventsWriter(str(folder / "events"))
        begun = SessionLog(status=SessionLog.START)
        self._write(Event(session_log=begun, step=epochs_done + 1))
        for name, fact in facts.items():
            self._write(Event(summary=text(name, fact), step=epochs_done + 1))

    def add(self, entry: dict[str, float]) -> None:
        """Add an epoch as the history has it, and put it on the disk."""
        values = [
            Summary.Value(tag=tag, simple_value=entry[name])
            for name, tag in _TAGS.items()
            if name in entry
        ]
        self._write(Event(summary=Summary(value=values), step=int(entry["epoch"])))

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        self._writer.write_event(event)
        self._writer.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writer.close()
