"""Finds the two networks of a text-image encoder in a folder, as published exports lay it out.

`tokenizer.json`, `tokenizer_config.json` and `preprocessor_config.json` stand in the folder;
`vision_model.onnx` and `text_model.onnx`, or smaller variants such as `text_model_quantized.onnx`,
stand there or in its folder `onnx`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from pixonomy.errors import SettingError
from pixonomy.inference.wrap_backbone import Preprocessing
from pixonomy.storage.files import existing_path, printable, storage_errors

_FILE_NAMES = ("_quantized", "_int8", "_uint8", "_fp16", "")  # the smallest first
_MEAN_AND_STD = ("image_mean", "image_std")


@dataclass(frozen=True)
class EncoderFiles:
    """The files of a text-image encoder.

    Attributes:
        image, text: ONNX files of the two networks.
        preprocessing: how images are brought to the image network; its vectors have length 1.
    """

    image: Path
    text: Path
    tokenizer: Path
    preprocessing: Preprocessing


def find_encoder(folder: Path) -> EncoderFiles:
    """Return the files of the encoder in a folder; of several variants the smallest.

    Raises:
        SettingError: if one is missing, or the preprocessing is not understood.
    """
    with storage_errors(folder):
        if not folder.is_dir():
            raise SettingError(f"There is no folder of an encoder at {printable(folder)}.")
        image, text = _find(folder, "vision_model"), _find(folder, "text_model")
        tokenizer = folder / "tokenizer.json"
        if not tokenizer.is_file():
            raise SettingError(f"{printable(folder)} has no tokenizer.json.")
        return EncoderFiles(image, text, tokenizer, read_preprocessing(folder))


def read_preprocessing(folder: Path) -> Preprocessing:
    """Return what `preprocessor_config.json` says of images.

    Raises:
        SettingError: if it is missing or is not understood.
    """
    path = folder / "preprocessor_config.json"
    try:
        with storage_errors(existing_path(path, "preprocessing of the encoder")):
            config = json.loads(path.read_text("utf-8"))
        mean, std = (tuple(float(one) for one in config[name]) for name in _MEAN_AND_STD)
        if not len(mean) == len(std) == 3 or not min(std) > 0:
            raise ValueError("three means and three deviations above 0 are needed")
        return Preprocessing(mean, std, _size(config), is_unit=True)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SettingError(
            f"{printable(path)} does not say how images are prepared (image_mean, image_std, "
            f"size): {error}."
        ) from error


def _size(config: dict[str, object]) -> int | None:
    """Return the side of the square in pixels: what is cut out, or what is resized to."""
    for name in ("crop_size", "size"):
        size = config.get(name)
        if isinstance(size, dict):
            sides = {size.get(key) for key in ("height", "width", "shortest_edge")} - {None}
            size = sides.pop() if len(sides) == 1 else None
        if isinstance(size, int) and size > 0:
            return size
    return None


def _find(folder: Path, name: str) -> Path:
    names = [f"{name}{variant}.onnx" for variant in _FILE_NAMES]
    there = (place / one for one in names for place in (folder, folder / "onnx"))
    found = next((path for path in there if path.is_file()), None)
    if found is None:
        raise SettingError(
            f"{printable(folder)} has no {name}.onnx, nor has its folder onnx: an encoder is two "
            "networks, vision_model.onnx and text_model.onnx."
        )
    return found
