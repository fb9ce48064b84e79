import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from encoder_pair import Pair, make_pair
from pixonomy.bundle.load import load_bundle
from pixonomy.errors import PixonomyError, SettingError
from pixonomy.verbs.classify import classify
from pixonomy.verbs.fit_words import WordChoices, fit_words

TAXONOMY = """\
title = "Pets"
[[category]]
id = "cats"
name = "Cats *and* kittens"
keywords = ["cat", "Katze"]
[[category]]
id = "dogs"
name = "Dogs"
keywords = ["dog"]
[[category]]
id = "all"
name = "Pets"
keywords = []
"""
PARENTS = TAXONOMY.replace('keywords = ["', 'parent = "all"\nkeywords = ["')


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return make_pair(tmp_path / "encoder")


@pytest.fixture
def taxonomy(tmp_path: Path) -> Path:
    path = tmp_path / "pets.toml"
    path.write_text(PARENTS, "utf-8")
    return path


def test_an_encoder_answers_by_words_without_an_image(
    pair: Pair, taxonomy: Path, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    made = fit_words(taxonomy, output, WordChoices(encoder=pair.folder))
    assert (made.answers_by, made.categories, made.words) == ("encoder", 2, None)
    bundle = load_bundle(output)
    assert bundle.names == ("Cats *and* kittens", "Dogs")
    assert bundle.about["provenance"]["answers_by"] == "words"
    Image.fromarray(np.full((40, 30, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    (answered,) = classify(output, [tmp_path / "grey.png"]).images
    assert answered.verdict == "unsure"
    assert answered.label in ("cats", "dogs")


def test_the_card_says_that_nothing_was_learnt_or_tested(
    pair: Pair, taxonomy: Path, tmp_path: Path
) -> None:
    made = fit_words(taxonomy, tmp_path / "run", WordChoices(encoder=pair.folder))
    card = Path(made.card).read_text("utf-8")
    assert "**No image was learnt from, and none was tested on.**" in card
    assert "- Cats \\*and\\* kittens: cat, Katze" in card


def test_the_same_call_again_makes_nothing_and_another_is_refused(
    pair: Pair, taxonomy: Path, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    fit_words(taxonomy, output, WordChoices(encoder=pair.folder))
    before = (output / "bundle" / "model.onnx").stat().st_mtime_ns
    fit_words(taxonomy, output, WordChoices(encoder=pair.folder))
    assert (output / "bundle" / "model.onnx").stat().st_mtime_ns == before
    taxonomy.write_text(PARENTS.replace('"dog"', '"car"'), "utf-8")
    with pytest.raises(PixonomyError, match="--overwrite"):
        fit_words(taxonomy, output, WordChoices(encoder=pair.folder))
    fit_words(taxonomy, output, WordChoices(encoder=pair.folder), overwrite=True)
    assert "Dogs: car" in (output / "model_card.md").read_text("utf-8")


def test_a_folder_of_other_files_is_left_alone(pair: Pair, taxonomy: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(SettingError, match="holds other files"):
        fit_words(taxonomy, tmp_path / "mine", WordChoices(encoder=pair.folder))


def test_what_a_failed_call_has_left_binds_nobody(
    pair: Pair, taxonomy: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "mobilenet_v2_notop.weights.h5"
    broken.write_bytes(b"no weights at all")
    with pytest.raises(PixonomyError):
        fit_words(taxonomy, tmp_path / "run", WordChoices(str(broken)))
    made = fit_words(taxonomy, tmp_path / "run", WordChoices(encoder=pair.folder))
    assert made.categories == 2


def test_words_that_nobody_knows_make_no_bundle(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(TAXONOMY.replace("dog", "Hund").replace("Dogs", "Hunde"), "utf-8")
    path.write_text(path.read_text("utf-8").rpartition("[[category]]")[0], "utf-8")
    path.write_text(path.read_text("utf-8").replace('"dogs"', '"hunde"'), "utf-8")
    with pytest.raises(SettingError, match="has 2 categories, and of 1 no word is known"):
        fit_words(path, tmp_path / "run")


def test_words_need_a_pretrained_network(taxonomy: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="Words need a pretrained network"):
        fit_words(taxonomy, tmp_path / "run", WordChoices("none"))
    with pytest.raises(SettingError, match="There is no weights file"):
        fit_words(taxonomy, tmp_path / "run", WordChoices(str(tmp_path / "nowhere.h5")))


@pytest.mark.slow
def test_imagenets_classes_answer_by_the_words_of_a_taxonomy(
    taxonomy: Path, tmp_path: Path
) -> None:
    from pixonomy.models.backend import building, keras

    headless_weights = tmp_path / "random_notop.weights.h5"
    with building("float32"):
        network = keras.applications.MobileNetV2(
            include_top=False, weights=None, input_shape=(3, 224, 224)
        )
    network.save_weights(headless_weights)
    with pytest.raises(SettingError, match="have no head of ImageNet's classes"):
        fit_words(taxonomy, tmp_path / "run", WordChoices(str(headless_weights)))
    chance = np.random.default_rng(0)
    kernel = chance.standard_normal((1280, 1000)).astype(np.float16)
    np.savez(tmp_path / "random_head.npz", kernel=kernel, bias=np.zeros(1000, np.float32))
    made = fit_words(taxonomy, tmp_path / "run", WordChoices(str(headless_weights)))
    assert made.answers_by == "imagenet classes"
    assert made.words is not None
    assert made.words.unknown == {"cats": ("Katze",)}
    assert load_bundle(tmp_path / "run").resize_spec.size == 224
    stored = json.loads((tmp_path / "run" / "words.json").read_text("utf-8"))
    assert stored["fingerprint"]["stage"] == "fit words"
