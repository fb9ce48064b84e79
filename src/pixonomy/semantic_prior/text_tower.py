"""Turns texts into vectors by the text half of CLIP or SigLIP, an ONNX file and its tokenizer.

The files are those that Hugging Face's exports have: `text_model.onnx`, `tokenizer.json` and, for
the length of a text, `tokenizer_config.json` beside it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from pixonomy.errors import SettingError
from pixonomy.inference.form import LARGEST_MODEL, in_short, measure_model
from pixonomy.inference.whole_file import read_whole
from pixonomy.storage.files import existing_path, printable, storage_errors

IDS, MASK = "input_ids", "attention_mask"
_OUTPUTS = ("text_embeds", "pooler_output")
_BATCH = 32
_LONGEST = 512  # tokens: a config that says more says that it does not know
_SMALL_FILE = 64 << 20  # bytes of a tokenizer; the largest vocabularies have half of it

Tokens = npt.NDArray[np.int64]


class TextTower:
    """A loaded text network with its tokenizer; called with n texts, it returns float32 (n, d)."""

    def __init__(self, network: Path, tokenizer: Path, length: int | None = None) -> None:
        """Load both.

        Args:
            length: tokens of a text, shorter ones filled up; None: what the network's input, the
                tokenizer or `tokenizer_config.json` beside it says (CLIP 77, SigLIP 64).

        Raises:
            SettingError: if a file is missing or of another kind, or nothing says the length.
            BundleError: if the network leans on other files, or is too large.
        """
        self._session = _open(network)
        self._inputs = {one.name: one for one in self._session.get_inputs()}
        self._output = self._choose_output(network)
        if IDS not in self._inputs or not self._inputs.keys() <= {IDS, MASK}:
            raise SettingError(
                f"{printable(network)} is no text network of the kind of CLIP or SigLIP: it takes "
                f"{', '.join(self._inputs)}, not {IDS}."
            )
        self._tokenizer = _Tokenizer(tokenizer, length or self._fixed_length())

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return vectors, float32 (n, d).

        Raises:
            SettingError: if the network cannot be run with the tokenizer's numbers.
        """
        rows = []
        for start in range(0, len(texts), _BATCH):
            ids, mask = self._tokenizer(texts[start : start + _BATCH])
            given = {IDS: ids, MASK: mask}
            try:
                (some,) = self._session.run(
                    [self._output], {name: given[name] for name in self._inputs}
                )
            except Exception as error:  # ONNX Runtime raises types of its own
                raise SettingError(
                    f"The text network could not be run ({in_short(error)}); does the tokenizer "
                    "belong to it?"
                ) from error
            rows.append(np.asarray(some, np.float32))
        return np.concatenate(rows)

    def _choose_output(self, network: Path) -> str:
        names = [one.name for one in self._session.get_outputs()]
        chosen = next((one for one in _OUTPUTS if one in names), None)
        if chosen is None:
            raise SettingError(
                f"{printable(network)} gives {', '.join(names)}, and none of "
                f"{' or '.join(_OUTPUTS)}: export the text tower with its projection."
            )
        return chosen

    def _fixed_length(self) -> int | None:
        shape = self._inputs[IDS].shape
        return shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None


class _Tokenizer:
    """A tokenizer whose texts all have one length."""

    def __init__(self, path: Path, length: int | None) -> None:
        from tokenizers import Tokenizer

        config = _read_config(path.with_name("tokenizer_config.json"))
        with storage_errors(existing_path(path, "tokenizer")):
            content = read_whole(path, _SMALL_FILE)
        try:
            self._tokenizer = Tokenizer.from_buffer(content)
        except Exception as error:  # the library raises Exception itself
            raise SettingError(f"{printable(path)} is no tokenizer: {in_short(error)}.") from error
        padding = self._tokenizer.padding or {}
        length = length or padding.get("length") or _stated_length(config)
        if length is None:
            raise SettingError(
                f"Neither the network nor {printable(path)} says how many tokens a text has: give "
                "the length (CLIP has 77, SigLIP 64)."
            )
        filler = config.get("pad_token")
        text = filler.get("content") if isinstance(filler, dict) else filler
        number = self._tokenizer.token_to_id(text) if isinstance(text, str) else None
        self._tokenizer.enable_truncation(length)
        self._tokenizer.enable_padding(
            length=length, pad_id=padding.get("pad_id", 0) if number is None else number
        )

    def __call__(self, texts: Sequence[str]) -> tuple[Tokens, Tokens]:
        """Return token numbers and mask, int64 (n, length)."""
        found = self._tokenizer.encode_batch(list(texts))
        ids = np.array([one.ids for one in found], np.int64)
        return ids, np.array([one.attention_mask for one in found], np.int64)


def _open(path: Path) -> onnxruntime.InferenceSession:
    with storage_errors(existing_path(path, "text network")):
        content = read_whole(path, LARGEST_MODEL)
    try:
        measure_model(content)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise SettingError(f"{printable(path)} cannot be used: {in_short(error)}.") from error


def _read_config(path: Path) -> dict[str, object]:
    try:
        config = json.loads(read_whole(path, _SMALL_FILE))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def _stated_length(config: dict[str, object]) -> int | None:
    length = config.get("model_max_length")
    return length if isinstance(length, int) and 0 < length <= _LONGEST else None
