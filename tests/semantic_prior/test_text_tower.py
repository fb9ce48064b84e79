import json
from pathlib import Path

import numpy as np
import pytest

from encoder_pair import LENGTH, Pair, make_pair, text_network
from pixonomy.errors import SettingError
from pixonomy.semantic_prior.text_tower import TextTower


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return make_pair(tmp_path / "encoder")


def open_tower(pair: Pair, length: int | None = None) -> TextTower:
    network = pair.folder / "onnx" / "text_model.onnx"
    return TextTower(network, pair.folder / "tokenizer.json", length)


def test_texts_become_the_vectors_of_the_reference(pair: Pair) -> None:
    found = open_tower(pair)(["a photo of cat", "dog", "a red zebra"])
    ids = [[2, 3, 4, 5, 0, 0, 0, 0], [6, 0, 0, 0, 0, 0, 0, 0], [2, 9, 1, 0, 0, 0, 0, 0]]
    assert found.dtype == np.float32
    assert found == pytest.approx(pair.text_vectors(np.array(ids)), abs=1e-4)


def test_a_long_text_is_cut_to_the_length_of_the_network(pair: Pair) -> None:
    found = open_tower(pair)([" ".join(["cat"] * 50)])
    assert found == pytest.approx(pair.text_vectors(np.full((1, LENGTH), 5)), abs=1e-4)


def test_many_texts_are_encoded_as_each_alone(pair: Pair) -> None:
    tower = open_tower(pair)
    texts = [f"a photo of {('cat', 'dog', 'car')[at % 3]}" for at in range(100)]
    assert tower(texts)[97] == pytest.approx(tower([texts[97]])[0], abs=1e-6)


def test_the_length_can_be_given_where_no_file_says_it(pair: Pair) -> None:
    (pair.folder / "tokenizer_config.json").unlink()
    with pytest.raises(SettingError, match="how many tokens a text has: give the length"):
        open_tower(pair)
    found = open_tower(pair, 2)(["cat"])
    assert found == pytest.approx(pair.text_vectors(np.array([[5, 0]])), abs=1e-4)


def test_a_config_that_does_not_know_the_length_is_not_believed(pair: Pair) -> None:
    (pair.folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 10**30}))
    with pytest.raises(SettingError, match="how many tokens"):
        open_tower(pair)


def test_another_network_is_refused_by_its_input_or_output(pair: Pair) -> None:
    network = pair.folder / "onnx" / "text_model.onnx"
    network.write_bytes(text_network(pair.table, taken="tokens"))
    with pytest.raises(SettingError, match="it takes tokens, not input_ids"):
        open_tower(pair)
    network.write_bytes(text_network(pair.table, output="logits"))
    with pytest.raises(SettingError, match="gives logits, and none of text_embeds"):
        open_tower(pair)


def test_a_damaged_network_or_tokenizer_is_one_sentence(pair: Pair) -> None:
    (pair.folder / "tokenizer.json").write_text("{}")
    with pytest.raises(SettingError, match=r"tokenizer\.json is no tokenizer"):
        open_tower(pair)
    (pair.folder / "onnx" / "text_model.onnx").write_bytes(b"\x08\x07nonsense")
    with pytest.raises(SettingError, match=r"text_model\.onnx cannot be used"):
        open_tower(pair)
    (pair.folder / "onnx" / "text_model.onnx").unlink()
    with pytest.raises(SettingError, match="There is no text network"):
        open_tower(pair)


def test_a_tokenizer_of_another_network_is_reported(pair: Pair) -> None:
    network = pair.folder / "onnx" / "text_model.onnx"
    network.write_bytes(text_network(pair.table[:3]))
    with pytest.raises(SettingError, match="does the tokenizer belong to it"):
        open_tower(pair)(["a red wine"])
