"""Trains a network on finished arrays by a recipe, into a run folder; its bundle comes later."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.image_shards import Arrays
from pixonomy.arrays.loader import Share
from pixonomy.errors import DataError
from pixonomy.heads.gated import FEWEST, MOST_CATEGORIES
from pixonomy.heads.word_head import WordHead
from pixonomy.models.airbench import fit_whitening
from pixonomy.models.backend import Precision, best_precision, keras, use_threads
from pixonomy.models.device import choose_device, describe_device, on_device
from pixonomy.models.imagenet_head import find_head
from pixonomy.models.predictor import make_predictor
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.progress import Context, no_report
from pixonomy.storage.files import read_json, write_json
from pixonomy.storage.tables import read_parquet, write_parquet
from pixonomy.training.batches import TrainingSet
from pixonomy.training.checkpoint import Position, load_weights, save_weights
from pixonomy.training.embedder import Embedder, in_chunks
from pixonomy.training.epochs import Training, fit_model
from pixonomy.training.gate import find_words, fit_gate
from pixonomy.training.probe import Embedded, Probe, choose_probed, fit_probe
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import BY_WORDS, Run, RunFolder
from pixonomy.training.validation import divide_validation

_PROBED, _PROBED_ALONE = 20_000, 100_000  # images, before a training and instead of one
_WHITENED = 5000  # images whose patches are decorrelated: two hundred patches for each number
_MOST_THREADS = 8  # making batches: more would only wait for each other
_NO_ANSWERS = pl.DataFrame(schema={"predicted": pl.Int64, BY_WORDS: pl.Int64})

FindWords = Callable[[int], WordHead | str]
"""Gives what words say of the labels by embeddings of d numbers, or why they say nothing."""


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
    probe_accuracy = None
    if weights is not None:
        embed, find = _embedder(model, training_set, context), _words_of(run, arrays, weights)
        head, probe_accuracy = store_probe(embed, find, training_set, arrays, folder, run, context)
        # Fine-tuning starts from a trained head: a random one would first spoil the features with
        # its large gradients (Kumar et al. 2022).
        model.get_layer("logits").set_weights([head.kernel, head.bias])
    reporting = context.progress, context.report if context.hosts.rank == 0 else no_report
    training = Training(
        model, training_set, validation, folder, weights is not None, *reporting, device=device
    )
    plan = _report_plan(run.recipe, len(training_set.rows), len(validation), weights)
    training.report(f"{plan} Computing on {describe_device(device)} in {precision}.")
    position = fit_model(training)
    result = _result(position, len(validation), probe_accuracy)
    result |= {"device": device, "precision": precision}
    if folder.gate_facts.exists():
        result["heads"] = read_json(folder.gate_facts)
    write_json(folder.result, result)
    return result


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
    model.set_weights(load_weights(folder.best))
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


def store_probe(
    embed: Embedder,
    find: FindWords,
    training_set: TrainingSet,
    arrays: Arrays,
    folder: RunFolder,
    run: Run,
    context: Context,
) -> tuple[Probe, float | None]:
    """Fit the linear probe and store its predictions; a finished one is read back.

    Beside them stand the answers of words alone, where words have a say: a baseline, too.

    Returns:
        The probe, and its accuracy on the validation images that choose the best epoch.
    """
    labels, stopping = training_set.labels, divide_validation(arrays.rows).stopping
    if not folder.probe.exists():
        most = _PROBED if training_set.recipe.epochs else _PROBED_ALONE
        seed, rest = (
            training_set.recipe.seed,
            np.setdiff1d(np.arange(len(labels)), training_set.rows),
        )
        asked = [choose_probed(rows, labels, most, seed) for rows in (training_set.rows, stopping)]
        embed.total = len(rest) + sum(map(len, asked))
        known, judged = (Embedded(embed(rows), labels[rows]) for rows in asked)
        probe = fit_probe(known, judged)
        # Finding the backbone's head may mean a download: not where there are no words to read.
        has_words = run.recipe.is_gated or arrays.taxonomy is not None
        words = find(known.embeddings.shape[1]) if has_words else "There is no taxonomy."
        answers = [_answer(probe, words, embed(some)) for some in in_chunks(rest)]
        save_weights(folder.probe_head, [probe.kernel, probe.bias])
        if run.recipe.is_gated:
            _fit_gate(known, arrays.rows[asked[0]], probe, words, run, folder, context)
        table = arrays.rows[rest].select("image_id", "split")
        write_parquet(folder.probe, table.hstack(pl.concat([_NO_ANSWERS, *answers])))
    kernel, bias = (one.astype(np.float32) for one in load_weights(folder.probe_head))
    probe = Probe(kernel, bias)
    if not len(stopping):
        return probe, None
    truth = arrays.rows[stopping].select("image_id").with_columns(label=pl.Series(labels[stopping]))
    answered = truth.join(read_parquet(folder.probe), on="image_id")
    return probe, float((answered["predicted"] == answered["label"]).mean())  # type: ignore[arg-type]


def _answer(
    probe: Probe, words: WordHead | str, embeddings: npt.NDArray[np.float32]
) -> pl.DataFrame:
    predicted = probe.logits(embeddings).argmax(axis=1)
    by_words = None if isinstance(words, str) else words.scores(embeddings).argmax(axis=1)
    return pl.DataFrame({"predicted": predicted, BY_WORDS: by_words}, _NO_ANSWERS.schema)


def _fit_gate(
    embedded: Embedded,
    rows: pl.DataFrame,
    probe: Probe,
    words: WordHead | str,
    run: Run,
    folder: RunFolder,
    context: Context,
) -> None:
    """Store the gated head, and how it was chosen; say so, or why there is none."""
    fitted = fit_gate(embedded, rows, probe, words, len(run.labels), run.recipe.seed)
    if fitted is None:
        context.report(
            f"The linear head answers alone: choosing among heads takes at least {FEWEST} "
            f"training pictures and at most {MOST_CATEGORIES} categories."
        )
        return
    gate, facts = fitted
    save_weights(folder.gate, gate.as_arrays())
    write_json(folder.gate_facts, facts.as_json())
    context.report(facts.in_words())


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
