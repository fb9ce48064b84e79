"""Takes the last layer off an ONNX network that tells ImageNet's classes apart.

What a published classifier gives are 1,000 class logits. What its last layer sees is the embedding,
and the layer itself is what the words of categories are asked by.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

_CLASSES = 1000  # of ImageNet-1k; of one more, the first is the background
_BEHIND = ("Softmax", "LogSoftmax", "Identity", "Cast")  # what may follow the last layer
_ALONE = {
    "alpha": 1.0,
    "beta": 1.0,
    "transA": 0,
}  # attributes that a linear layer leaves as they are

Floats = npt.NDArray[np.float32]


class LastLayer(NamedTuple):
    """Class logits = embedding @ kernel + bias; float32 (d, 1000) and (1000,)."""

    kernel: Floats
    bias: Floats


def take_off_classes(model: onnx.ModelProto) -> LastLayer | None:
    """Make what the last layer sees the model's only output, and return that layer.

    None, and the model left as it is, where it has several outputs, where the last layer is no
    linear one, or where it has other than ImageNet's number of outputs.
    """
    graph = model.graph
    if len(graph.output) != 1 or len(graph.output[0].type.tensor_type.shape.dim) != 2:
        return None
    makers: dict[str, onnx.NodeProto] = {name: one for one in graph.node for name in one.output}
    constants = _constants(graph)
    taken = list(_walk_back(graph.output[0].name, makers, constants))
    found = _linear(taken, constants)
    if found is None:
        return None
    kernel, bias, seen = found
    for node in taken:
        graph.node.remove(node)
    _drop_unused(graph)
    del graph.output[:]
    shape: list[str | int | None] = ["n", len(kernel)]
    graph.output.append(helper.make_tensor_value_info(seen, TensorProto.FLOAT, shape))
    return LastLayer(kernel[:, -_CLASSES:], bias[-_CLASSES:])


def _constants(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    found: dict[str, onnx.TensorProto] = {one.name: one for one in graph.initializer}
    for node in graph.node:
        values = [one.t for one in node.attribute if one.name == "value"]
        if node.op_type == "Constant" and values:
            found[node.output[0]] = values[0]
    return found


def _walk_back(
    name: str, makers: Mapping[str, onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]
) -> Iterator[onnx.NodeProto]:
    """Yield the nodes from an output back to the first product."""
    while name in makers:
        node = makers[name]
        yield node
        given = [one for one in node.input if one not in constants]
        if node.op_type not in (*_BEHIND, "Add") or len(given) != 1:
            return
        name = given[0]


def _linear(
    nodes: list[onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]
) -> tuple[Floats, Floats, str] | None:
    """Return kernel, bias and what is multiplied, of the nodes of `_walk_back`."""
    if not nodes or nodes[-1].op_type not in ("MatMul", "Gemm"):
        return None
    product = nodes[-1]
    settings = {one.name: helper.get_attribute_value(one) for one in product.attribute}
    if len(product.input) < 2 or product.input[1] not in constants:
        return None
    if any(settings.get(name, value) != value for name, value in _ALONE.items()):
        return None
    kernel = numpy_helper.to_array(constants[product.input[1]])
    if settings.get("transB"):
        kernel = kernel.T
    added = [*product.input[2:], *(x for one in nodes if one.op_type == "Add" for x in one.input)]
    biases = [numpy_helper.to_array(constants[one]).ravel() for one in added if one in constants]
    sizes = {1, kernel.shape[-1]}
    is_known = kernel.ndim == 2 and kernel.shape[1] in (_CLASSES, _CLASSES + 1)
    if not is_known or any(one.size not in sizes for one in biases):
        return None
    bias = np.zeros(kernel.shape[1]) + sum(biases, np.zeros(1))
    return kernel.astype(np.float32), bias.astype(np.float32), product.input[0]


def _drop_unused(graph: onnx.GraphProto) -> None:
    used = set(_names(graph.node)) | {one.name for one in graph.output}
    kept = [one for one in graph.initializer if one.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _names(nodes: Iterable[onnx.NodeProto]) -> Iterator[str]:
    """Yield the names that nodes take, also those inside their branches."""
    for node in nodes:
        yield from node.input
        for attribute in node.attribute:
            for branch in (attribute.g, *attribute.graphs):
                yield from _names(branch.node)
