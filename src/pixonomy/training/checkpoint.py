"""Checkpoints: where a training is, in one file, so that a killed one can go on.

Values are stored as plain arrays (no pickle): weights, BatchNorm statistics, the state of every
random generator, and the optimizer's moments, so that going on equals never having stopped.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pixonomy.errors import StorageError
from pixonomy.storage.files import printable, storage_errors, write_aside

if TYPE_CHECKING:
    import keras

History = list[dict[str, float]]


@dataclass
class Position:
    """Where training is.

    Attributes:
        step: steps finished.
        loss_sum: of the training losses since the epoch began.
        best_loss: the lowest validation loss so far; None before the first.
        best_epoch: the epoch it was reached in; 0 is the start.
        history: one entry a finished epoch.
        seconds: spent in training so far, over all sessions.
        seconds_waited: of these, how long batches were waited for.
    """

    step: int = 0
    loss_sum: float = 0.0
    best_loss: float | None = None
    best_epoch: int = 0
    history: History = field(default_factory=list)
    seconds: float = 0.0
    seconds_waited: float = 0.0


def save_checkpoint(path: Path, model: "keras.Model", position: Position) -> None:
    """Write everything needed to go on from `position`, whole or not at all."""
    values = {f"value_{i}": np.asarray(v) for i, v in enumerate(_variables(model))}
    _save(path, values, json.dumps(asdict(position)))


def load_checkpoint(path: Path, model: "keras.Model") -> Position | None:
    """Put a compiled, built model back to where it was; None if there is no checkpoint.

    Raises:
        StorageError: if the file does not fit the model.
    """
    if not path.exists():
        return None
    values, text = _load(path)
    variables = _variables(model)
    if [v.shape for v in values] != [tuple(v.shape) for v in variables]:
        raise StorageError(
            f"{printable(path)} does not fit the model; start anew with --overwrite."
        )
    for variable, value in zip(variables, values, strict=True):
        # Assigned in place: the fused kernels rely on the order in memory, which stays.
        variable.assign(value)
    return Position(**json.loads(text))


def save_weights(path: Path, weights: Sequence[npt.NDArray[np.generic]]) -> None:
    """Write arrays to one file, in order, whole or not at all."""
    _save(path, {f"value_{i}": value for i, value in enumerate(weights)}, "{}")


def load_weights(path: Path) -> list[npt.NDArray[np.generic]]:
    """Read what `save_weights` wrote."""
    return _load(path)[0]


def _variables(model: "keras.Model") -> "list[keras.Variable]":
    # Metrics are left out: they exist only after the first step and start anew at each.
    metrics = {id(variable) for variable in model.metrics_variables}
    own = [variable for variable in model.variables if id(variable) not in metrics]
    return own + list(model.optimizer.variables)


def _save(path: Path, values: Mapping[str, npt.NDArray[np.generic]], text: str) -> None:
    about = np.frombuffer(text.encode(), np.uint8)
    with write_aside(path) as partial, partial.open("wb") as file:
        np.savez(file, allow_pickle=False, about=about, **values)


def _load(path: Path) -> tuple[list[npt.NDArray[np.generic]], str]:
    with storage_errors(path):
        try:
            with np.load(path, allow_pickle=False) as content:
                values = [content[f"value_{i}"] for i in range(len(content.files) - 1)]
                return values, content["about"].tobytes().decode()
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise StorageError(
                f"{printable(path)} is damaged; start anew with --overwrite."
            ) from error
