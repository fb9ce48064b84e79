"""Finished arrays and a recipe go in; a trained run folder comes out (not yet its bundle)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.load import Share
from pixonomy.arrays.read import Arrays
from pixonomy.errors import DataError
from pixonomy.files import read_parquet, write_json, write_parquet
from pixonomy.models.airbench import fit_whitening
from pixonomy.models.backend import Precision, best_precision, keras, use_threads
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.progress import Progress, Surroundings
from pixonomy.training.batches import TrainingSet
from pixonomy.training.checkpoint import Position, load_weights, save_weights
from pixonomy.training.fit import Training, fit_model
from pixonomy.training.probe import Embedded, Probe, fit_probe
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import Run, RunFolder
from pixonomy.training.validation import divide_validation

_EMBED_BATCH = 64
_WHITENED = 5000  # pictures whose patches are decorrelated: two hundred patches for each number
_MOST_THREADS = 8  # making batches: more would only wait for each other


def train_run(
    arrays: Arrays,
    run: Run,
    folder: RunFolder,
    weights: str | Path | None,
    surroundings: Surroundings,
) -> dict[str, Any]:
    """Train, going on where an interrupted training of the same run stopped.

    Args:
        weights: what the network starts from: a file, `IMAGENET`, or None (at random).

    Returns:
        The content of `training.json`: steps, seconds, seconds_waited (for batches), best_epoch,
        validation {n, accuracy, loss} or None, probe {validation_accuracy} or None.
    """
    use_threads(surroundings.cores)
    training_set = _training_set(arrays, run, surroundings)
    validation = divide_validation(arrays.rows).stopping
    model = build_model(settings_of(run, weights), best_precision())
    _freeze(model, run.recipe)
    if run.recipe.model == "airbench":
        fit_whitening(model, training_set.pictures.gather(training_set.rows[:_WHITENED]))
    probe_accuracy = None
    if weights is not None:
        head, probe_accuracy = _probe(model, training_set, arrays, folder, surroundings.progress)
        model.get_layer("logits").set_weights([head.kernel, head.bias])
    training = Training(
        model, training_set, validation, folder, weights is not None, surroundings.progress
    )
    position = fit_model(training)
    result = _result(position, len(validation), probe_accuracy)
    write_json(folder.result, result)
    return result


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


def build_trained(run: Run, folder: RunFolder, precision: Precision = "float32") -> Any:
    """Rebuild the run's network in this precision with its best weights."""
    model = build_model(settings_of(run, None), precision)
    model.set_weights(load_weights(folder.best))
    return model


def number_labels(rows: pl.DataFrame, labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return each row's place in `labels`; -1 where its label is not among them."""
    numbers = {label: number for number, label in enumerate(labels)}
    places = rows["label"].replace_strict(numbers, default=-1, return_dtype=pl.Int64)
    return places.to_numpy().astype(np.int64)


def _training_set(arrays: Arrays, run: Run, surroundings: Surroundings) -> TrainingSet:
    rows = arrays.of_split("train")
    if not len(rows):
        raise DataError("No picture of the training split could be decoded.")
    return TrainingSet(
        arrays.pictures(run.recipe.size),
        rows,
        number_labels(arrays.rows, run.labels),
        run.recipe,
        Share(surroundings.hosts.rank, surroundings.hosts.world),
        threads=min(surroundings.cores, _MOST_THREADS),
    )


def _freeze(model: Any, recipe: Recipe) -> None:
    for part in model.layers:
        inner = getattr(part, "layers", [])
        frozen = round(recipe.freeze * len(inner))
        for place, layer in enumerate(inner):
            is_norm = isinstance(layer, keras.layers.BatchNormalization)
            if place < frozen or (recipe.freeze_norm and is_norm):
                layer.trainable = False


def _probe(
    model: Any,
    training_set: TrainingSet,
    arrays: Arrays,
    folder: RunFolder,
    progress: Progress,
) -> tuple[Probe, float | None]:
    """Fit the linear probe and store its predictions; a finished one is read back."""
    labels, validation = training_set.labels, divide_validation(arrays.rows).stopping
    if folder.probe.exists():
        probe = Probe(*load_weights(folder.probe_head))
        predicted = read_parquet(folder.probe)["predicted"].to_numpy()
    else:
        embeddings = _embed(model, training_set, arrays.rows.height, progress)
        train = training_set.rows
        probe = fit_probe(
            Embedded(embeddings[train], labels[train]),
            Embedded(embeddings[validation], labels[validation]),
            model.output_shape[-1],
        )
        predicted = probe.logits(embeddings).argmax(axis=1)
        save_weights(folder.probe_head, [probe.kernel, probe.bias])
        table = arrays.rows.select("image_id", "split")
        write_parquet(folder.probe, table.with_columns(pl.Series("predicted", predicted)))
    if not len(validation):
        return probe, None
    return probe, float((predicted[validation] == labels[validation]).mean())


def _embed(model: Any, training_set: TrainingSet, count: int, progress: Progress) -> Any:
    network = keras.Model(model.input, model.get_layer("embedding").output)
    parts = []
    for start in range(0, count, _EMBED_BATCH):
        rows = np.arange(start, min(count, start + _EMBED_BATCH))
        parts.append(np.asarray(network.predict_on_batch(training_set.pictures.gather(rows))))
        progress("linear probe", int(rows[-1]) + 1, count)
    return np.concatenate(parts)


def _result(position: Position, n: int, probe_accuracy: float | None) -> dict[str, Any]:
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
