"""A map sums with the bias to the logit, to rounding; where it would not, there is none."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import pixonomy
from pixonomy.bundle.answer import Square
from pixonomy.bundle.calibrate import Calibration
from pixonomy.bundle.explain_answer import Explainer, open_explainer
from pixonomy.bundle.export_onnx import export_onnx
from pixonomy.bundle.load import Bundle, BundleRecord, load_bundle, seal
from pixonomy.bundle.pooled_features import expose_features, linear_exponents
from pixonomy.errors import BundleError, SettingError, UndecodableImage
from pixonomy.heads.gated import GatedHead
from pixonomy.heads.prototypes import fit_prototypes
from pixonomy.heads.references import choose_references
from pixonomy.images.resize import ResizeSpec, frame
from pixonomy.inference.form import LINEAR_BIAS, LINEAR_KERNEL
from pixonomy.inference.session import Network
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.storage.files import hash_file


def read_squares(bundle: Bundle, images: Path, count: int = 8) -> list[Square]:
    files = sorted(images.rglob("0*.jpg"))[:: 72 // count]
    return [frame(one.read_bytes(), bundle.resize_spec) for one in files]


def explainer_of(bundle: Bundle, content: bytes) -> Explainer:
    found = {
        one.name: numpy_helper.to_array(one)
        for one in onnx.load_model_from_string(content).graph.initializer
    }
    return Explainer(bundle, found[LINEAR_KERNEL], found[LINEAR_BIAS])


def bundle_on(content: bytes, exponents: tuple[float, ...]) -> Bundle:
    network = Network(content, 1)
    labels = ("a", "b", "c")
    about = BundleRecord(digest="", hashes={})
    spec = ResizeSpec(network.image_shape[1])
    return Bundle(labels, labels, spec, Calibration(), network, about, linear_exponents=exponents)


def test_the_map_of_a_trained_network_sums_to_the_logit_of_every_category(
    fitted_run: Path, fitted_images: Path
) -> None:
    bundle = load_bundle(fitted_run)
    explainer = open_explainer(bundle, fitted_run)
    assert explainer is not None
    biases = set()
    for square in read_squares(bundle, fitted_images):
        (logits,) = bundle.network.run(square[None]).logits
        for label, logit in zip(bundle.labels, logits, strict=True):
            found = explainer.explain(square, label)
            assert found is not None
            assert found.map.dtype == np.float32
            assert found.map.ndim == 2
            assert found.map.sum() + found.bias == pytest.approx(logit, abs=1e-4)
            biases.add((label, found.bias))
        likeliest = explainer.explain(square)
        assert likeliest is not None
        assert likeliest.label == bundle.labels[logits.argmax()]
    assert len(biases) == len(bundle.labels)  # the same whatever the image: all else is in the map


def test_a_loaded_classifier_explains_files_and_says_when_it_cannot(
    fitted_run: Path, fitted_images: Path
) -> None:
    classifier, file = pixonomy.load(fitted_run), fitted_images / "cross" / "000 à.jpg"
    found = classifier.explain(file)
    assert found is not None
    assert found.label == classifier(file).top[0].label
    assert np.ptp(found.map) > 0
    with pytest.raises(SettingError, match="knows no category 'zebra'"):
        classifier.explain(file, "zebra")
    with pytest.raises(UndecodableImage):
        classifier.explain(b"no image")


def test_a_gated_answer_is_explained_only_where_the_linear_head_made_it(tmp_path: Path) -> None:
    model = build_model(ModelSettings("compact", 32, 3, 32, 0.0, 0), "float32")
    export_onnx(model, tmp_path / "plain.onnx")
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 32, 32), np.uint8)
    seen = Network((tmp_path / "plain.onnx").read_bytes(), 1).run(images)
    labels = np.arange(40) % 3
    references = choose_references(seen.embeddings, labels, 3, 0)
    familiar = references.similarities(seen.embeddings)[1]
    ranked = np.sort(familiar)
    # Halfway between two images: rounding cannot bring one to another side.
    near, between = (float(ranked[at : at + 2].mean()) for at in (25, 10))
    prototypes = fit_prototypes(seen.embeddings, labels, labels, 3)
    mixes = ((1.7, 0.0, 0.0, 0.0), (0.6, 0.0, 0.0, 0.0), (0.5, 1.0, 0.0, 0.0))
    gated = GatedHead(references, prototypes, (near, between), mixes)
    export_onnx(model, tmp_path / "gated.onnx", gated=gated)
    content = expose_features((tmp_path / "gated.onnx").read_bytes())
    assert content is not None
    bundle = bundle_on(content, linear_exponents(gated))
    explainer = explainer_of(bundle, content)
    answered = bundle.network.run(images).logits
    for image, logits, likeness in zip(images, answered, familiar, strict=True):
        maps = [explainer.explain(image, label) for label in bundle.labels]
        if likeness < between:  # other heads had a say
            assert maps == [None] * 3
            continue
        sums = [found.map.sum() + found.bias for found in maps if found is not None]
        np.testing.assert_allclose(sums, logits, atol=1e-4)
    false = explainer_of(replace(bundle, linear_exponents=(1.0,)), content)
    assert [false.explain(image) for image in images] == [None] * 40


@pytest.mark.slow
def test_the_maps_of_a_pretrained_network_are_exact_too(tmp_path: Path) -> None:
    model = build_model(ModelSettings("mobilenet", 96, 3, 32, 0.0, 0), "float32")
    export_onnx(model, tmp_path / "onnx")
    content = expose_features((tmp_path / "onnx").read_bytes())
    assert content is not None
    bundle = bundle_on(content, (1.0,))
    explainer = explainer_of(bundle, content)
    for image in np.random.default_rng(0).integers(0, 256, (5, 3, 96, 96), np.uint8):
        (logits,) = bundle.network.run(image[None]).logits
        for label, logit in zip(bundle.labels, logits, strict=True):
            found = explainer.explain(image, label)
            assert found is not None
            assert found.map.shape == (3, 3)
            assert found.map.sum() + found.bias == pytest.approx(logit, abs=1e-4)


def test_a_bundle_of_before_has_no_explanation_and_answers_as_ever(
    bundle_copy: Path, fitted_images: Path
) -> None:
    write_about(bundle_copy, linear_exponents=None)
    bundle = load_bundle(bundle_copy)
    assert open_explainer(bundle, bundle_copy) is None
    assert pixonomy.load(bundle_copy).explain(fitted_images / "cross" / "000 à.jpg") is None


def test_a_model_that_was_changed_or_has_no_weights_is_refused(bundle_copy: Path) -> None:
    path = bundle_copy / "model.onnx"
    bundle, model = load_bundle(bundle_copy), onnx.load(path)
    for one in [*model.graph.initializer, *model.graph.node]:
        names = {LINEAR_KERNEL: "other"}
        if isinstance(one, onnx.TensorProto):
            one.name = names.get(one.name, one.name)
        else:
            one.input[:] = [names.get(name, name) for name in one.input]
    path.write_bytes(model.SerializeToString())
    with pytest.raises(BundleError, match="was changed after it was loaded"):
        open_explainer(bundle, bundle_copy)
    write_about(bundle_copy, hashes={"model.onnx": hash_file(path)})
    with pytest.raises(BundleError, match="not the weights of a linear head"):
        open_explainer(load_bundle(bundle_copy), bundle_copy)


def test_a_bundle_that_promises_features_without_giving_them_is_refused(bundle_copy: Path) -> None:
    path = bundle_copy / "model.onnx"
    model = onnx.load(path)
    del model.graph.output[-1]
    path.write_bytes(model.SerializeToString())
    write_about(bundle_copy, hashes={"model.onnx": hash_file(path)})
    with pytest.raises(BundleError, match="or no features"):
        load_bundle(bundle_copy)


def write_about(folder: Path, **changes: object) -> None:
    """Change what a `bundle.json` says; None takes a key away."""
    about = json.loads((folder / "bundle.json").read_text()) | changes
    kept = {key: value for key, value in about.items() if key != "digest" and value is not None}
    (folder / "bundle.json").write_text(json.dumps(seal(kept)))
