"""The training loop: steps, epochs, the best weights, and checkpoints a kill loses little by."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.image_shards import Images
from pixonomy.errors import DataError
from pixonomy.inference.temperature import fit_temperature
from pixonomy.models.depth import rate_factors
from pixonomy.models.device import CPU
from pixonomy.models.learner import Learn, make_learner, make_optimizer, send
from pixonomy.models.optimizer import averaged
from pixonomy.models.predictor import Predict, make_predictor
from pixonomy.models.targets import Objective
from pixonomy.progress import Progress, no_report, silent
from pixonomy.storage.files import write_text
from pixonomy.training.batches import Batch, TrainingSet
from pixonomy.training.checkpoint import (
    Position,
    load_checkpoint,
    save_checkpoint,
    save_weights,
)
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import RunFolder
from pixonomy.training.schedule import learning_rate
from pixonomy.training.tensorboard import EventLog

if TYPE_CHECKING:
    import keras

_CHECKPOINT_SECONDS = 20.0
_PREDICT_BATCH = 64


@dataclass(frozen=True)
class Training:
    """What one training needs.

    Attributes:
        validation: row numbers of the images that pick the best epoch, int64; may be empty.
        keep_start: count the untrained start as epoch 0, so that a good start is never lost.
        device: what the model lies on; for the log.
    """

    model: "keras.Model"
    training_set: TrainingSet
    validation: npt.NDArray[np.int64]
    folder: RunFolder
    keep_start: bool = False
    progress: Progress = silent
    report: Callable[[str], None] = no_report
    clock: Callable[[], float] = time.monotonic
    device: str = CPU

    @property
    def recipe(self) -> Recipe:
        """The recipe of the training set."""
        return self.training_set.recipe

    @cached_property
    def learn(self) -> Learn:
        """What takes a step of the compiled model."""
        return make_learner(self.model, self.objective)

    @cached_property
    def objective(self) -> Objective:
        """What the recipe makes small."""
        recipe = self.recipe
        weights = self.training_set.label_weights() if recipe.balance == "loss" else None
        return Objective(recipe.label_smoothing, weights, recipe.accumulate)


def fit_model(training: Training) -> Position:
    """Train to the end of the recipe, going on from the newest checkpoint if there is one.

    Returns:
        Where training ended; the best weights lie in the run folder.

    Raises:
        DataError: if the loss is no longer a number.
    """
    model, steps = training.model, training.training_set.steps_per_epoch
    compile_model(model, training.recipe)
    position = load_checkpoint(training.folder.latest, model) or _start(training)
    # As if training had begun so long ago: seconds add up over sessions.
    began = training.clock() - position.seconds
    waited = position.seconds_waited
    saved = training.clock()
    if position.step and position.step % steps == 0 and _is_over(training, position):
        return position
    log = EventLog(training.folder.events, position.step // steps, {"device": training.device})
    with log, training.training_set.batches(position.step) as batches:
        for batch in _prefetch(batches):
            _step(training, position, batch)
            position.seconds = training.clock() - began
            position.seconds_waited = waited + batches.seconds_waited
            is_epoch_end = position.step % steps == 0
            if is_epoch_end:
                _finish_epoch(training, position)
                log.add(position.history[-1])
            if is_epoch_end or training.clock() - saved > _CHECKPOINT_SECONDS:
                save_checkpoint(training.folder.latest, model, position)
                saved = training.clock()
            if is_epoch_end and _is_over(training, position):
                break
    return position


def _prefetch(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield batches in order, each when the next one is already on its way to the device."""
    # One batch ahead: while the device works on one, the next is copied to it.
    waiting: list[Batch] = []
    for batch in batches:
        waiting.append(replace(batch, images=send(batch.images)))
        if len(waiting) > 1:
            yield waiting.pop(0)
    yield from waiting


def compile_model(model: "keras.Model", recipe: Recipe) -> None:
    """Give the model its optimizer, built and ready for a checkpoint."""
    optimizer = make_optimizer(
        recipe.optimizer,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        use_ema=recipe.average > 0,
        ema_momentum=recipe.average,
    )
    optimizer.slow_down(rate_factors(model, recipe.depth_decay))
    model.compile(optimizer)
    optimizer.build(model.trainable_variables)


def predict_logits(
    model: "keras.Model", training_set: TrainingSet, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Return the model's outputs for these rows, float32, shape (n, …)."""
    images, also_mirrored = training_set.images, training_set.recipe.test_flip
    predict = make_predictor(model)
    outputs = [
        answer(predict, images.gather(rows[i : i + _PREDICT_BATCH]), also_mirrored)
        for i in range(0, len(rows), _PREDICT_BATCH)
    ]
    return np.concatenate(outputs)


def answer(predict: Predict, images: Images, also_mirrored: bool) -> npt.NDArray[np.float32]:
    """Return a model's output, float32 (n, …), for images, uint8 (n, 3, size, size).

    Args:
        also_mirrored: take the mean of those for the images and of their mirror images.
    """
    outputs = predict(images)
    if not also_mirrored:
        return outputs
    # The last axis runs across: reversed, it gives the mirror image; copied, for PyTorch takes no
    # negative strides.
    others = predict(np.ascontiguousarray(images[..., ::-1]))
    return np.mean([outputs, others], axis=0, dtype=np.float32)


def measure_logits(
    logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """Return the mean cross-entropy (nats) and the accuracy of logits, shape (n, k).

    The loss is taken at the temperature that suits the logits best, because the bundle applies
    one: a network trained with smoothed labels is then not held to be worse than it is used.
    """
    # Guo et al. 2017; without it the best epoch would be one whose confidences happen to fit.
    _, loss = fit_temperature(logits, labels)
    return loss, float((logits.argmax(axis=1) == labels).mean())


def _start(training: Training) -> Position:
    position = Position()
    if training.keep_start and len(training.validation):
        loss, _ = _validate(training)
        _keep_if_best(training, position, loss, epoch=0)
    else:
        save_weights(training.folder.best, training.model.get_weights())
    return position


def _step(training: Training, position: Position, batch: Batch) -> None:
    total = training.training_set.total_steps
    rate = learning_rate(training.recipe, position.step, total)
    training.model.optimizer.learning_rate = rate
    loss = training.learn(batch.images, batch.targets)
    if not math.isfinite(loss):
        raise DataError(
            f"Training diverged at step {position.step + 1}: the loss is no longer a number. "
            f"Lower learning_rate (now {training.recipe.learning_rate:g})."
        )
    position.step += 1
    position.loss_sum += loss
    training.progress("training", position.step, total)


def _finish_epoch(training: Training, position: Position) -> None:
    steps = training.training_set.steps_per_epoch
    epoch = position.step // steps
    entry = {"epoch": epoch, "train_loss": position.loss_sum / steps}
    position.loss_sum = 0.0
    # What is validated and saved are the moving averages, where the recipe asks for any.
    with averaged(training.model):
        if len(training.validation):
            loss, accuracy = _validate(training)
            entry |= {"validation_loss": loss, "validation_accuracy": accuracy}
            _keep_if_best(training, position, loss, epoch)
        else:
            save_weights(training.folder.best, training.model.get_weights())
            position.best_epoch = epoch
    rate = float(np.asarray(training.model.optimizer.learning_rate))
    position.history.append(entry | {"learning_rate": rate, "seconds": position.seconds})
    write_text(training.folder.history, pl.DataFrame(position.history).write_csv())
    training.report(_report_epoch(entry, training.recipe.epochs))


def _report_epoch(entry: Mapping[str, float], epochs: int) -> str:
    line = f"Epoch {entry['epoch']} of {epochs}: training loss {entry['train_loss']:.3f}"
    if "validation_loss" in entry:
        accuracy = 100 * entry["validation_accuracy"]
        line += f", validation loss {entry['validation_loss']:.3f}, accuracy {accuracy:.1f} %"
    return f"{line}."


def _validate(training: Training) -> tuple[float, float]:
    logits = predict_logits(training.model, training.training_set, training.validation)
    return measure_logits(logits, training.training_set.labels[training.validation])


def _keep_if_best(training: Training, position: Position, loss: float, epoch: int) -> None:
    if position.best_loss is None or loss < position.best_loss:
        position.best_loss, position.best_epoch = loss, epoch
        save_weights(training.folder.best, training.model.get_weights())


def _is_over(training: Training, position: Position) -> bool:
    epoch = position.step // training.training_set.steps_per_epoch
    patience = training.recipe.patience
    out_of_patience = patience > 0 and epoch - position.best_epoch >= patience
    return out_of_patience or position.step >= training.training_set.total_steps
