"""Exports a trained run as its bundle, `model.onnx` and `bundle.json`, and checks the result."""

import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import torch
from scipy.special import softmax

from pixonomy.arrays.image_shards import Arrays
from pixonomy.bundle.calibration_time import write_calibration_time
from pixonomy.bundle.describe_run import describe_run
from pixonomy.bundle.load import BUNDLE_FILE, MODEL_FILE, seal
from pixonomy.bundle.pooled_features import add_features
from pixonomy.errors import BundleError
from pixonomy.heads.gated import GatedHead
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.session import EMBEDDING, INPUT, LOGITS, NOVELTY, RESTS_ON, Network, Outputs
from pixonomy.models.backend import give_back_memory, keras
from pixonomy.models.device import AUTO, CPU, choose_device, on_device
from pixonomy.models.predictor import make_predictor
from pixonomy.storage.files import hash_file, write_aside, write_json
from pixonomy.training.checkpoint import load_weights
from pixonomy.training.epochs import answer
from pixonomy.training.gate import Gate
from pixonomy.training.gated_module import GatedModule
from pixonomy.training.novelty import Novelty, fit_novelty
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import Run, RunFolder
from pixonomy.training.train_run import build_trained, number_labels

_TOLERANCE = 1e-3  # beyond it, in probability, the exported network is another network
_DEVICE_TOLERANCE = 0.05  # GPUs multiply float32 with fewer digits (TF32)
_EMBEDDED, _FEWEST_OF_LABEL = 2000, 10  # training images that novelty is measured against
_BATCH = 64
_CHECKED = 7  # images the exported network is compared on, an odd batch on purpose


class _Exported(torch.nn.Module):
    """The network as a PyTorch module that always predicts and never trains.

    Of an image and its mirror image, if both are to be asked, it gives the mean.
    """

    def __init__(
        self,
        model: keras.Model,
        outputs: Sequence[keras.KerasTensor],
        also_mirrored: bool,
        novelty: Novelty | None,
        gated: GatedHead | None,
    ) -> None:
        super().__init__()
        self.gate = None if gated is None else GatedModule(gated)
        self.network = keras.Model(model.input, list(outputs))
        self.also_mirrored = also_mirrored
        self.novelty = novelty

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        given = self._ask(images)
        if self.also_mirrored:
            # Means of logits and of embeddings, as in validation; novelty is measured on the mean.
            mirrored = self._ask(torch.flip(images, (3,)))
            given = tuple((one + other) / 2 for one, other in zip(given, mirrored, strict=True))
        measured = None if self.novelty is None else self.novelty.measure(given[-1])
        if self.gate is None:
            return given if measured is None else (*given, measured)
        logits, rests_on, measured = self.gate(given[-1], given[0], measured)
        novel = () if measured is None else (measured,)
        return (logits, given[-1], *novel, rests_on)

    def _ask(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        given = self.network(images, training=False)
        return (given,) if isinstance(given, torch.Tensor) else tuple(given)


def export_bundle(
    arrays: Arrays, run: Run, folder: RunFolder, threads: int, device: str = AUTO
) -> None:
    """Write the run's bundle, calibrated on validation images that did not stop its training.

    Args:
        device: what looks at training images, see `models.device`. The network is exported from
            the processor, whose numbers are the ones that every reader of the bundle gets.

    Raises:
        BundleError: if the exported network does not give what the Keras model gives.
        SettingError: if the device is not there, or too small.
    """
    give_back_memory()  # that the training had
    device = choose_device(device)
    gate = Gate.from_arrays(load_weights(folder.gate)) if folder.gate.exists() else None
    numbers = number_labels(arrays.rows, run.labels)
    some = arrays.images(run.recipe.size).gather(np.arange(min(_CHECKED, arrays.rows.height)))
    with on_device(device):
        model = build_trained(run, folder)
        novelty = _fit_novelty(model, arrays, numbers, run.recipe)
        answered = answer(make_predictor(model), some, run.recipe.test_flip)
    with write_aside(folder.bundle) as partial, on_device(CPU):
        partial.mkdir()
        # Rebuilt rather than moved: the exporter follows the weights where they lie.
        model = model if device == CPU else build_trained(run, folder)
        gated = None if gate is None else gate.head
        export_onnx(model, partial / MODEL_FILE, run.recipe.test_flip, novelty, gated)
        explained = add_features(partial / MODEL_FILE, gated)
        network = Network((partial / MODEL_FILE).read_bytes(), threads)
        given = network.run(some)
        logits = given.logits if gated is None else _check_gate(model, given, gated)
        check_answers(answer(make_predictor(model), some, run.recipe.test_flip), logits, CPU)
        check_answers(answered, logits, device)
        hashes = {MODEL_FILE: hash_file(partial / MODEL_FILE)}
        about = describe_run(run, arrays, numbers, network, gate) | explained | {"hashes": hashes}
        sealed = seal(about)
        write_json(partial / BUNDLE_FILE, sealed)
        write_calibration_time(partial, sealed["digest"])


def choose_examples(
    arrays: Arrays, numbers: npt.NDArray[np.int64], seed: int
) -> npt.NDArray[np.int64]:
    """Return rows of some training images of each label, that novelty is measured against."""
    train = arrays.of_split("train")
    # A random place among the images of its label: those below `most` are the sample.
    place_in_label = pl.int_range(pl.len()).shuffle(seed).over("label")
    most = max(_FEWEST_OF_LABEL, _EMBEDDED // max(1, int(numbers.max()) + 1))
    is_chosen = arrays.rows[train].select(place_in_label).to_series() < most
    return np.asarray(train[is_chosen.to_numpy()])


def _fit_novelty(
    model: keras.Model, arrays: Arrays, numbers: npt.NDArray[np.int64], recipe: Recipe
) -> Novelty | None:
    """Look at some training images of each label, as the bundle will look at new ones."""
    some = choose_examples(arrays, numbers, recipe.seed)
    predict = make_predictor(keras.Model(model.input, model.get_layer(EMBEDDING).output))
    images = arrays.images(recipe.size)
    parts = [
        answer(predict, images.gather(some[i : i + _BATCH]), recipe.test_flip)
        for i in range(0, len(some), _BATCH)
    ]
    return fit_novelty(np.concatenate(parts), numbers[some])


def export_onnx(
    model: keras.Model,
    path: Path,
    also_mirrored: bool = False,
    novelty: Novelty | None = None,
    gated: GatedHead | None = None,
) -> None:
    """Write a float32 Keras model to one ONNX file: uint8 images in, logits and embedding out.

    Args:
        also_mirrored: both are the means of an image's and of its mirror image's.
        novelty: if given, the network also returns how novel an image is.
        gated: if given, it answers instead of the model's own head, and the network also returns
            what each answer rests on.
    """
    embedding = model.get_layer(EMBEDDING).output
    outputs = {LOGITS: model.output, EMBEDDING: embedding}
    _export(model, outputs, path, also_mirrored, novelty, gated)


def export_headless(model: keras.Model, path: Path) -> None:
    """Write a float32 Keras model to one ONNX file: uint8 images in, an embedding out.

    Args:
        model: its only output is the embedding; see `models.headless`.

    Raises:
        BundleError: if the exported network does not give what the Keras model gives.
    """
    _export(model, {EMBEDDING: model.output}, path)
    images = np.random.default_rng(0).integers(0, 256, (_CHECKED, *model.input_shape[1:]), np.uint8)
    wanted = make_predictor(model)(images)
    given = EmbeddingNetwork(path.read_bytes()).run(images)
    # Relative to the largest output: an embedding has no natural scale, as probabilities do.
    difference = float(np.abs(wanted - given).max() / (np.abs(wanted).max() + 1e-6))
    if not difference <= _TOLERANCE:
        raise BundleError(
            f"The exported network differs from the given one by {difference:.2g} of its largest "
            "output: not used."
        )


def _export(
    model: keras.Model,
    outputs: Mapping[str, keras.KerasTensor],
    path: Path,
    also_mirrored: bool = False,
    novelty: Novelty | None = None,
    gated: GatedHead | None = None,
) -> None:
    module = _Exported(model, list(outputs.values()), also_mirrored, novelty, gated).eval()
    also = [NOVELTY] * (novelty is not None) + [RESTS_ON] * (gated is not None)
    # A batch of two: the exporter takes a batch of one for a constant.
    example = torch.zeros((2, *model.input_shape[1:]), dtype=torch.uint8)
    with quietly(), torch.no_grad():
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            input_names=[INPUT],
            output_names=[*outputs, *also],
            external_data=False,
        )
        assert program is not None
        program.save(path)


def _check_gate(model: keras.Model, given: Outputs, gated: GatedHead) -> npt.NDArray[np.float32]:
    """Compare exported answers with the gated head's own; return the linear head's logits."""
    kernel, bias = model.get_layer(LOGITS).get_weights()
    linear = np.asarray(given.embeddings @ kernel + bias, np.float32)
    # On the exported embeddings: rounding could bring an image to the other side of the gate.
    answers, _ = gated.answer(given.embeddings, linear)
    check_answers(answers.astype(np.float32), given.logits, CPU)
    return linear


def check_answers(
    logits: npt.NDArray[np.float32], given: npt.NDArray[np.float32], device: str
) -> None:
    """Compare the logits of the exported network with those of the trained one on a device.

    Raises:
        BundleError: if they differ by more than rounding.
    """
    apart = softmax(logits, axis=1) - softmax(given, axis=1)
    difference = float(np.abs(apart).max())
    if not difference <= (_TOLERANCE if device == CPU else _DEVICE_TOLERANCE):
        where = "" if device == CPU else f" on {device}"
        raise BundleError(
            f"The exported network differs from the trained one{where} by {difference:.2g} in "
            "probability: not written."
        )


@contextmanager
def quietly() -> Iterator[None]:
    """Keep the exporter of ONNX from printing."""
    # The exporter prints its steps on standard output, which belongs to the caller's JSON.
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logger.setLevel(before)
