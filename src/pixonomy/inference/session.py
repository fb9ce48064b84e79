"""Runs a network by ONNX Runtime, without Keras: logits, embeddings, novelty."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnxruntime

from pixonomy.errors import BundleError
from pixonomy.inference.form import (
    EMBEDDING,
    FEATURES,
    INPUT,
    LARGEST_TENSOR,
    LOGITS,
    NOVELTY,
    RESTS_ON,
    Widths,
    ask,
    check_form,
    in_short,
    measure_model,
)

__all__ = [
    "EMBEDDING",
    "INPUT",
    "LOGITS",
    "NOVELTY",
    "RESTS_ON",
    "Network",
    "Outputs",
    "open_session",
]

Floats = npt.NDArray[np.float32]

_FIELDS = {
    LOGITS: "logits",
    EMBEDDING: "embeddings",
    NOVELTY: "novelty",
    RESTS_ON: "rests_on",
}
_BATCH = 64  # images at once: memory stays flat however many are asked for


@dataclass(frozen=True)
class Outputs:
    """What the network says: logits, float32 (n, k), and embeddings, float32 (n, d).

    Attributes:
        novelty: how unlike the training images each one is, float32 (n,); None: not measured.
        rests_on: what each answer rests on, float32 (n,): 0 that the image is like training ones,
            2 its category's words, 1 both; None: the network has no gate.
    """

    logits: Floats
    embeddings: Floats
    novelty: Floats | None = None
    rests_on: Floats | None = None


@dataclass(frozen=True)
class Opened:
    """An ONNX Runtime session, checked.

    Attributes:
        size: of the square images it takes, in pixels.
        widths: the shape of each output for one image, by its name.
        at_once: images whose largest tensor stays within LARGEST_TENSOR; at least one.
    """

    session: "onnxruntime.InferenceSession"
    size: int
    widths: Widths
    at_once: int


class Network:
    """A loaded network, ready to run on the CPU."""

    def __init__(self, content: bytes, threads: int) -> None:
        """Load the bytes of an ONNX model.

        Raises:
            BundleError: if they are no ONNX model of the expected form, or lean on other files.
        """
        self._opened = opened = open_session(content, threads, {LOGITS, EMBEDDING})
        self.image_shape = (3, opened.size, opened.size)
        """(3, size, size) of one image."""
        self.categories = opened.widths[LOGITS][0]
        """How many logits an image gets."""
        self.dimensions = opened.widths[EMBEDDING][0]
        """d: the length of an embedding."""
        self.tells_novelty = NOVELTY in opened.widths
        """Whether it says how unlike the training images an image is."""
        self.is_gated = RESTS_ON in opened.widths
        """Whether it says what an answer rests on."""
        self.gives_features = FEATURES in opened.widths
        """Whether it can be asked for the map whose mean its linear head sees."""
        self._widths = {name: opened.widths[name] for name in _FIELDS if name in opened.widths}

    def run(self, images: npt.NDArray[np.uint8]) -> Outputs:
        """Return the outputs for images, uint8, shape (n, 3, size, size).

        Raises:
            BundleError: if the network cannot be run, or answers with numbers that are not finite.
        """
        batch = min(_BATCH, self._opened.at_once)
        parts = [
            ask(self._opened.session, self._widths, images[start : start + batch])
            for start in range(0, max(1, len(images)), batch)
        ]
        values = [np.concatenate(one) for one in zip(*parts, strict=True)]
        fields = [_FIELDS[name] for name in self._widths]
        return Outputs(**dict(zip(fields, values, strict=True)))

    def run_with_features(self, images: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Return logits, (n, k), and the map whose mean the linear head sees, (n, h, w, d).

        Args:
            images: a few, uint8, shape (n, 3, size, size), of a network that `gives_features`.

        Raises:
            BundleError: if the network cannot be run, or answers with numbers that are not finite.
        """
        widths = {name: self._opened.widths[name] for name in (LOGITS, FEATURES)}
        logits, features = ask(self._opened.session, widths, images)
        is_channels_last = features.shape[3] == self.dimensions
        return logits, features if is_channels_last else np.moveaxis(features, 1, 3)


def open_session(content: bytes, threads: int, wanted: set[str]) -> Opened:
    """Return an ONNX Runtime session on the CPU for the bytes of an ONNX model.

    Args:
        wanted: outputs it has to have.

    Raises:
        BundleError: if they are no ONNX model of the expected form, or lean on other files.
    """
    try:
        of_image = measure_model(content)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except BundleError:
        raise
    except Exception as error:  # ONNX Runtime and protobuf raise types of their own
        raise BundleError(f"The model is damaged or no ONNX model: {in_short(error)}.") from error
    size, widths = check_form(session, wanted)
    return Opened(session, size, widths, max(1, LARGEST_TENSOR // max(1, of_image)))
