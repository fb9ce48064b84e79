import json
from pathlib import Path

import pytest

from encoder_pair import MEAN, SIZE, STD, make_pair
from pixonomy.errors import SettingError
from pixonomy.inference.wrap_backbone import Preprocessing
from pixonomy.semantic_prior.encoder_folder import find_encoder


def test_the_files_of_an_export_are_found(tmp_path: Path) -> None:
    folder = make_pair(tmp_path / "encoder").folder
    files = find_encoder(folder)
    assert files.image == folder / "onnx" / "vision_model.onnx"
    assert files.text == folder / "onnx" / "text_model.onnx"
    assert files.preprocessing == Preprocessing(MEAN, STD, SIZE, is_unit=True)


def test_the_smallest_variant_is_taken(tmp_path: Path) -> None:
    folder = make_pair(tmp_path / "encoder").folder
    small = folder / "onnx" / "vision_model_quantized.onnx"
    small.write_bytes((folder / "onnx" / "vision_model.onnx").read_bytes())
    assert find_encoder(folder).image == small


@pytest.mark.parametrize(
    ("settings", "size"),
    [({"size": 224}, 224), ({"size": {"shortest_edge": 224}}, 224), ({}, None),
     ({"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}}, 224)],
)  # fmt: skip
def test_the_size_is_read_in_all_its_forms(
    tmp_path: Path, settings: dict[str, object], size: int | None
) -> None:
    folder = make_pair(tmp_path / "encoder").folder
    settings |= {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    assert find_encoder(folder).preprocessing.size == size


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"image_mean": [1], "image_std": [1]}', '{"image_mean": "x"}',
             '{"image_mean": [0, 0, 0], "image_std": [0, 0, 0]}']
)  # fmt: skip
def test_a_preprocessing_that_is_not_understood_is_refused(tmp_path: Path, text: str) -> None:
    folder = make_pair(tmp_path / "encoder").folder
    (folder / "preprocessor_config.json").write_text(text)
    with pytest.raises(SettingError, match="does not say how images are prepared"):
        find_encoder(folder)


@pytest.mark.parametrize(
    ("missing", "message"),
    [("onnx/text_model.onnx", r"has no text_model\.onnx"), ("tokenizer.json", "has no tokenizer"),
     ("preprocessor_config.json", "There is no preprocessing")],
)  # fmt: skip
def test_what_is_missing_is_named(tmp_path: Path, missing: str, message: str) -> None:
    folder = make_pair(tmp_path / "encoder").folder
    (folder / missing).unlink()
    with pytest.raises(SettingError, match=message):
        find_encoder(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"no folder of an encoder at .*nowhere"):
        find_encoder(tmp_path / "nowhere")
