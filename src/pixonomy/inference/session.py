"""A batch of images goes in; logits and embeddings come out, by ONNX Runtime, without Keras."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx.external_data_helper import uses_external_data

from pixonomy.errors import BundleError

Floats = npt.NDArray[np.float32]

INPUT, LOGITS, EMBEDDING, NOVELTY = "images", "logits", "embedding", "novelty"
"""The names of the network's input and outputs."""

_BATCH = 64  # pictures at once: memory stays flat however many are asked for


@dataclass(frozen=True)
class Outputs:
    """What the network says: logits, float32 (n, k), and embeddings, float32 (n, d).

    Attributes:
        novelty: how unlike the training pictures each one is, float32 (n,); None: not told.
    """

    logits: Floats
    embeddings: Floats
    novelty: Floats | None = None


class Network:
    """A loaded network, ready to run on the CPU."""

    def __init__(self, content: bytes, threads: int) -> None:
        """Load the bytes of an ONNX model.

        Raises:
            BundleError: if they are no ONNX model of the expected form, or lean on other files.
        """
        self._session: Any = open_session(content, threads)
        inputs, outputs = check_shapes(self._session, {LOGITS, EMBEDDING})
        self.picture_shape = tuple(inputs[INPUT][1:])
        """(3, size, size) of one picture."""
        self.categories = outputs[LOGITS][-1]
        """How many logits a picture gets."""
        self._wanted = [LOGITS, EMBEDDING, *([NOVELTY] if NOVELTY in outputs else [])]

    def run(self, images: npt.NDArray[np.uint8]) -> Outputs:
        """Return the outputs for images, uint8, shape (n, 3, size, size)."""
        parts = [
            self._session.run(self._wanted, {INPUT: images[start : start + _BATCH]})
            for start in range(0, max(1, len(images)), _BATCH)
        ]
        return Outputs(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def open_session(content: bytes, threads: int) -> Any:
    """Return an ONNX Runtime session on the CPU for the bytes of an ONNX model.

    Raises:
        BundleError: if they are no ONNX model, or lean on other files.
    """
    try:
        _refuse_external_data(content)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except BundleError:
        raise
    except Exception as error:  # ONNX Runtime and protobuf raise types of their own
        reason = " ".join(str(error).split())[:200]
        raise BundleError(f"The model is damaged or no ONNX model: {reason}.") from error


Shapes = dict[str, list[Any]]


def check_shapes(session: Any, wanted: set[str]) -> tuple[Shapes, Shapes]:
    """Return the shapes of a session's inputs and outputs by name.

    Raises:
        BundleError: if images are not all it takes, in batches of any size, or if an output is
            missing that is `wanted`.
    """
    inputs = {one.name: one.shape for one in session.get_inputs()}
    outputs = {one.name: one.shape for one in session.get_outputs()}
    if set(inputs) != {INPUT} or not wanted <= outputs.keys():
        raise BundleError("The model has other inputs or outputs than a Pixonomy model has.")
    if isinstance(inputs[INPUT][0], int):
        raise BundleError("The model takes batches of one size only.")
    return inputs, outputs


def _refuse_external_data(content: bytes) -> None:
    """Refuse a model whose weights lie in files beside it: they would escape the hash."""
    model = onnx.load_model_from_string(content)
    if any(uses_external_data(tensor) for tensor in _tensors(model)):
        raise BundleError("The model leans on files outside itself, which is not allowed.")


def _tensors(message: Any) -> Iterator[onnx.TensorProto]:
    """Find every tensor of a model, in branches, loops and functions too."""
    if isinstance(message, onnx.TensorProto):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in [value] if hasattr(value, "ListFields") else value:
                yield from _tensors(part)
