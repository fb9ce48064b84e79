import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

from pixonomy.inference.class_head import take_off_classes
from small_classifier import DIMENSIONS, SIZE, SmallClassifier

IMAGES = np.random.default_rng(0).standard_normal((3, 3, SIZE, SIZE)).astype(np.float32)


def run(content: bytes) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": IMAGES})[0])


@pytest.mark.parametrize("last", ["Gemm", "MatMul"])
@pytest.mark.parametrize("classes", [1000, 1001])
def test_the_layer_taken_off_gives_the_same_classes_by_what_is_left(
    last: str, classes: int
) -> None:
    content = SmallClassifier(last=last, classes=classes).content()
    model = onnx.load_model_from_string(content)
    layer = take_off_classes(model)
    assert layer is not None
    assert layer.kernel.shape == (DIMENSIONS, 1000)
    embeddings = run(model.SerializeToString())
    assert embeddings.shape == (3, DIMENSIONS)
    logits = embeddings @ layer.kernel + layer.bias
    wanted = run(content)[:, -1000:]  # of 1,001, the first is the background
    expected = np.log(wanted) - np.log(wanted[:, :1])
    np.testing.assert_allclose(logits - logits[:, :1], expected, atol=1e-3)


def test_the_layer_and_its_weights_are_gone_from_the_model() -> None:
    model = onnx.load_model_from_string(SmallClassifier().content())
    assert take_off_classes(model) is not None
    assert [one.name for one in model.graph.initializer] == ["kernel"]
    assert {node.op_type for node in model.graph.node} == {
        "Conv", "Relu", "GlobalAveragePool", "Flatten",
    }  # fmt: skip


def test_a_transposed_layer_is_turned() -> None:
    model = onnx.load_model_from_string(SmallClassifier().content())
    layer = take_off_classes(onnx.load_model_from_string(model.SerializeToString()))
    gemm = next(node for node in model.graph.node if node.op_type == "Gemm")
    gemm.attribute.append(helper.make_attribute("transB", 1))
    (stored,) = [one for one in model.graph.initializer if one.name == "layer"]
    turned = onnx.numpy_helper.from_array(SmallClassifier().layer.T.copy(), "layer")
    stored.CopyFrom(turned)
    found = take_off_classes(model)
    assert layer is not None
    assert found is not None
    np.testing.assert_array_equal(found.kernel, layer.kernel)


@pytest.mark.parametrize("change", ["classes", "scaled", "two outputs", "no weights"])
def test_what_is_no_layer_of_imagenets_classes_stays(change: str) -> None:
    model = onnx.load_model_from_string(
        SmallClassifier(classes=10 if change == "classes" else 1000).content()
    )
    gemm = next(node for node in model.graph.node if node.op_type == "Gemm")
    if change == "scaled":
        gemm.attribute.append(helper.make_attribute("alpha", 2.0))
    if change == "two outputs":
        model.graph.output.append(helper.make_tensor_value_info("mean", 1, ["n", DIMENSIONS]))
    if change == "no weights":
        gemm.input[1] = "mean"
    before = model.SerializeToString()
    assert take_off_classes(model) is None
    assert model.SerializeToString() == before
