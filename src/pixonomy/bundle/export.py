"""A trained run goes in; its bundle comes out: `model.onnx` and `bundle.json`, checked."""

import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from pixonomy.arrays.read import Arrays
from pixonomy.bundle.calibrate import calibrate
from pixonomy.bundle.load import BUNDLE_FILE, MODEL_FILE, SCHEMA_VERSION, seal
from pixonomy.errors import BundleError
from pixonomy.files import hash_file, write_aside, write_json
from pixonomy.images.resize import RESIZE_VERSION
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.session import EMBEDDING, INPUT, LOGITS, NOVELTY, Network
from pixonomy.models.backend import keras
from pixonomy.training.fit import answer
from pixonomy.training.novelty import Novelty, fit_novelty
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import Run, RunFolder, versions
from pixonomy.training.train import build_trained, number_labels
from pixonomy.training.validation import divide_validation

_TOLERANCE = 1e-3  # beyond it, in probability, the exported network is another network
_EMBEDDED, _FEWEST_OF_LABEL = 2000, 10  # training pictures that novelty is measured against
_BATCH = 64
_CHECKED = 7  # pictures the exported network is compared on, an odd batch on purpose


class _Exported(torch.nn.Module):
    """The network as a PyTorch module that always predicts and never trains.

    Of a picture and its mirror image, if both are to be asked, it gives the mean.
    """

    def __init__(
        self, model: Any, outputs: Sequence[Any], also_mirrored: bool, novelty: Novelty | None
    ) -> None:
        super().__init__()
        self.network = keras.Model(model.input, list(outputs))
        self.also_mirrored = also_mirrored
        self.novelty = novelty

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        given = self._ask(images)
        if self.also_mirrored:
            mirrored = self._ask(torch.flip(images, (3,)))
            given = tuple((one + other) / 2 for one, other in zip(given, mirrored, strict=True))
        return given if self.novelty is None else (*given, self.novelty.measure(given[-1]))

    def _ask(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        given = self.network(images, training=False)
        return (given,) if isinstance(given, torch.Tensor) else tuple(given)


def export_bundle(arrays: Arrays, run: Run, folder: RunFolder, threads: int) -> None:
    """Write the run's bundle, calibrated on validation pictures that did not stop its training.

    Raises:
        BundleError: if the exported network does not give what the Keras model gives.
    """
    model = build_trained(run, folder)
    pictures = arrays.pictures(run.recipe.size)
    with write_aside(folder.bundle) as partial:
        partial.mkdir()
        numbers = number_labels(arrays.rows, run.labels)
        novelty = _fit_novelty(model, arrays, numbers, run.recipe)
        export_onnx(model, partial / MODEL_FILE, run.recipe.test_flip, novelty)
        network = Network((partial / MODEL_FILE).read_bytes(), threads)
        some = pictures.gather(np.arange(min(_CHECKED, arrays.rows.height)))
        _check(answer(model, some, run.recipe.test_flip), network, some)
        validation = divide_validation(arrays.rows)
        outputs = network.run(pictures.gather(validation.calibrating))
        calibration = calibrate(outputs, numbers[validation.calibrating], run.recipe.sure_accuracy)
        about = {
            "schema_version": SCHEMA_VERSION,
            "labels": _describe(run.labels, arrays, numbers[arrays.of_split("train")]),
            "preprocessing": {
                "size": run.recipe.size,
                "fit": arrays.about["fit"],
                "resize_version": RESIZE_VERSION,
            },
            "calibration": asdict(calibration),
            "hashes": {MODEL_FILE: hash_file(partial / MODEL_FILE)},
            "provenance": {
                "recipe": asdict(run.recipe),
                "weights": run.weights,
                "calibrated_apart": validation.are_apart,
                "data": dict(arrays.about["fingerprint"]),
                "versions": versions(),
            },
        }
        write_json(partial / BUNDLE_FILE, seal(about))


def _describe(
    labels: Sequence[str], arrays: Arrays, train: npt.NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Say of each label what it is called and how many training pictures have it."""
    names = arrays.about.get("names", {})
    counts = np.bincount(train[train >= 0], minlength=len(labels)).tolist()
    return [
        {"label": label, "name": names.get(label, label), "count": count}
        for label, count in zip(labels, counts, strict=True)
    ]


def _fit_novelty(
    model: Any, arrays: Arrays, numbers: npt.NDArray[np.int64], recipe: Recipe
) -> Novelty | None:
    """Look at some training pictures of each label, as the bundle will look at new ones."""
    train = arrays.of_split("train")
    place_in_label = pl.int_range(pl.len()).shuffle(recipe.seed).over("label")
    most = max(_FEWEST_OF_LABEL, _EMBEDDED // max(1, int(numbers.max()) + 1))
    some = train[(arrays.rows[train].select(place_in_label).to_series() < most).to_numpy()]
    network = keras.Model(model.input, model.get_layer(EMBEDDING).output)
    pictures = arrays.pictures(recipe.size)
    parts = [
        answer(network, pictures.gather(some[i : i + _BATCH]), recipe.test_flip)
        for i in range(0, len(some), _BATCH)
    ]
    return fit_novelty(np.concatenate(parts), numbers[some])


def export_onnx(
    model: Any, path: Path, also_mirrored: bool = False, novelty: Novelty | None = None
) -> None:
    """Write a float32 Keras model to one ONNX file: uint8 images in, logits and embedding out.

    Args:
        also_mirrored: both are the means of a picture's and of its mirror image's.
        novelty: if given, how novel a picture is comes out, too.
    """
    embedding = model.get_layer(EMBEDDING).output
    outputs = {LOGITS: model.output, EMBEDDING: embedding}
    _export(model, outputs, path, also_mirrored, novelty)


def export_headless(model: Any, path: Path) -> None:
    """Write a float32 Keras model to one ONNX file: uint8 images in, an embedding out.

    Args:
        model: its only output is the embedding; see `models.headless`.

    Raises:
        BundleError: if the exported network does not give what the Keras model gives.
    """
    _export(model, {EMBEDDING: model.output}, path)
    images = np.random.default_rng(0).integers(0, 256, (_CHECKED, *model.input_shape[1:]), np.uint8)
    wanted = np.asarray(model.predict_on_batch(images))
    given = EmbeddingNetwork(path.read_bytes()).run(images)
    difference = float(np.abs(wanted - given).max() / (np.abs(wanted).max() + 1e-6))
    if not difference <= _TOLERANCE:
        raise BundleError(
            f"The exported network differs from the given one by {difference:.2g} of its largest "
            "output: not used."
        )


def _export(
    model: Any,
    outputs: Mapping[str, Any],
    path: Path,
    also_mirrored: bool = False,
    novelty: Novelty | None = None,
) -> None:
    module = _Exported(model, list(outputs.values()), also_mirrored, novelty).eval()
    # A batch of two: the exporter takes a batch of one for a constant.
    example = torch.zeros((2, *model.input_shape[1:]), dtype=torch.uint8)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            input_names=[INPUT],
            output_names=[*outputs, *([] if novelty is None else [NOVELTY])],
            external_data=False,
        )
        assert program is not None
        program.save(path)


def _check(
    logits: npt.NDArray[np.float32], network: Network, images: npt.NDArray[np.uint8]
) -> None:
    wanted = torch.softmax(torch.tensor(logits), dim=1)
    given = torch.softmax(torch.tensor(network.run(images).logits), dim=1)
    difference = float((wanted - given).abs().max())
    if not difference <= _TOLERANCE:
        raise BundleError(
            f"The exported network differs from the trained one by {difference:.2g} in "
            "probability: not written."
        )


@contextmanager
def _quiet() -> Iterator[None]:
    # The exporter tells its steps on standard output, which belongs to the caller's JSON.
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logger.setLevel(before)
