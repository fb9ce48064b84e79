"""Gives an exported network the output `features`: the map whose mean its linear head sees.

Where logits are linear in the mean of a map over its cells, each cell's share of a logit is known
exactly, without a gradient (Zhou et al. 2016 call it a class activation map); see
`bundle.explain_answer`.
It is read off the graph's own nodes. The map is there anyway: it only gets a name, and no node is
added, for ONNX Runtime runs every node whichever outputs are asked for.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pixonomy.bundle.description import LINEAR_EXPONENTS
from pixonomy.heads.gated import GatedHead
from pixonomy.heads.out_of_fold import HEADS, LOGISTIC
from pixonomy.inference.form import EMBEDDING, FEATURES, LINEAR_BIAS, LINEAR_KERNEL

_UNCHANGING = ("Identity", "Flatten", "Cast")  # each channel's mean passes through them as it is
_SPATIAL = ([2, 3], [1, 2])  # of a map (n, c, h, w), or (n, h, w, c)

Makers = Mapping[str, onnx.NodeProto]


def add_features(path: Path, gated: GatedHead | None) -> dict[str, list[float]]:
    """Give the model in a file its output `features`, where its answers are linear in their mean.

    Args:
        gated: the head that answers instead of the model's linear one, if there is one.

    Returns:
        What `bundle.json` says of it; nothing where the model was left as it is.
    """
    exponents = linear_exponents(gated)
    content = expose_features(path.read_bytes()) if exponents else None
    if content is None:
        return {}
    path.write_bytes(content)
    return {LINEAR_EXPONENTS: list(exponents)}


def expose_features(content: bytes) -> bytes | None:
    """Return an ONNX model that also gives `features`, and whose linear head has names.

    Args:
        content: a model with the output `embedding`, whose logits a linear layer makes of it.

    Returns:
        None where the embedding is no mean over the cells of a map, or no linear layer sees it.
    """
    model = onnx.load_model_from_string(content)
    makers = {name: one for one in model.graph.node for name in one.output}
    pooled, layer = _find_pooled(model, makers), _find_linear(model.graph, makers)
    if pooled is None or layer is None or not _can_rename(model.graph):
        return None
    shape = _find_shape(model, pooled)
    kernel, bias, dimensions = layer
    # Where its channels are has to be seen from the shape alone.
    if shape is None or (shape[0] == dimensions) == (shape[2] == dimensions):
        return None
    _rename(model.graph, {pooled: FEATURES, kernel: LINEAR_KERNEL, bias: LINEAR_BIAS})
    free: list[str | int | None] = ["batch", *shape]
    model.graph.output.append(helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, free))
    return bytes(model.SerializeToString())


def linear_exponents(gated: GatedHead | None) -> tuple[float, ...]:
    """Return what the linear head's logits are multiplied with where it answers alone.

    1 where nothing else ever answers; empty where another head always has a say.
    """
    if gated is None:
        return (1.0,)
    place = HEADS.index(LOGISTIC)
    alone = {mix[place] for mix in gated.mixes if not any(mix[:place] + mix[place + 1 :])}
    return tuple(sorted(alone))


def _find_pooled(model: onnx.ModelProto, makers: Makers) -> str | None:
    """Return the name of the map that the embedding is the mean of."""
    name = EMBEDDING
    while name in makers and makers[name].op_type in _UNCHANGING:
        name = makers[name].input[0]
    node = makers.get(name)
    if node is None or not (_is_mean(node, model, makers) or node.op_type == "GlobalAveragePool"):
        return None
    return str(node.input[0])


def _is_mean(node: onnx.NodeProto, model: onnx.ModelProto, makers: Makers) -> bool:
    """Return whether a node takes the mean over both axes of a map's cells."""
    if node.op_type != "ReduceMean":
        return False
    settings = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    axes = settings.get("axes")
    if len(node.input) > 1:
        given = _find_constant(model.graph, makers, node.input[1])
        axes = None if given is None else given.tolist()
    return axes is not None and sorted(axis % 4 for axis in axes) in _SPATIAL


def _find_linear(graph: onnx.GraphProto, makers: Makers) -> tuple[str, str, int] | None:
    """Return the kernel's and the bias's names, and d, of the one layer that sees the embedding."""
    found = []
    for total in graph.node:
        product = makers.get(total.input[0]) if total.op_type == "Add" else None
        if product is None or product.op_type != "MatMul" or product.input[0] != EMBEDDING:
            continue
        kernel, bias = (_find_constant(graph, {}, one.input[1]) for one in (product, total))
        if kernel is not None and bias is not None and bias.shape == kernel.shape[1:]:
            found.append((product.input[1], total.input[1], len(kernel)))
    return found[0] if len(found) == 1 else None


def _find_constant(graph: onnx.GraphProto, makers: Makers, name: str) -> np.ndarray | None:
    for one in graph.initializer:
        if one.name == name:
            return numpy_helper.to_array(one)
    node = makers.get(name)
    values = [] if node is None else [one.t for one in node.attribute if one.name == "value"]
    return numpy_helper.to_array(values[0]) if values else None


def _find_shape(model: onnx.ModelProto, name: str) -> tuple[int, int, int] | None:
    """Return the shape of a float32 map of one image; None where it is not known or no such map."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    for one in (*inferred.value_info, *inferred.output):
        of = one.type.tensor_type
        if one.name == name and of.elem_type == TensorProto.FLOAT and len(of.shape.dim) == 4:
            first, second, third = (dimension.dim_value for dimension in of.shape.dim[1:])
            return (first, second, third) if first and second and third else None
    return None


def _can_rename(graph: onnx.GraphProto) -> bool:
    """Return whether the new names are free, and no branch inside a node knows the old ones."""
    has_branches = any(
        one.HasField("g") or one.graphs for node in graph.node for one in node.attribute
    )
    taken = {name for node in graph.node for name in node.output} | {
        one.name for one in graph.initializer
    }
    return not has_branches and taken.isdisjoint((FEATURES, LINEAR_KERNEL, LINEAR_BIAS))


def _rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    for node in graph.node:
        node.input[:] = [names.get(one, one) for one in node.input]
        node.output[:] = [names.get(one, one) for one in node.output]
    for one in _named(graph):
        one.name = names.get(one.name, one.name)


def _named(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto | onnx.ValueInfoProto]:
    yield from graph.initializer
    yield from graph.value_info
    yield from graph.output
