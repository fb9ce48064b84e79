"""A small ONNX network that tells 1,000 classes apart, with random weights, and its parts."""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE, DIMENSIONS = 32, 24


@dataclass(frozen=True)
class SmallClassifier:
    """A convolution, its mean, and a linear layer of so many classes.

    Attributes:
        opset, ir: the versions of its operations and of its file.
        last: how the linear layer is written: as `Gemm`, or as `MatMul` and `Add`.
    """

    opset: int = 17
    ir: int = 9
    classes: int = 1000
    last: str = "Gemm"
    batch: str | int = "n"
    side: str | int = SIZE
    kernel: np.ndarray = field(init=False)
    layer: np.ndarray = field(init=False)
    bias: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        chance = np.random.default_rng(3)
        kernel = 0.3 * chance.standard_normal((DIMENSIONS, 3, 5, 5))
        object.__setattr__(self, "kernel", kernel.astype(np.float32))
        layer = chance.standard_normal((DIMENSIONS, self.classes))
        object.__setattr__(self, "layer", layer.astype(np.float32))
        bias = chance.standard_normal(self.classes)
        object.__setattr__(self, "bias", bias.astype(np.float32))

    def content(self) -> bytes:
        """Return the ONNX model: x, float32 (n, 3, size, size), to class probabilities."""
        shape = [self.batch, 3, self.side, self.side]
        weights = {"kernel": self.kernel, "layer": self.layer, "bias": self.bias}
        inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
        if self.ir < 4:  # there weights are inputs, too
            inputs += [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, one.shape)
                for name, one in weights.items()
            ]
        given = [self.batch, self.classes]
        graph = helper.make_graph(
            self._nodes(),
            "small",
            inputs,
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, given)],
            [numpy_helper.from_array(one, name) for name, one in weights.items()],
        )
        opsets = [helper.make_opsetid("", self.opset)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=self.ir)
        return bytes(model.SerializeToString())

    def _nodes(self) -> list[onnx.NodeProto]:
        last = [helper.make_node("Gemm", ["mean", "layer", "bias"], ["logits"])]
        if self.last == "MatMul":
            last = [
                helper.make_node("MatMul", ["mean", "layer"], ["product"]),
                helper.make_node("Add", ["product", "bias"], ["logits"]),
            ]
        return [
            helper.make_node("Conv", ["x", "kernel"], ["map"], strides=[3, 3]),
            helper.make_node("Relu", ["map"], ["active"]),
            helper.make_node("GlobalAveragePool", ["active"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["mean"]),
            *last,
            helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        ]
