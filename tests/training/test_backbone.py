import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from pixonomy.errors import DataError, SettingError
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.training.backbone import open_backbone
from small_classifier import DIMENSIONS, SIZE, SmallClassifier


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    path.write_bytes(SmallClassifier().content())
    return path


def test_the_last_layer_of_a_classifier_becomes_the_head_and_it_says_so(network: Path) -> None:
    found = open_backbone(network)
    assert (found.size, found.dimensions) == (SIZE, DIMENSIONS)
    assert found.head is not None
    assert found.head.kernel.shape == (DIMENSIONS, 1000)
    assert "mean 0.485, 0.456, 0.406 and std 0.229, 0.224, 0.225, by default" in found.description
    assert "small.toml beside it can say otherwise" in found.description
    assert "last layer is taken for one of ImageNet's 1,000 classes" in found.description


def test_a_file_beside_it_says_how_it_wants_its_images(network: Path) -> None:
    plain = open_backbone(network)
    network.with_suffix(".toml").write_text("mean = 0.5\nstd = [0.5, 0.5, 0.5]\n")
    found = open_backbone(network)
    assert "mean 0.5, 0.5, 0.5 and std 0.5, 0.5, 0.5, by small.toml" in found.description
    assert found.identity != plain.identity
    images = np.random.default_rng(0).integers(0, 256, (2, 3, SIZE, SIZE), np.uint8)
    given, usual = (EmbeddingNetwork(one.content).run(images) for one in (found, plain))
    assert np.abs(given - usual).max() > 0.01
    network.with_suffix(".toml").unlink()
    network.with_suffix(".json").write_text('{"mean": 0.5, "std": 0.5}')
    assert open_backbone(network).identity == found.identity


def test_the_preprocessing_of_a_published_export_is_found(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(SmallClassifier().content())
    settings = {"image_mean": [0.5] * 3, "image_std": [0.25] * 3, "size": {"shortest_edge": SIZE}}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    found = open_backbone(tmp_path / "onnx" / "model.onnx")
    assert "std 0.25, 0.25, 0.25, by preprocessor_config.json" in found.description


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("means = 0.5", "unknown key 'means'.*mean"),
        ("mean = [1, 2]", "mean is a number, or three of them"),
        ("mean = true", "mean is a number"),
        ("std = 0", "std is above 0"),
        ("std = [0.1, 0.1, nan]", "std is finite"),
        ("size = 0", "size is a number of pixels, not 0"),
        ("output = 3", "output is a name"),
        ("unit_length = 1", "unit_length is true or false"),
        ("mean = ", "is not understood"),
        ('output = "nothing"', "Name one of probabilities"),
        ("size = 64", r"images of \[32\] pixels"),
    ],
)
def test_what_is_not_understood_there_is_told_in_a_sentence(
    network: Path, text: str, message: str
) -> None:
    network.with_suffix(".toml").write_text(text)
    with pytest.raises(SettingError, match=message):
        open_backbone(network)


def test_where_an_output_is_named_that_one_is_the_embedding(network: Path) -> None:
    network.with_suffix(".toml").write_text('output = "probabilities"\nunit_length = true')
    found = open_backbone(network)
    assert (found.dimensions, found.head) == (1000, None)


def test_a_free_size_is_that_of_the_call_else_of_the_file_else_224(tmp_path: Path) -> None:
    path = tmp_path / "free.onnx"
    path.write_bytes(SmallClassifier(side="side").content())
    assert open_backbone(path).size == 224
    path.with_suffix(".toml").write_text("size = 40")
    assert open_backbone(path).size == 40
    assert open_backbone(path, 64).size == 64


def test_a_head_beside_it_is_taken(network: Path) -> None:
    beside = network.with_name("small_head.npz")
    np.savez(beside, kernel=np.ones((DIMENSIONS, 1000)), bias=np.zeros(1000))
    found = open_backbone(network)
    assert found.head is not None
    assert (found.head.kernel == 1).all()
    assert "taken for one of ImageNet's" not in found.description
    np.savez(beside, kernel=np.ones((3, 1000)), bias=np.zeros(1000))
    with pytest.raises(DataError, match="belongs to another network"):
        open_backbone(network)


def test_what_cannot_embed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    with pytest.raises(SettingError, match="There is no network"):
        open_backbone(path)
    path.write_bytes(b"\x08nonsense")
    with pytest.raises(SettingError, match=r"x\.onnx cannot be a backbone: it is no ONNX model"):
        open_backbone(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingError, match="is no regular file"):
        open_backbone(path)


def test_a_network_of_one_image_at_a_time_is_refused(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(SmallClassifier(batch=1).content())
    (flatten,) = [node for node in model.graph.node if node.op_type == "Flatten"]
    shape = numpy_helper.from_array(np.array([1, DIMENSIONS]), "shape")
    model.graph.initializer.append(shape)
    flatten.CopyFrom(helper.make_node("Reshape", ["pooled", "shape"], ["mean"]))
    path = tmp_path / "one.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(SettingError, match=r"batches of one size only|free batch size"):
        open_backbone(path)


def test_a_network_whose_images_influence_each_other_is_refused(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(SmallClassifier().content())
    nodes = list(model.graph.node)
    (pooling,) = [node for node in nodes if node.op_type == "GlobalAveragePool"]
    pooling.input[0] = "less"
    mean = helper.make_node("ReduceMean", ["active"], ["of_all"], axes=[0], keepdims=1)
    less = helper.make_node("Sub", ["active", "of_all"], ["less"])
    place = nodes.index(pooling)
    del model.graph.node[:]
    model.graph.node.extend([*nodes[:place], mean, less, *nodes[place:]])
    path = tmp_path / "influenced.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(SettingError, match="otherwise when others stand beside it"):
        open_backbone(path)
