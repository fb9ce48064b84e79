import numpy as np
import onnx
import pytest
from onnx import helper

from pixonomy.bundle.export_frozen import join
from pixonomy.errors import SettingError
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.session import Network
from pixonomy.inference.wrap_backbone import Preprocessing, wrap_backbone
from small_classifier import SIZE, SmallClassifier

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 3, SIZE, SIZE), np.uint8)


def heads(opset: int) -> bytes:
    """Return a model whose logits are the negative of what it sees, and a part named as another."""
    graph = helper.make_graph(
        [
            helper.make_node("Neg", ["seen"], ["given"]),
            helper.make_node("Identity", ["given"], ["logits"]),
        ],
        "heads",
        [helper.make_tensor_value_info("seen", 1, ["batch", 1000])],
        [helper.make_tensor_value_info("logits", 1, ["batch", 1000])],
    )
    opsets = [helper.make_opsetid("", opset)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString())


@pytest.mark.parametrize(("opset", "ir"), [(9, 3), (12, 7), (17, 9), (18, 10), (20, 10), (21, 10)])
def test_networks_of_old_and_new_operations_are_joined(opset: int, ir: int) -> None:
    backbone = wrap_backbone(SmallClassifier(opset=opset, ir=ir).content(), Preprocessing())
    embeddings = EmbeddingNetwork(backbone).run(IMAGES)
    for some in (IMAGES, IMAGES[:1]):
        given = Network(join(backbone, heads(20)), 1).run(some)
        np.testing.assert_allclose(given.embeddings, embeddings[: len(some)], atol=1e-6)
        np.testing.assert_allclose(given.logits, -embeddings[: len(some)], atol=1e-6)


def test_operations_that_cannot_be_brought_together_are_refused() -> None:
    backbone = onnx.load_model_from_string(
        wrap_backbone(SmallClassifier().content(), Preprocessing())
    )
    backbone.graph.node[-1].op_type = "NoSuchOperation"
    with pytest.raises(SettingError, match="export it anew with opset 20"):
        join(bytes(backbone.SerializeToString()), heads(20))
