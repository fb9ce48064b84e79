from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from pixonomy.bundle.export_onnx import export_onnx
from pixonomy.heads.gated import GatedHead
from pixonomy.heads.prototypes import fit_prototypes
from pixonomy.heads.references import choose_references
from pixonomy.heads.word_head import WordHead
from pixonomy.inference.session import Network
from pixonomy.models.architectures import ARCHITECTURES
from pixonomy.models.predictor import make_predictor
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.training.epochs import answer

# One of each family, preprocessing and order for every change; all of them by `make soak`.
QUICK = {"compact"}
SLOW = {"airbench", "convnexttiny", "efficientnetv2b0", "mobilenet", "vgg16"}


def marks(name: str) -> list[pytest.MarkDecorator]:
    if name in QUICK:
        return []
    return [pytest.mark.slow if name in SLOW else pytest.mark.soak]


MODELS = [
    pytest.param(name, marks=marks(name))
    for name in sorted(ARCHITECTURES)
    if not name.endswith(("base", "small", "101", "169", "201"))  # larger ones of a kind
]


@pytest.mark.parametrize("name", MODELS)
def test_the_exported_network_gives_the_keras_models_probabilities_in_any_batch(
    name: str, tmp_path: Path
) -> None:
    size = max(32, ARCHITECTURES[name].smallest)
    settings = ModelSettings(name, size, 4, dense=32, dropout=0.3, seed=0, is_pretrained=True)
    model = build_model(settings, "float32")
    # Statistics as after training: fresh ones would hide a mistake in BatchNorm.
    generator = np.random.default_rng(0)
    model.set_weights(
        [w + 0.05 * np.abs(w).mean() * generator.random(w.shape) for w in model.get_weights()]
    )
    export_onnx(model, tmp_path / "model.onnx")
    network = Network((tmp_path / "model.onnx").read_bytes(), threads=1)
    for batch in (1, 7, 64):
        images = generator.integers(0, 256, (batch, 3, size, size), np.uint8)
        wanted = softmax(np.asarray(model.predict_on_batch(images)), axis=1)
        given = softmax(network.run(images).logits, axis=1)
        np.testing.assert_allclose(given, wanted, atol=1e-3)


def test_a_network_that_is_asked_twice_gives_a_picture_and_its_mirror_image_one_answer(
    tmp_path: Path,
) -> None:
    model = build_model(ModelSettings("compact", 32, 4, 32, 0.0, 0), "float32")
    export_onnx(model, tmp_path / "model.onnx", also_mirrored=True)
    network = Network((tmp_path / "model.onnx").read_bytes(), threads=1)
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 32, 32), np.uint8)
    given, predict = network.run(images).logits, make_predictor(model)
    np.testing.assert_allclose(given, answer(predict, images, True), atol=1e-3)
    mirrored = network.run(np.ascontiguousarray(images[..., ::-1])).logits
    np.testing.assert_allclose(given, mirrored, atol=1e-4)
    assert np.abs(given - answer(predict, images, False)).max() > 1e-3


def test_exporting_prints_nothing_on_standard_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = build_model(ModelSettings("compact", 32, 3, 32, 0.0, 0), "float32")
    export_onnx(model, tmp_path / "model.onnx")
    assert capfd.readouterr().out == ""


def test_a_gated_head_answers_in_the_exported_network_as_in_numpy(tmp_path: Path) -> None:
    model = build_model(ModelSettings("compact", 32, 3, 32, 0.0, 0), "float32")
    export_onnx(model, tmp_path / "plain.onnx")
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 32, 32), np.uint8)
    seen = Network((tmp_path / "plain.onnx").read_bytes(), threads=1).run(images)
    labels, d = np.arange(40) % 3, seen.embeddings.shape[1]
    references = choose_references(seen.embeddings, labels, 3, 0)
    familiar = np.sort(references.similarities(seen.embeddings)[1])
    # Halfway between two images: rounding cannot bring one to another side.
    near, between = (float(familiar[at : at + 2].mean()) for at in (25, 10))
    gated = GatedHead(
        references,
        fit_prototypes(seen.embeddings, labels, labels, 3),
        (near, between),
        ((1.0, 0.5, 0.0, 0.0), (0.0, 0.0, 2.0, 1.0), (0.0, 0.0, 0.0, 1.0)),
        WordHead(
            np.random.default_rng(1).normal(size=(d, 20)).astype(np.float16),
            np.zeros(20, np.float32),
            np.random.default_rng(2).random((3, 20)).astype(np.float32),
        ),
    )
    export_onnx(model, tmp_path / "gated.onnx", gated=gated)
    for some in (images, images[:1]):
        given = Network((tmp_path / "gated.onnx").read_bytes(), threads=1).run(some)
        answers, grounds = gated.answer(seen.embeddings[: len(some)], seen.logits[: len(some)])
        np.testing.assert_allclose(given.logits, answers, atol=2e-3)
        np.testing.assert_array_equal(given.rests_on, grounds)
        assert len(some) == 1 or set(grounds.tolist()) == {0, 1, 2}
