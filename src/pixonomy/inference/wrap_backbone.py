"""Makes of any ONNX image network one that takes Pixonomy's images and gives embeddings.

Published networks take normalised numbers under names of their own. What their preprocessing does
behind the resize (scale, mean, deviation, the order of axes) becomes the first nodes of the graph,
so that the wrapped model is run like a bundle's network.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from pixonomy.errors import SettingError
from pixonomy.inference.form import EMBEDDING, INPUT, in_short

_PREFIX = "backbone/"
_KNOWN_OUTPUTS = ("image_embeds", EMBEDDING, "pooler_output")
_WEIGHTS_APART = 4  # the IR version from which weights need not be inputs
_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16)


@dataclass(frozen=True)
class Preprocessing:
    """What a network expects of its images.

    Attributes:
        mean, std: of red, green and blue: it takes (x / 255 - mean) / std. The default is that of
            ImageNet's networks in PyTorch.
        size: of the square image in pixels; None: what the network's input says.
        free_size: the size where neither says one.
        output: the name of the output that is the embedding; None: the known one, or the only one.
        is_unit: whether embeddings are brought to length 1.
    """

    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    size: int | None = None
    free_size: int | None = None
    output: str | None = None
    is_unit: bool = False


def wrap_backbone(content: bytes, preprocessing: Preprocessing) -> bytes:
    """Return an ONNX model from `images`, uint8 (n, 3, s, s), to `embedding`, float32 (n, d).

    A map (n, d, h, w) is averaged to its d channels.

    Raises:
        SettingError: if these are no ONNX model, or it takes or gives something else.
    """
    try:
        model = compose.add_prefix(onnx.load_model_from_string(content), _PREFIX)
    except Exception as error:  # protobuf and ONNX raise types of their own
        raise SettingError(f"The network is no ONNX model: {in_short(error)}.") from error
    graph = model.graph
    taken = _only_input(graph)
    size, is_channel_last = _image_size(taken, preprocessing)
    given = _chosen_output(graph, preprocessing.output)
    before = _before(graph, taken, preprocessing, is_channel_last)
    nodes = [*before, *graph.node, *_behind(given, preprocessing.is_unit)]
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.input.append(_value(INPUT, TensorProto.UINT8, 3, size, size))
    graph.output.append(_value(EMBEDDING, TensorProto.FLOAT, _shape(given)[1]))
    # Of older models weights are inputs, too, which have just been taken away.
    model.ir_version = max(model.ir_version, _WEIGHTS_APART)
    return bytes(model.SerializeToString())


def _only_input(graph: onnx.GraphProto) -> onnx.ValueInfoProto:
    weights = {one.name for one in graph.initializer}
    taken: list[onnx.ValueInfoProto] = [one for one in graph.input if one.name not in weights]
    if len(taken) != 1:
        names = ", ".join(_plain(one) for one in taken) or "none"
        raise SettingError(f"The network has to take images alone; its inputs: {names}.")
    return taken[0]


def _chosen_output(graph: onnx.GraphProto, name: str | None) -> onnx.ValueInfoProto:
    outputs: dict[str, onnx.ValueInfoProto] = {_plain(one): one for one in graph.output}
    wanted = (name,) if name is not None else (*_KNOWN_OUTPUTS, *outputs)
    if name is None and len(outputs) > 1:
        wanted = _KNOWN_OUTPUTS
    chosen = next((outputs[one] for one in wanted if one in outputs), None)
    if chosen is None:
        raise SettingError(
            f"Which output of the network is the embedding? Name one of {', '.join(outputs)}."
        )
    shape = _shape(chosen)
    if len(shape) not in (2, 4) or shape[1] == 0:
        raise SettingError(
            f"The network's output {_plain(chosen)!r} has the shape {shape} (0: any), not (n, d) "
            "or (n, d, height, width): name another as the embedding."
        )
    return chosen


def _image_size(taken: onnx.ValueInfoProto, wanted: Preprocessing) -> tuple[int, bool]:
    """Return the size of the square image in pixels, and whether its channels come last."""
    shape = _shape(taken)
    kind = taken.type.tensor_type.elem_type
    if len(shape) != 4 or kind not in _FLOATS or 3 not in (shape[1], shape[3]):
        raise SettingError(
            f"The network's input {_plain(taken)!r} has the shape {shape} (0: any), not that of "
            "images of floats, (n, 3, size, size) or (n, size, size, 3)."
        )
    is_last, size = shape[1] != 3, wanted.size
    fixed = {side for side in (shape[1:3] if is_last else shape[2:]) if side}
    sides = fixed or {size or wanted.free_size or 0}
    if len(sides) > 1 or sides == {0} or (size is not None and sides != {size}):
        raise SettingError(
            f"The network takes images of {sorted(sides)} pixels a side (0: any), and the size of "
            f"its preprocessing is {size}: a square of one size is needed."
        )
    return sides.pop(), is_last


def _before(
    graph: onnx.GraphProto, taken: onnx.ValueInfoProto, wanted: Preprocessing, is_last: bool
) -> list[onnx.NodeProto]:
    """Return the nodes from uint8 images to what the network takes."""
    deviation = np.array(wanted.std, np.float32).reshape(1, 3, 1, 1)
    mean = np.array(wanted.mean, np.float32).reshape(1, 3, 1, 1)
    graph.initializer.append(numpy_helper.from_array(1 / (255 * deviation), "scale"))
    graph.initializer.append(numpy_helper.from_array(mean / deviation, "shift"))
    kind = taken.type.tensor_type.elem_type
    nodes = [
        helper.make_node("Cast", [INPUT], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "scale"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "shift"], ["shifted"]),
    ]
    if is_last:
        nodes.append(helper.make_node("Transpose", ["shifted"], ["turned"], perm=[0, 2, 3, 1]))
    return [*nodes, helper.make_node("Cast", [nodes[-1].output[0]], [taken.name], to=kind)]


def _behind(given: onnx.ValueInfoProto, is_unit: bool) -> list[onnx.NodeProto]:
    """Return the nodes from the network's output to the embedding."""
    nodes = [helper.make_node("Cast", [given.name], ["given"], to=TensorProto.FLOAT)]
    if len(_shape(given)) == 4:
        nodes.append(helper.make_node("GlobalAveragePool", ["given"], ["averaged"]))
    nodes.append(helper.make_node("Flatten", [nodes[-1].output[0]], ["flat"]))
    if is_unit:
        last = helper.make_node("LpNormalization", ["flat"], [EMBEDDING], axis=1, p=2)
    else:
        last = helper.make_node("Identity", ["flat"], [EMBEDDING])
    return [*nodes, last]


def _value(name: str, kind: int, *shape: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["n", *shape])


def _shape(one: onnx.ValueInfoProto) -> list[int]:
    """Return the shape, 0 where a dimension is free."""
    return [dimension.dim_value for dimension in one.type.tensor_type.shape.dim]


def _plain(one: onnx.ValueInfoProto) -> str:
    return str(one.name).removeprefix(_PREFIX)
