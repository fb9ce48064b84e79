"""ONNX models of a few numbers: the embedding alone comes out, whatever else they give."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pixonomy.errors import BundleError, StorageError
from pixonomy.inference.embed import EmbeddingNetwork, load_embedding_network

SIZE = 8


def build(output: str = "embedding") -> bytes:
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", 3, SIZE, SIZE])
    means = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", 3])
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "axes"], [output], keepdims=0),
    ]
    axes = onnx.numpy_helper.from_array(np.array([2, 3], np.int64), "axes")
    graph = helper.make_graph(nodes, "tiny", [images], [means], [axes])
    opset = [helper.make_opsetid("", 18)]
    return bytes(helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString())


def test_a_network_without_logits_embeds_any_number_of_pictures() -> None:
    network = EmbeddingNetwork(build())
    images = np.random.default_rng(0).integers(0, 256, (21, 3, SIZE, SIZE), np.uint8)
    assert (network.size, network.dimensions) == (SIZE, 3)
    np.testing.assert_allclose(network.run(images), images.mean(axis=(2, 3)), rtol=1e-5)
    np.testing.assert_array_equal(network.run(images[9:10]), network.run(images)[9:10])
    assert network.run(images[:0]).shape == (0, 3)


def test_a_network_without_an_embedding_is_refused() -> None:
    with pytest.raises(BundleError, match="other inputs or outputs"):
        EmbeddingNetwork(build("logits"))


def test_a_file_is_loaded_once(tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(build())
    assert load_embedding_network(path) is load_embedding_network(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        load_embedding_network(tmp_path / "none.onnx")
