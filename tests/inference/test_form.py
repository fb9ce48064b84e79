"""ONNX models of a few nodes that are not what Pixonomy's are: each is told, none is run."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pixonomy.errors import BundleError
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.form import LARGEST_TENSOR, measure_model
from pixonomy.inference.session import Network

SIZE = 8
UINT8, FLOAT, DOUBLE = TensorProto.UINT8, TensorProto.FLOAT, TensorProto.DOUBLE
Shape = Sequence[str | int | None]


def build(
    kind: int = UINT8,
    image: Shape | None = ("batch", 3, SIZE, SIZE),
    answer: int = FLOAT,
    logits: Shape | None = ("batch", 3),
    nodes: Sequence[onnx.NodeProto] = (),
    weights: Sequence[onnx.TensorProto] = (),
    result: str = "means",
    novelty: Shape | None = None,
) -> bytes:
    """Return a model whose logits and embedding are the mean of each channel of a picture."""
    common = [
        helper.make_node("Cast", ["images"], ["floats"], to=FLOAT),
        helper.make_node("ReduceMean", ["floats", "axes"], ["means"], keepdims=0),
        *nodes,
        helper.make_node("Cast", [result], ["logits"], to=answer),
        helper.make_node("Identity", ["means"], ["embedding"]),
    ]
    outputs = [
        helper.make_tensor_value_info("logits", answer, logits),
        helper.make_tensor_value_info("embedding", FLOAT, None),
    ]
    if novelty is not None:
        common.append(helper.make_node("Identity", ["means"], ["novelty"]))
        outputs.append(helper.make_tensor_value_info("novelty", FLOAT, novelty))
    axes = numpy_helper.from_array(np.array([2, 3], np.int64), "axes")
    images = helper.make_tensor_value_info("images", kind, image)
    graph = helper.make_graph(common, "tiny", [images], outputs, [axes, *weights])
    opset = [helper.make_opsetid("", 18)]
    return bytes(helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString())


def number(name: str, *values: float, kind: Any = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, kind), name)


def load(content: bytes, is_run: bool) -> None:
    network = Network(content, 1)
    if is_run:
        network.run(np.zeros((2, 3, SIZE, SIZE), np.uint8))


def refused(content: bytes, is_run: bool = False) -> str:
    with pytest.raises(BundleError) as caught:
        load(content, is_run)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_the_model_that_all_others_are_made_from_works() -> None:
    images = np.full((2, 3, SIZE, SIZE), 7, np.uint8)
    np.testing.assert_array_equal(Network(build(), 1).run(images).logits, np.full((2, 3), 7))


@pytest.mark.parametrize("kind", [FLOAT, DOUBLE, TensorProto.INT8, TensorProto.FLOAT16])
def test_pictures_of_another_type_are_refused(kind: int) -> None:
    assert "another 'images'" in refused(build(kind=kind))


@pytest.mark.parametrize("answer", [DOUBLE, TensorProto.FLOAT16, TensorProto.INT64, UINT8])
def test_answers_of_another_type_are_refused(answer: int) -> None:
    assert "another 'logits'" in refused(build(answer=answer))


@pytest.mark.parametrize(
    "image",
    [
        ("batch", 1, SIZE, SIZE),
        ("batch", SIZE, SIZE, 3),
        ("batch", 3, SIZE, SIZE + 1),
        ("batch", 3, "height", "width"),
        ("batch", "channels", SIZE, SIZE),
        (None, None, None, None),
        (1, 3, SIZE, SIZE),
        ("batch", 3, 0, 0),
        None,
    ],
)
def test_pictures_of_another_shape_are_refused(image: Shape | None) -> None:
    refused(build(image=image, logits=None))


@pytest.mark.parametrize("logits", [(1, 3), ("batch",), ("batch", 3, 1), ()])
def test_answers_declared_of_another_shape_are_refused(logits: Shape) -> None:
    refused(build(logits=logits))


def test_novelty_has_to_be_one_number_a_picture() -> None:
    refused(build(novelty=("batch", 3)))


def test_a_list_of_tensors_is_no_answer() -> None:
    model = onnx.load_model_from_string(build())
    model.graph.node.append(helper.make_node("SequenceConstruct", ["means"], ["novelty"]))
    wanted = helper.make_tensor_sequence_value_info("novelty", FLOAT, ["batch", 3])
    model.graph.output.append(wanted)
    assert "another 'novelty'" in refused(model.SerializeToString())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_answers_that_are_not_finite_are_told_instead_of_a_confidence(value: float) -> None:
    node = helper.make_node("Add", ["means", "value"], ["sum"])
    content = build(nodes=[node], weights=[number("value", value)], result="sum")
    assert "not finite ('logits')" in refused(content, is_run=True)


def test_embeddings_that_are_not_finite_are_told() -> None:
    node = helper.make_node("Add", ["means", "value"], ["embedding"])
    model = onnx.load_model_from_string(build(weights=[number("value", np.nan)]))
    del model.graph.node[-1]
    model.graph.node.append(node)
    with pytest.raises(BundleError, match="not finite"):
        EmbeddingNetwork(model.SerializeToString()).run(np.zeros((1, 3, SIZE, SIZE), np.uint8))


def test_answers_for_fewer_pictures_than_were_given_are_told() -> None:
    node = helper.make_node("Compress", ["means", "first"], ["some"], axis=0)
    weights = [number("first", True, kind=np.bool_)]
    message = refused(
        build(nodes=[node], weights=weights, result="some", logits=("other", 3)), is_run=True
    )
    assert "gives 'logits' of shape (1, 3) for 2 pictures" in message


def test_a_model_that_fails_when_it_is_run_is_told() -> None:
    node = helper.make_node("Reshape", ["means", "shape"], ["shaped"])
    weights = [number("shape", -1, 7, kind=np.int64), number("axis", 1, kind=np.int64)]
    nodes = [
        node,
        helper.make_node("ReduceMean", ["shaped", "axis"], ["mean"], keepdims=1),
        helper.make_node("Concat", ["mean", "mean", "mean"], ["three"], axis=1),
    ]
    content = build(nodes=nodes, weights=weights, result="three")
    assert "could not be run" in refused(content, is_run=True)


def test_a_model_of_a_few_bytes_that_makes_terabytes_is_not_loaded() -> None:
    shape = number("shape", 1_000_000, 1_000_000, kind=np.int64)
    node = helper.make_node("ConstantOfShape", ["shape"], ["huge"])
    began = time.process_time()
    message = refused(build(nodes=[node], weights=[shape]))
    assert "3,814,697 MiB" in message
    assert time.process_time() - began < 5


def test_what_the_file_itself_says_of_its_tensors_is_not_believed() -> None:
    shape = number("shape", 1_000_000, 1_000_000, kind=np.int64)
    node = helper.make_node("ConstantOfShape", ["shape"], ["huge"])
    model = onnx.load_model_from_string(build(nodes=[node], weights=[shape]))
    model.graph.value_info.append(helper.make_tensor_value_info("huge", FLOAT, [1]))
    assert "3,814,697 MiB" in refused(model.SerializeToString())


def test_a_loop_is_refused_for_it_could_run_for_ever() -> None:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
    )
    turns = numpy_helper.from_array(np.array(2**62, np.int64), "turns")
    yes = numpy_helper.from_array(np.array(True), "yes")
    node = helper.make_node("Loop", ["turns", "yes"], [], body=body)
    assert "has a loop (Loop)" in refused(build(nodes=[node], weights=[turns, yes]))


def test_large_pictures_are_asked_in_smaller_batches() -> None:
    size = 1024  # one picture in float32 has 12 MiB
    content = build(image=("batch", 3, size, size))
    assert measure_model(content) == 12 << 20
    network = Network(content, 1)
    assert network._opened.at_once == LARGEST_TENSOR // (12 << 20) < 64
