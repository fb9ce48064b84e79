"""ONNX models of a few numbers: what runs, and what is refused."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pixonomy.errors import BundleError
from pixonomy.inference.session import Network

SIZE, CATEGORIES = 8, 4


def tensor(name: str = "kernel") -> onnx.TensorProto:
    values = np.random.default_rng(0).normal(size=(3, CATEGORIES)).astype(np.float32)
    return onnx.numpy_helper.from_array(values, name)


def outside_tensor(name: str = "kernel") -> onnx.TensorProto:
    outside = onnx.TensorProto(
        name=name,
        data_type=TensorProto.FLOAT,
        dims=(3, CATEGORIES),
        data_location=TensorProto.EXTERNAL,
    )
    outside.external_data.add(key="location", value="weights.bin")
    return outside


def build(
    batch: str | int = "batch",
    outputs: tuple[str, str] = ("logits", "embedding"),
    kernel: onnx.TensorProto | None = None,
    extra: tuple[onnx.NodeProto, ...] = (),
) -> onnx.ModelProto:
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, [batch, 3, SIZE, SIZE])
    shapes = zip(outputs, (CATEGORIES, 3), strict=True)
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "axes"], [outputs[1]], keepdims=0),
        helper.make_node("MatMul", [outputs[1], "kernel"], [outputs[0]]),
        *extra,
    ]
    axes = onnx.numpy_helper.from_array(np.array([2, 3], np.int64), "axes")
    graph = helper.make_graph(
        nodes,
        "tiny",
        [images],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, k]) for name, k in shapes],
        [axes, tensor() if kernel is None else kernel],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def refused(model: onnx.ModelProto) -> str:
    with pytest.raises(BundleError) as caught:
        Network(model.SerializeToString(), 1)
    return str(caught.value)


def test_logits_and_embeddings_come_out_for_any_number_of_pictures() -> None:
    network = Network(build().SerializeToString(), 1)
    images = np.random.default_rng(1).integers(0, 256, (150, 3, SIZE, SIZE), np.uint8)
    outputs = network.run(images)
    np.testing.assert_allclose(outputs.embeddings, images.mean(axis=(2, 3)), rtol=1e-5)
    assert outputs.logits.shape == (150, CATEGORIES)
    np.testing.assert_allclose(network.run(images[70:71]).logits, outputs.logits[70:71], rtol=1e-5)


def test_no_pictures_give_no_rows() -> None:
    outputs = Network(build().SerializeToString(), 1).run(np.zeros((0, 3, SIZE, SIZE), np.uint8))
    assert outputs.logits.shape == (0, CATEGORIES)


def test_a_network_tells_its_picture_shape_and_categories() -> None:
    network = Network(build().SerializeToString(), 1)
    assert network.image_shape == (3, SIZE, SIZE)
    assert network.categories == CATEGORIES


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x00" * 1000, b"\x08\x09:\x00"])
def test_garbage_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(BundleError) as caught:
        Network(content, 1)
    assert "\n" not in str(caught.value)


def test_a_truncated_model_is_refused() -> None:
    with pytest.raises(BundleError, match="damaged or no ONNX model"):
        Network(build().SerializeToString()[:-40], 1)


def test_weights_in_a_file_beside_the_model_are_refused() -> None:
    assert "outside itself" in refused(build(kernel=outside_tensor()))


def test_weights_in_a_file_are_refused_inside_a_branch_too() -> None:
    wanted = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [3, CATEGORIES])
    branch = helper.make_graph([], "branch", [], [wanted], [outside_tensor("hidden")])
    node = helper.make_node("If", ["yes"], ["unused"], then_branch=branch, else_branch=branch)
    constant = helper.make_tensor("value", TensorProto.BOOL, [], [True])
    yes = helper.make_node("Constant", [], ["yes"], value=constant)
    assert "outside itself" in refused(build(extra=(yes, node)))


def test_weights_in_a_file_are_refused_in_a_constant_node_too() -> None:
    node = helper.make_node("Constant", [], ["unused"], value=outside_tensor())
    assert "outside itself" in refused(build(extra=(node,)))


def test_other_outputs_are_refused() -> None:
    assert "other inputs or outputs" in refused(build(outputs=("scores", "embedding")))


def test_a_fixed_batch_size_is_refused() -> None:
    assert "batches of one size" in refused(build(batch=1))


def test_what_an_answer_rests_on_comes_out_where_the_network_says_it() -> None:
    model = build(
        extra=(helper.make_node("ReduceMax", ["logits", "last"], ["rests_on"], keepdims=0),)
    )
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1], np.int64), "last"))
    model.graph.output.append(
        helper.make_tensor_value_info("rests_on", TensorProto.FLOAT, ["batch"])
    )
    network = Network(model.SerializeToString(), 1)
    assert network.is_gated
    outputs = network.run(np.zeros((5, 3, SIZE, SIZE), np.uint8))
    assert outputs.novelty is None
    assert outputs.rests_on is not None
    assert outputs.rests_on.shape == (5,)
    assert not Network(build().SerializeToString(), 1).is_gated
