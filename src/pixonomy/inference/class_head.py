"""Takes the last layer off an ONNX network that tells ImageNet's classes apart.

What a published classifier gives are 1,000 class logits; what its last layer sees is the embedding,
and the layer itself is what words can be asked by.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = 1000
"""Of ImageNet-1k; a network with one more has a class for the background, the first."""

_PASSED = ("Softmax", "LogSoftmax", "Identity", "Cast")  # behind the last layer


class LastLayer(NamedTuple):
    """Class logits = embedding @ kernel + bias; float32 (d, 1000) and (1000,)."""

    kernel: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]


def take_off_classes(model: onnx.ModelProto) -> LastLayer | None:
    """Make what the last layer sees the model's only output, and return that layer.

    None, and the model left as it is, where it has several outputs, or where the last layer is not
    linear or has other than ImageNet's number of outputs.
    """
    graph = model.graph
    if len(graph.output) != 1:
        return None
    makers = {name: node for node in graph.node for name in node.output}
    chain = _last_layer(graph.output[0].name, makers)
    weights = [_weights_of(graph, makers, node) for node in chain]
    found = _join(chain, weights)
    if found is None:
        return None
    kernel, bias, seen = found
    for node in _behind(graph.output[0].name, seen, makers):
        graph.node.remove(node)
    _drop_unused(graph)
    # The element type is set by what makes it, which ONNX Runtime checks.
    kind = graph.output[0].type.tensor_type.elem_type or TensorProto.FLOAT
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(seen, kind, ["n", len(kernel)]))
    return LastLayer(kernel[:, -CLASSES:], bias[-CLASSES:])
