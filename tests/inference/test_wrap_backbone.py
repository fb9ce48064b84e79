import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from encoder_pair import finish
from pixonomy.errors import SettingError
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.wrap_backbone import Preprocessing, wrap_backbone

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 3, 16, 16)).astype(np.uint8)
KERNEL = np.random.default_rng(1).standard_normal((4, 3, 2, 2)).astype(np.float32)


def network(
    shape: list[str | int | None],
    name: str = "x",
    outputs: tuple[str, ...] = ("map",),
    kind: int = 1,
) -> bytes:
    """Return a network whose output is its input, once for each name."""
    nodes = [helper.make_node("Identity", [name], [one]) for one in outputs]
    return finish(
        nodes,
        [helper.make_tensor_value_info(name, kind, shape)],
        [helper.make_tensor_value_info(one, kind, shape) for one in outputs],
    )


def prepared(mean: tuple[float, ...], std: tuple[float, ...]) -> np.ndarray:
    turn = [np.array(one).reshape(3, 1, 1) for one in (mean, std)]
    return np.asarray((IMAGES / 255 - turn[0]) / turn[1])


def test_preprocessing_and_pooling_are_part_of_the_network() -> None:
    nodes = [helper.make_node("Conv", ["images", "kernel"], ["embedding"], strides=[2, 2])]
    inputs = [helper.make_tensor_value_info("images", 1, ["batch", 3, 16, 16])]
    outputs = [helper.make_tensor_value_info("embedding", 1, ["batch", 4, 8, 8])]
    content = finish(nodes, inputs, outputs, kernel=KERNEL)
    found = EmbeddingNetwork(wrap_backbone(content, Preprocessing())).run(IMAGES)
    given = prepared(Preprocessing.mean, Preprocessing.std)
    patches = given.reshape(5, 3, 8, 2, 8, 2)
    expected = np.einsum("ncyaxb,dcab->ndyx", patches, KERNEL).mean(axis=(2, 3))
    assert found == pytest.approx(expected, abs=1e-4)


def test_channels_may_come_last() -> None:
    nodes = [helper.make_node("ReduceMean", ["x"], ["pooled"], axes=[1, 2], keepdims=0)]
    inputs = [helper.make_tensor_value_info("x", 1, ["n", "h", "w", 3])]
    outputs = [helper.make_tensor_value_info("pooled", 1, ["n", 3])]
    wanted = Preprocessing((0, 0.5, 1), (1, 2, 4), size=16)
    found = EmbeddingNetwork(wrap_backbone(finish(nodes, inputs, outputs), wanted)).run(IMAGES)
    assert found == pytest.approx(prepared(wanted.mean, wanted.std).mean(axis=(2, 3)), abs=1e-4)


def test_embeddings_can_be_brought_to_length_one() -> None:
    content = network(["n", 3, 16, 16])
    found = EmbeddingNetwork(wrap_backbone(content, Preprocessing(is_unit=True))).run(IMAGES)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-4)


def test_half_precision_networks_are_given_theirs() -> None:
    content = network(["n", 3, 16, 16], kind=TensorProto.FLOAT16)
    found = EmbeddingNetwork(wrap_backbone(content, Preprocessing())).run(IMAGES)
    given = prepared(Preprocessing.mean, Preprocessing.std)
    assert found == pytest.approx(given.mean(axis=(2, 3)), abs=1e-2)


def test_of_several_outputs_the_known_or_the_named_is_taken() -> None:
    content = network(["n", 3, 16, 16], outputs=("hidden", "pooler_output"))
    assert wrap_backbone(content, Preprocessing())
    content = network(["n", 3, 16, 16], outputs=("hidden", "other"))
    with pytest.raises(SettingError, match="Name one of hidden, other"):
        wrap_backbone(content, Preprocessing())
    assert wrap_backbone(content, Preprocessing(output="other"))


@pytest.mark.parametrize(
    ("shape", "size", "message"),
    [
        (["n", 4, 16, 16], None, "not that of images of floats"),
        (["n", 3, 16], None, "not that of images of floats"),
        (["n", 3, 16, 32], None, "a square of one size is needed"),
        (["n", 3, "h", "w"], None, "a square of one size is needed"),
        (["n", 3, 16, 16], 224, "a square of one size is needed"),
    ],
)
def test_a_network_that_takes_no_square_images_is_refused(
    shape: list[str | int | None], size: int | None, message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        wrap_backbone(network(shape), Preprocessing(size=size))


def test_a_network_with_a_second_input_is_refused() -> None:
    values = [helper.make_tensor_value_info(one, 1, ["n", 3, 16, 16]) for one in ("a", "b", "c")]
    content = finish([helper.make_node("Add", ["a", "b"], ["c"])], values[:2], values[2:])
    with pytest.raises(SettingError, match="take images alone; its inputs: a, b"):
        wrap_backbone(content, Preprocessing())


def test_an_output_of_tokens_is_refused() -> None:
    nodes = [helper.make_node("Flatten", ["x"], ["y"], axis=2)]
    values = [
        helper.make_tensor_value_info("x", 1, ["n", 3, 16, 16]),
        helper.make_tensor_value_info("y", 1, ["n", 3, 256]),
    ]
    with pytest.raises(SettingError, match="name another as the embedding"):
        wrap_backbone(finish(nodes, values[:1], values[1:]), Preprocessing())


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(SettingError, match="no ONNX model"):
        wrap_backbone(b"\x08nonsense", Preprocessing())


def test_the_wrapped_model_is_a_valid_one() -> None:
    content = wrap_backbone(network(["n", 3, 16, 16]), Preprocessing())
    onnx.checker.check_model(onnx.load_model_from_string(content), full_check=True)
