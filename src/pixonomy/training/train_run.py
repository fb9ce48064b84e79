"""Trains a network on finished arrays by a recipe, into a run folder; its bundle comes later."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.image_shards import Arrays
from pixonomy.arrays.loader import Share
from pixonomy.errors import DataError
from pixonomy.heads.word_head import WordHead
from pixonomy.models.airbench import fit_whitening
from pixonomy.models.backend import Precision, best_precision, keras, use_threads
from pixonomy.models.device import choose_device, describe_device, on_device
from pixonomy.models.imagenet_head import find_head
from pixonomy.models.predictor import make_predictor
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.progress import Context, no_report
from pixonomy.training.array_embedder import Embedder
from pixonomy.training.batches import TrainingSet
from pixonomy.training.checkpoint import Position, load_weights
from pixonomy.training.epochs import Training, fit_model
from pixonomy.training.fine_tuning import Known, keep_average, read_fine_tuning, try_fine_tuning
from pixonomy.training.frozen_heads import FindWords, Settle, store_probe, store_result
from pixonomy.training.gate import find_words
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import Run, RunFolder
from pixonomy.training.validation import divide_validation

_WHITENED = 5000  # images whose patches are decorrelated: two hundred patches for each number
_MOST_THREADS = 8  # making batches: more would only wait for each other


def train_run(
    arrays: Arrays,
    run: Run,
    folder: RunFolder,
    weights: str | Path | None,
    context: Context,
) -> dict[str, object]:
    """Train, going on where an interrupted training of the same run stopped.

    Args:
        weights: what the network starts from: a file, `IMAGENET`, or None (at random).

    Returns:
        The content of `training.json`: steps, seconds, seconds_waited (for batches), best_epoch,
        validation {n, accuracy, loss} or None, probe {validation_accuracy} or None, device, the
        last one it was computed on, and precision there.

    Raises:
        SettingError: if the device that was asked for is not there, or too small.
    """
    use_threads(context.cores)
    device = choose_device(context.device or run.recipe.device, context.report)
    with on_device(device):
        return _train_on(device, arrays, run, folder, weights, context)


def _train_on(
    device: str,
    arrays: Arrays,
    run: Run,
    folder: RunFolder,
    weights: str | Path | None,
    context: Context,
) -> dict[str, object]:
    precision = best_precision(device)
    training_set = open_training_set(arrays, run, context)
    validation = divide_validation(arrays.rows).stopping
    model = build_model(settings_of(run, weights), precision)
    freeze(model, run.recipe)
    if run.recipe.model == "airbench":
        # Before the first step, also of a run that goes on: the checkpoint then overwrites it
        # alike.
        fit_whitening(model, training_set.images.gather(training_set.rows[:_WHITENED]))
    reporting = context.progress, context.report if context.hosts.rank == 0 else no_report
    training = Training(
        model, training_set, validation, folder, weights is not None, *reporting, device=device
    )
    probe_accuracy = None
    if weights is not None:
        probe_accuracy = _start_from_probe(training, arrays, run, weights, context)
    shown = read_fine_tuning(folder)
    if shown is not None and not shown.share:
        still = replace(training_set, recipe=replace(run.recipe, epochs=0))
        training = replace(training, training_set=still)
    else:
        plan = _report_plan(run.recipe, len(training_set.rows), len(validation), weights)
        training.report(f"{plan} Computing on {describe_device(device)} in {precision}.")
    start = model.get_weights()
    position = fit_model(training)
    result = _result(position, len(validation), probe_accuracy)
    if shown is not None and position.best_epoch and shown.share < 1:
        loss, accuracy = keep_average(training, start, shown.share)
        result["validation"] = {"n": len(validation), "accuracy": accuracy, "loss": loss}
    result |= {"device": device, "precision": precision}
    result |= {} if shown is None else {"fine_tuning": asdict(shown)}
    return store_result(folder, result)


def _start_from_probe(
    training: Training, arrays: Arrays, run: Run, weights: str | Path, context: Context
) -> float | None:
    """Give the model the linear probe as its head; return the probe's validation accuracy."""
    model, training_set = training.model, training.training_set
    embed, find = _embedder(model, training_set, context), _words_of(run, arrays, weights)
    settle = _trial_of(training, embed, context)
    head, accuracy = store_probe(
        embed, find, training_set, arrays, training.folder, run, context, settle
    )
    # Fine-tuning starts from a trained head: a random one would first spoil the features with its
    # large gradients (Kumar et al. 2022).
    model.get_layer("logits").set_weights([head.kernel, head.bias])
    return accuracy


def _trial_of(training: Training, embed: Embedder, context: Context) -> Settle | None:
    """Return what tries whether fine-tuning pays; None where it is not asked, or not possible."""
    # Hosts would each need the same share of the trial's images: there, as the recipe has it.
    recipe = training.recipe
    if not (recipe.is_gated and recipe.epochs) or context.hosts.world > 1:
        return None

    def settle(known: Known) -> bool:
        shown = try_fine_tuning(training, known, embed)
        if shown is not None:
            context.report(shown.in_words())
        return shown is not None and not shown.share

    return settle


def _report_plan(recipe: Recipe, trained: int, validated: int, weights: str | Path | None) -> str:
    start = "from scratch" if weights is None else "from pretrained weights"
    epochs = f"at most {recipe.epochs} epochs" if recipe.patience else f"{recipe.epochs} epochs"
    return (
        f"Training {recipe.model} at {recipe.size} px {start} on {trained} pictures, {epochs}; "
        f"{validated} validation pictures choose the best."
    )


def settings_of(run: Run, weights: str | Path | None) -> ModelSettings:
    """Return what the run's network is built from; `weights` only matter at the start."""
    recipe = run.recipe
    return ModelSettings(
        model=recipe.model,
        size=recipe.size,
        categories=len(run.labels),
        dense=recipe.dense,
        dropout=recipe.dropout,
        seed=recipe.seed,
        weights=weights,
        is_pretrained=run.weights is not None,
    )


def build_trained(run: Run, folder: RunFolder, precision: Precision = "float32") -> keras.Model:
    """Rebuild the run's network in this precision with its best weights."""
    model = build_model(settings_of(run, None), precision)
    is_mixed = folder.averaged.exists()
    model.set_weights(load_weights(folder.averaged if is_mixed else folder.best))
    return model


def number_labels(rows: pl.DataFrame, labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return each row's place in `labels`; -1 where its label is not among them."""
    numbers = {label: number for number, label in enumerate(labels)}
    places = rows["label"].replace_strict(numbers, default=-1, return_dtype=pl.Int64)
    return places.to_numpy().astype(np.int64)


def open_training_set(arrays: Arrays, run: Run, context: Context) -> TrainingSet:
    """Return the images of the training split.

    Raises:
        DataError: if there are none.
    """
    rows = arrays.of_split("train")
    if not len(rows):
        raise DataError("No picture of the training split could be decoded.")
    return TrainingSet(
        arrays.images(run.recipe.size),
        rows,
        number_labels(arrays.rows, run.labels),
        run.recipe,
        Share(context.hosts.rank, context.hosts.world),
        threads=min(context.cores, _MOST_THREADS),
    )


def freeze(model: keras.Model, recipe: Recipe) -> None:
    """Keep those layers of a pretrained network as they are that the recipe says."""
    for part in model.layers:
        inner = getattr(part, "layers", [])
        frozen = round(recipe.freeze * len(inner))
        for place, layer in enumerate(inner):
            # A BatchNormalization that is not trainable predicts in Keras: its statistics stay,
            # too.
            is_norm = isinstance(layer, keras.layers.BatchNormalization)
            if place < frozen or (recipe.freeze_norm and is_norm):
                layer.trainable = False


def _embedder(model: keras.Model, training_set: TrainingSet, context: Context) -> Embedder:
    network = keras.Model(model.input, model.get_layer("embedding").output)
    predict, dimensions = make_predictor(network), network.output_shape[-1]
    return Embedder(predict, dimensions, training_set.images, context.progress)


def _words_of(run: Run, arrays: Arrays, weights: str | Path) -> FindWords:
    def find(dimensions: int) -> WordHead | str:
        head = find_head(run.recipe.model, weights, dimensions)
        return find_words(run.labels, arrays.taxonomy, head)

    return find


def _result(position: Position, n: int, probe_accuracy: float | None) -> dict[str, object]:
    best = next((e for e in position.history if e["epoch"] == position.best_epoch), None)
    accuracy = best.get("validation_accuracy") if best else probe_accuracy
    is_measured = n > 0 and accuracy is not None and position.best_loss is not None
    return {
        "steps": position.step,
        "seconds": round(position.seconds, 2),
        "seconds_waited": round(position.seconds_waited, 3),
        "best_epoch": position.best_epoch,
        "validation": {"n": n, "accuracy": accuracy, "loss": position.best_loss}
        if is_measured
        else None,
        "probe": None if probe_accuracy is None else {"validation_accuracy": probe_accuracy},
    }
