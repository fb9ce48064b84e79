"""A small pair of text and image networks with random weights, and what they should answer."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Floats = npt.NDArray[np.float32]

WORDS = ("[PAD]", "[UNK]", "a", "photo", "of", "cat", "dog", "car", "picture", "red", "wine")
LENGTH, SIZE, DIMENSIONS = 8, 16, 12
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.5)


@dataclass(frozen=True)
class Pair:
    """The folder of an encoder, and its weights."""

    folder: Path
    table: Floats
    kernel: Floats

    def text_vectors(self, ids: npt.NDArray[np.int64]) -> Floats:
        return np.asarray(np.tanh(self.table[ids]).mean(axis=1))

    def image_vectors(self, images: npt.NDArray[np.uint8]) -> Floats:
        mean, std = (np.array(some, np.float32).reshape(3, 1, 1) for some in (MEAN, STD))
        given = (images / np.float32(255) - mean) / std
        vectors = np.tanh(given.reshape(len(images), -1) @ self.kernel)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def make_pair(folder: Path) -> Pair:
    chance = np.random.default_rng(5)
    table = chance.standard_normal((len(WORDS), DIMENSIONS)).astype(np.float32)
    kernel = np.float32(0.05) * chance.standard_normal((3 * SIZE**2, DIMENSIONS)).astype(np.float32)
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "text_model.onnx").write_bytes(text_network(table))
    (folder / "onnx" / "vision_model.onnx").write_bytes(image_network(kernel))
    write_tokenizer(folder)
    settings = {"image_mean": MEAN, "image_std": STD, "size": {"height": SIZE, "width": SIZE}}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    return Pair(folder, table, kernel)


def write_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"model_max_length": LENGTH, "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def text_network(table: Floats, output: str = "text_embeds", taken: str = "input_ids") -> bytes:
    nodes = [
        helper.make_node("Gather", ["table", taken], ["rows"]),
        helper.make_node("Tanh", ["rows"], ["bent"]),
        helper.make_node("ReduceMean", ["bent"], [output], axes=[1], keepdims=0),
    ]
    inputs = [helper.make_tensor_value_info(taken, TensorProto.INT64, ["n", "length"])]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", DIMENSIONS])]
    return finish(nodes, inputs, outputs, table=table)


def image_network(kernel: Floats) -> bytes:
    nodes = [
        helper.make_node("Flatten", ["pixel_values"], ["flat"]),
        helper.make_node("MatMul", ["flat", "kernel"], ["product"]),
        helper.make_node("Tanh", ["product"], ["image_embeds"]),
    ]
    shape: list[str | int | None] = ["n", 3, SIZE, SIZE]
    inputs = [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, shape)]
    outputs = [helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, ["n", DIMENSIONS])]
    return finish(nodes, inputs, outputs, kernel=kernel)


def finish(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    **weights: Floats,
) -> bytes:
    held = [numpy_helper.from_array(one, name) for name, one in weights.items()]
    graph = helper.make_graph(nodes, "network", inputs, outputs, held)
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    return bytes(model.SerializeToString())
