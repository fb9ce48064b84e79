from pathlib import Path

import numpy as np
import pytest

from encoder_pair import SIZE, Pair, make_pair
from pixonomy.bundle.load import load_bundle
from pixonomy.bundle.word_bundle import add_class_head, write_word_bundle
from pixonomy.dataset.taxonomy import Category, Taxonomy
from pixonomy.heads.word_head import WordHead
from pixonomy.images.resize import ResizeSpec
from pixonomy.inference.session import Network
from pixonomy.inference.wrap_backbone import wrap_backbone
from pixonomy.semantic_prior.encoder_folder import find_encoder
from pixonomy.semantic_prior.encoders import make_phrase_head
from pixonomy.semantic_prior.prior import answer, class_weights
from pixonomy.semantic_prior.text_tower import TextTower

CLASSES = ("n02123045", "n02123394", "n02088364", "n03425413")  # two cats, a dog, a gas pump
CATEGORIES = [Category("c", "Cat"), Category("d", "d", keywords=("dog", "red wine"))]
IMAGES = np.random.default_rng(1).integers(0, 256, (20, 3, SIZE, SIZE)).astype(np.uint8)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return make_pair(tmp_path / "encoder")


def open_image_network(pair: Pair) -> bytes:
    files = find_encoder(pair.folder)
    return wrap_backbone(files.image.read_bytes(), files.preprocessing)


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_the_network_answers_as_the_words_do(pair: Pair, kind: str) -> None:
    chance = np.random.default_rng(3)
    kernel = chance.standard_normal((12, 4)).astype(kind)
    bias = chance.standard_normal(4).astype(np.float32)
    weights = class_weights(CATEGORIES, CLASSES)
    content = add_class_head(open_image_network(pair), WordHead(kernel, bias, weights))
    outputs = Network(content, 1).run(IMAGES)
    embeddings = pair.image_vectors(IMAGES)
    assert outputs.embeddings == pytest.approx(embeddings, abs=1e-4)
    classes = softmax(embeddings @ kernel.astype(np.float32) + bias).astype(np.float32)
    assert softmax(outputs.logits) == pytest.approx(answer(classes, weights), abs=1e-4)


def test_a_bundle_of_an_encoder_needs_its_image_network_alone(pair: Pair, tmp_path: Path) -> None:
    network = open_image_network(pair)
    files = find_encoder(pair.folder)
    phrases = make_phrase_head(CATEGORIES, TextTower(files.text, files.tokenizer))
    zeros = np.zeros(len(phrases.phrases), np.float32)
    head = WordHead(phrases.kernel, zeros, phrases.weights)
    files.text.unlink()
    write_word_bundle(tmp_path / "bundle", network, head, ("c", "d"), ResizeSpec(SIZE))
    bundle = load_bundle(tmp_path / "bundle")
    assert (bundle.labels, bundle.counts) == (("c", "d"), (0, 0))
    outputs = bundle.network.run(IMAGES)
    expected = phrases.answer(pair.image_vectors(IMAGES))
    assert bundle.calibration.probabilities(outputs.logits) == pytest.approx(expected, abs=1e-4)
    assert set(bundle.calibration.verdicts(outputs)) == {"unsure"}  # nothing was measured


def test_names_and_parents_of_the_taxonomy_go_with_it(pair: Pair, tmp_path: Path) -> None:
    categories = [Category("all", "Animals"), Category("c", "Cats", "all"), Category("x", "Other")]
    head = WordHead(
        np.zeros((12, 4), np.float16), np.zeros(4, np.float32), np.ones((1, 4), np.float32)
    )
    write_word_bundle(
        tmp_path / "bundle", open_image_network(pair), head, ["c"], ResizeSpec(SIZE),
        Taxonomy.of(categories), {"words": "goals.toml"},
    )  # fmt: skip
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.names == ("Cats",)
    assert bundle.paths == {"c": ("Animals", "Cats")}
    assert bundle.about["provenance"] == {"answers_by": "words", "words": "goals.toml"}
