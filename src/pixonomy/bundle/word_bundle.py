"""Writes a bundle that answers by words alone: a pretrained network with weights of its classes.

Nothing is trained and no framework is needed: the head becomes a few more nodes of an ONNX graph.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pixonomy.bundle.calibrate import Calibration
from pixonomy.bundle.categories import describe_categories
from pixonomy.bundle.load import BUNDLE_FILE, MODEL_FILE, SCHEMA_VERSION, seal
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.heads.word_head import SMALLEST, WordHead
from pixonomy.images.resize import RESIZE_VERSION, ResizeSpec
from pixonomy.inference.form import EMBEDDING, LOGITS
from pixonomy.storage.files import hash_file, write_aside, write_json


def add_class_head(network: bytes, head: WordHead) -> bytes:
    """Return an ONNX model that gives `logits` beside the `embedding` of a headless one.

    Logits are logarithms: their softmax is `semantic_prior.prior.answer`.

    Args:
        network: from `images` to `embedding`, such as `inference.wrap_backbone` makes.
        head: with the network's own classes, or an encoder's phrases for classes.
    """
    model = onnx.load_model_from_string(network)
    graph = model.graph
    for name, values in (
        ("words/kernel", head.kernel),
        ("words/bias", head.bias),
        ("words/weights", np.ascontiguousarray(head.weights.T)),
        ("words/smallest", np.array([SMALLEST], np.float32)),
    ):
        graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
    graph.node.extend(
        [
            helper.make_node("Cast", ["words/kernel"], ["words/k"], to=TensorProto.FLOAT),
            helper.make_node("MatMul", [EMBEDDING, "words/k"], ["words/product"]),
            helper.make_node("Add", ["words/product", "words/bias"], ["words/class_logits"]),
            helper.make_node("Softmax", ["words/class_logits"], ["words/classes"], axis=1),
            helper.make_node("MatMul", ["words/classes", "words/weights"], ["words/evidence"]),
            helper.make_node("Add", ["words/evidence", "words/smallest"], ["words/above_0"]),
            helper.make_node("Log", ["words/above_0"], [LOGITS]),
        ]
    )
    logits = helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, ["n", len(head.weights)])
    graph.output.append(logits)
    return bytes(model.SerializeToString())


def write_word_bundle(
    folder: Path,
    network: bytes,
    head: WordHead,
    labels: Sequence[str],
    resize_spec: ResizeSpec,
    taxonomy: Taxonomy | None = None,
    provenance: Mapping[str, object] | None = None,
) -> None:
    """Write a bundle whose answers rest on words; none is ever sure, for nothing was measured.

    Args:
        folder: of the bundle; it must not exist.
        network: see `add_class_head`.
        labels: of the categories, in the order of the head's weights.
        resize_spec: of the images that the network takes.
        taxonomy: the labels' names and goals, and what lies above them.
    """
    known = None if taxonomy is None else taxonomy.restrict(labels)
    names = [one if known is None else known.name(one) for one in labels]
    about = {
        "schema_version": SCHEMA_VERSION,
        "labels": [
            {"label": label, "name": name, "count": 0}
            for label, name in zip(labels, names, strict=True)
        ],
        **({} if known is None else {"categories": describe_categories(known)}),
        "preprocessing": {**asdict(resize_spec), "resize_version": RESIZE_VERSION},
        "calibration": asdict(Calibration()),
        "provenance": {"answers_by": "words", **(provenance or {})},
    }
    with write_aside(folder) as partial:
        partial.mkdir()
        (partial / MODEL_FILE).write_bytes(add_class_head(network, head))
        hashes = {MODEL_FILE: hash_file(partial / MODEL_FILE)}
        write_json(partial / BUNDLE_FILE, seal(about | {"hashes": hashes}))
