"""Finished epochs go in; an event file that TensorBoard shows comes out."""

from pathlib import Path
from types import TracebackType
from typing import Self

from tensorboardX import SummaryWriter

_TAGS = {
    "train_loss": "loss/train",
    "validation_loss": "loss/validation",
    "validation_accuracy": "accuracy/validation",
    "learning_rate": "learning_rate",
}


class EventLog:
    """The history of a training for TensorBoard, beside `history.csv`: a context."""

    def __init__(self, folder: Path, epochs_done: int) -> None:
        """Begin a file; what earlier ones say of epochs after `epochs_done` counts no more."""
        self._writer = SummaryWriter(str(folder), purge_step=epochs_done + 1)

    def add(self, entry: dict[str, float]) -> None:
        """Add an epoch as the history has it, and put it on the disk."""
        for name, tag in _TAGS.items():
            if name in entry:
                self._writer.add_scalar(tag, entry[name], int(entry["epoch"]))
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
