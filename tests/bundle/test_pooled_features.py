"""An exported network gets `features` where its head is linear in their mean, and for nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from pixonomy.bundle.export_frozen import _export_heads, _Heads, join
from pixonomy.bundle.export_onnx import export_onnx
from pixonomy.bundle.pooled_features import expose_features, linear_exponents
from pixonomy.heads.gated import GatedHead
from pixonomy.heads.logistic_head import Linear
from pixonomy.heads.prototypes import fit_prototypes
from pixonomy.heads.references import choose_references
from pixonomy.inference.form import LINEAR_BIAS, LINEAR_KERNEL
from pixonomy.inference.session import Network
from pixonomy.inference.wrap_backbone import Preprocessing, wrap_backbone
from pixonomy.models.architectures import ARCHITECTURES
from pixonomy.models.zoo import ModelSettings, build_model
from small_classifier import DIMENSIONS, SmallClassifier

CHANCE = np.random.default_rng(0)


def export(name: str, path: Path, also_mirrored: bool = False) -> bytes:
    size = max(32, ARCHITECTURES[name].smallest)
    settings = ModelSettings(name, size, 4, dense=32, dropout=0.3, seed=0, is_pretrained=True)
    export_onnx(build_model(settings, "float32"), path, also_mirrored)
    return path.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "compact",
        pytest.param("convnexttiny", marks=pytest.mark.slow),  # channels last
    ],
)
def test_features_are_the_map_before_the_pooling_and_change_nothing_else(
    name: str, tmp_path: Path
) -> None:
    content = export(name, tmp_path / "model.onnx")
    exposed = expose_features(content)
    assert exposed is not None
    plain, network = Network(content, 1), Network(exposed, 1)
    assert (plain.gives_features, network.gives_features) == (False, True)
    images = CHANCE.integers(0, 256, (3, *network.image_shape), np.uint8)
    before, after = plain.run(images), network.run(images)
    np.testing.assert_array_equal(before.logits, after.logits)
    np.testing.assert_array_equal(before.embeddings, after.embeddings)
    logits, features = network.run_with_features(images)
    np.testing.assert_array_equal(logits, after.logits)
    np.testing.assert_allclose(features.mean(axis=(1, 2)), after.embeddings, atol=1e-5)
    kernel, bias = weights_of(exposed)
    np.testing.assert_allclose(after.embeddings @ kernel + bias, logits, atol=1e-4)
    # ONNX Runtime runs all nodes, asked or not: what is not there costs nothing.
    nodes = [[one.op_type for one in graph_of(some).node] for some in (content, exposed)]
    assert nodes[0] == nodes[1]


def test_a_network_that_is_asked_twice_has_none(tmp_path: Path) -> None:
    assert expose_features(export("compact", tmp_path / "model.onnx", also_mirrored=True)) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["airbench", "vgg16"])
def test_a_network_whose_embedding_is_no_mean_has_none(name: str, tmp_path: Path) -> None:
    assert expose_features(export(name, tmp_path / "model.onnx")) is None


def joined(is_unit: bool = False) -> bytes:
    """Return a frozen network with a linear head of three categories."""
    kernel = CHANCE.standard_normal((DIMENSIONS, 3)).astype(np.float32)
    heads = _Heads(Linear(kernel, np.arange(3, dtype=np.float32)), None, None)
    backbone = _without_classes(SmallClassifier().content())
    return join(
        wrap_backbone(backbone, Preprocessing(is_unit=is_unit)), _export_heads(heads, DIMENSIONS)
    )


def _without_classes(content: bytes) -> bytes:
    """Return the network up to its convolution, which gives a map."""
    model = onnx.load_model_from_string(content)
    (convolved,) = [one.output[0] for one in model.graph.node if one.op_type == "Conv"]
    del model.graph.output[:]
    shape: list[str | int | None] = ["n", DIMENSIONS, "h", "w"]
    model.graph.output.append(helper.make_tensor_value_info(convolved, 1, shape))
    return bytes(model.SerializeToString())


def test_a_frozen_network_has_them_too() -> None:
    exposed = expose_features(joined())
    assert exposed is not None
    network = Network(exposed, 1)
    images = CHANCE.integers(0, 256, (2, *network.image_shape), np.uint8)
    logits, features = network.run_with_features(images)
    kernel, bias = weights_of(exposed)
    np.testing.assert_allclose(features.mean(axis=(1, 2)) @ kernel + bias, logits, atol=1e-4)


def test_an_embedding_that_is_brought_to_length_one_is_no_mean() -> None:
    assert expose_features(joined(is_unit=True)) is None


def test_a_network_with_branches_or_with_such_a_name_is_left_as_it_is() -> None:
    model = onnx.load_model_from_string(joined())
    model.graph.node[0].output.append("features")
    assert expose_features(model.SerializeToString()) is None
    branched = onnx.load_model_from_string(joined())
    branch = helper.make_graph([], "branch", [], [])
    branched.graph.node[0].attribute.append(helper.make_attribute("then_branch", branch))
    assert expose_features(branched.SerializeToString()) is None


def test_only_sides_on_which_the_linear_head_answers_alone_have_an_exponent() -> None:
    embeddings, labels = CHANCE.random((9, 4), np.float32), np.arange(9) % 3
    head = GatedHead(
        choose_references(embeddings, labels, 3, 0),
        fit_prototypes(embeddings, labels, labels, 3),
        (0.5, 0.2),
        ((1.5, 0, 0, 0), (0.5, 0, 0, 0), (0, 0, 0, 1)),
    )
    assert linear_exponents(None) == (1.0,)
    assert linear_exponents(head) == (0.5, 1.5)
    assert linear_exponents(replace(head, mixes=((1, 0, 0, 1), (0, 1, 0, 0), (0, 0, 0, 1)))) == ()


def graph_of(content: bytes) -> onnx.GraphProto:
    return onnx.load_model_from_string(content).graph


def weights_of(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    found = {one.name: onnx.numpy_helper.to_array(one) for one in graph_of(content).initializer}
    return found[LINEAR_KERNEL], found[LINEAR_BIAS]
