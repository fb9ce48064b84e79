"""Checks an ONNX model before it is run: its inputs, outputs, operations and memory.

A model is a program that anybody can write. It is run only if it has the inputs and outputs that
Pixonomy's models have, leans on no other file, repeats nothing, and holds no tensor too large.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import onnx
from onnx.external_data_helper import uses_external_data

from pixonomy.errors import BundleError

if TYPE_CHECKING:
    import onnxruntime
    from google.protobuf.message import Message

INPUT, LOGITS, EMBEDDING, NOVELTY = "images", "logits", "embedding", "novelty"
RESTS_ON, FEATURES = "rests_on", "features"
"""The names of the network's input and outputs."""

LINEAR_KERNEL, LINEAR_BIAS = "linear/kernel", "linear/bias"
"""Of a network with `features`, the weights of the layer that sees their mean: (d, k), (k,)."""

LARGEST_MODEL = 1 << 30
"""Bytes of an ONNX file that is loaded; loading takes about three times as many (measured)."""

LARGEST_TENSOR = 1 << 29
"""Bytes of the largest tensor that a batch may make; a run takes two to three times as many."""

_RANKS = {LOGITS: 2, EMBEDDING: 2, NOVELTY: 1, RESTS_ON: 1, FEATURES: 4}
_REPEATING = {"Loop", "Scan", "SequenceMap"}  # a few bytes could keep them busy for ever
_MOST_ELEMENTS = (
    1024  # elements; larger weights are never shapes, and shapes are inferred without them
)

Widths = dict[str, tuple[int, ...]]


def measure_model(content: bytes) -> int:
    """Return the bytes of the largest tensor that one image makes, as far as can be inferred.

    Shapes are inferred from the nodes (onnx.shape_inference); those that depend on an image's
    pixels cannot be, and count as nothing.

    Raises:
        BundleError: if the model leans on other files, has loops, or makes too large a tensor.
        Exception: of protobuf's or ONNX's own, if this is no ONNX model.
    """
    model = onnx.load_model_from_string(content)
    for part in _submessages(model):
        if isinstance(part, onnx.TensorProto) and uses_external_data(part):
            raise BundleError("The model leans on files outside itself, which is not allowed.")
        if isinstance(part, onnx.NodeProto) and part.op_type in _REPEATING:
            raise BundleError(f"The model has a loop ({part.op_type}), which is not allowed.")
    largest = max(map(_size, _infer(model)), default=0)
    if largest > LARGEST_TENSOR:
        raise BundleError(
            f"The model was not loaded: for one picture it makes {largest / 2**20:,.0f} MiB of "
            f"numbers at once, more than {LARGEST_TENSOR >> 20} MiB."
        )
    return largest


def check_form(session: "onnxruntime.InferenceSession", wanted: set[str]) -> tuple[int, Widths]:
    """Return a session's image size, in pixels, and the shape of each output for one image.

    Raises:
        BundleError: if uint8 images, (n, 3, size, size), in batches of any size n are not all it
            takes, if an output is missing that is `wanted`, or if one is not float32 of its rank.
    """
    inputs = {one.name: one for one in session.get_inputs()}
    outputs = {one.name: one for one in session.get_outputs()}
    if set(inputs) != {INPUT} or not wanted <= outputs.keys():
        raise BundleError("The model has other inputs or outputs than a Pixonomy model has.")
    channels, *sizes = _shape_of(inputs[INPUT], "tensor(uint8)", 4)
    if channels != 3 or len(set(sizes)) != 1:
        raise BundleError(
            f"The model takes other pictures than Pixonomy's, which have three channels and are "
            f"square: {inputs[INPUT].shape}."
        )
    known = {name: one for name, one in outputs.items() if name in _RANKS}
    widths = {name: _shape_of(one, "tensor(float)", _RANKS[name]) for name, one in known.items()}
    return sizes[0], widths


def _shape_of(one: "onnxruntime.NodeArg", kind: str, rank: int) -> tuple[int, ...]:
    """Return the shape of an input or output without that of the batch."""
    shape = one.shape if one.type.startswith("tensor") else []
    rest = shape[1:]
    if one.type != kind or len(shape) != rank or not all(_is_count(each) for each in rest):
        raise BundleError(
            f"The model has another {one.name!r} than a Pixonomy model has: {one.type} of shape "
            f"{shape}, not {kind} of {rank} dimensions."
        )
    if isinstance(shape[0], int):
        raise BundleError(f"The model takes or gives batches of one size only ({one.name!r}).")
    return tuple(rest)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value > 0


def ask(
    session: "onnxruntime.InferenceSession",
    widths: Mapping[str, tuple[int, ...]],
    images: npt.NDArray[np.uint8],
) -> list[npt.NDArray[np.float32]]:
    """Return the outputs named by `widths`, float32 (n, *width), for images, uint8 (n, 3, s, s).

    Raises:
        BundleError: if the network cannot be run, or does not give finite numbers of that shape.
    """
    try:
        given = session.run(list(widths), {INPUT: images})
    except Exception as error:  # ONNX Runtime raises types of its own
        raise BundleError(f"The network could not be run: {in_short(error)}.") from error
    for (name, width), values in zip(widths.items(), given, strict=True):
        if values.dtype != np.float32 or values.shape != (len(images), *width):
            raise BundleError(
                f"The network gives {name!r} of shape {values.shape} for {len(images)} pictures, "
                f"not {(len(images), *width)}."
            )
        if not np.isfinite(values).all():
            raise BundleError(
                f"The network answers with numbers that are not finite ({name!r}): its training "
                "went wrong or it was changed; train it anew."
            )
    return list(given)


def in_short(error: Exception) -> str:
    """Return what a library says, on one line and without a full stop."""
    return " ".join(str(error).split())[:200].rstrip(".")


def _submessages(message: "Message") -> Iterator[onnx.TensorProto | onnx.NodeProto]:
    """Find every node and tensor of a model, in branches and functions too."""
    if isinstance(message, onnx.TensorProto | onnx.NodeProto):
        yield message
    if isinstance(message, onnx.TensorProto):
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in [value] if hasattr(value, "ListFields") else value:
                yield from _submessages(part)


def _infer(model: onnx.ModelProto) -> Iterator[onnx.TypeProto.Tensor]:
    """Infer what tensors a model makes; it loses its weights over this."""
    graph = model.graph
    del graph.value_info[:]  # what the file itself declares of them proves nothing
    # Large weights become inputs of the same shape: inference then copies no values around.
    large = [one for one in graph.initializer if np.prod(one.dims, dtype=float) > _MOST_ELEMENTS]
    kept = [one for one in graph.initializer if np.prod(one.dims, dtype=float) <= _MOST_ELEMENTS]
    graph.input.extend(
        onnx.helper.make_tensor_value_info(one.name, one.data_type, one.dims) for one in large
    )
    del graph.initializer[:]
    graph.initializer.extend(kept)
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    for one in (*inferred.value_info, *inferred.output):
        yield one.type.tensor_type


def _size(tensor: onnx.TypeProto.Tensor) -> int:
    """Return a tensor's bytes, where each dimension without a number counts as one."""
    if not tensor.elem_type or tensor.elem_type == onnx.TensorProto.STRING:
        return 0
    width = int(np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)).itemsize)
    for one in tensor.shape.dim:
        width *= max(1, one.dim_value)
    return width
