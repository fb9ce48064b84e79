"""Reads a `bundle.json` whose every field is checked for its type and range."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixonomy.bundle.calibrate import NEVER_SURE, Calibration
from pixonomy.bundle.categories import read_categories
from pixonomy.dataset.category import describe_value
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import DataError
from pixonomy.images.resize import FITS, MAX_SIZE, MIN_SIZE, ResizeSpec

MODEL_FILE = "model.onnx"

_Test = Callable[[Any], bool]
_Field = tuple[str, _Test, str]

_MOST = 2**53  # a count above it is none
_TEMPERATURES = (0.01, 100.0)  # wider than those that are fitted


@dataclass(frozen=True)
class Description:
    """What a `bundle.json` says.

    Attributes:
        labels: category ids, in the order of the network's outputs.
        names: what people call each of them, in the same order.
        counts: training images of each; zeros where it holds none.
        resize_version: see `images.resize.RESIZE_VERSION`.
        model_hash: SHA-256 of the model, in hexadecimal.
        taxonomy: the labels and what lies above them; None where nothing but names is known.
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    counts: tuple[int, ...]
    resize_spec: ResizeSpec
    resize_version: int
    calibration: Calibration
    model_hash: str
    taxonomy: Taxonomy | None = None


class IllFormed(DataError):
    """A field that is missing or cannot be meant: says which, what was seen and what belongs."""


def read_description(about: dict[str, Any]) -> Description:
    """Return the parts of `about`, each checked.

    Raises:
        IllFormed: naming the first field that is missing or not of its type and range.
    """
    labels = _read_labels(_take(about, "", "labels", _is_list, "a list of at least one category"))
    preprocessing, calibration, hashes = (
        _take(about, "", name, _is_dict, "a dictionary")
        for name in ("preprocessing", "calibration", "hashes")
    )
    _require(about.get("provenance", {}), "provenance", _is_dict, "a dictionary")
    size, fit, version = (_take(preprocessing, "preprocessing.", *one) for one in _PREPROCESSING)
    return Description(
        labels=tuple(one["label"] for one in labels),
        names=tuple(one["name"] for one in labels),
        counts=tuple(one.get("count", 0) for one in labels),
        resize_spec=ResizeSpec(size, fit),
        resize_version=version,
        calibration=_read_calibration(calibration),
        model_hash=_take(hashes, "hashes.", MODEL_FILE, _is_hash, "a SHA-256 in hexadecimal"),
        taxonomy=_read_taxonomy(about, labels),
    )


def _read_labels(labels: list[Any]) -> list[dict[str, Any]]:
    for place, one in enumerate(labels):
        _require(one, f"labels[{place}]", _is_dict, "a dictionary")
        for name in ("label", "name"):
            _take(one, f"labels[{place}].", name, _is_text, "a text")
        _require(one.get("count", 0), f"labels[{place}].count", _is_count, "a count")
    if len({one["label"] for one in labels}) < len(labels):
        raise IllFormed("labels: one label stands there twice")
    return labels


def _read_taxonomy(
    about: Mapping[str, object], labels: Sequence[Mapping[str, str]]
) -> Taxonomy | None:
    if "categories" not in about:  # as in bundles of folders, and in the first ones
        return None
    try:
        return read_categories(about["categories"], {one["label"]: one["name"] for one in labels})
    except DataError as error:
        raise IllFormed(str(error)) from error


def _read_calibration(content: dict[str, Any]) -> Calibration:
    unknown = content.keys() - {name for name, _, _ in _CALIBRATION}
    if unknown:
        raise IllFormed(f"calibration: {min(unknown)[:40]!r} is not known")
    # The first bundles did not measure novelty, and had no words.
    values = {"none_novelty": None, "sure_by_words": NEVER_SURE} | content
    return Calibration(**{one[0]: _take(values, "calibration.", *one) for one in _CALIBRATION})


def _take(content: dict[str, Any], where: str, name: str, test: _Test, wanted: str) -> Any:
    if name not in content:
        raise IllFormed(f"{where}{name} is missing")
    return _require(content[name], where + name, test, wanted)


def _require(value: Any, name: str, test: _Test, wanted: str) -> Any:
    if not test(value):
        raise IllFormed(f"{name} is {describe_value(value)}, not {wanted}")
    return value


def _is_list(value: object) -> bool:
    return isinstance(value, list) and len(value) > 0


def _is_dict(value: object) -> bool:
    return isinstance(value, dict)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_whole(value: object) -> bool:
    return type(value) is int  # True is an int, too


def _is_count(value: Any) -> bool:
    return _is_whole(value) and 0 <= value <= _MOST


def _is_size(value: Any) -> bool:
    return _is_whole(value) and MIN_SIZE <= value <= MAX_SIZE


def _is_number(value: Any) -> bool:
    is_finite = type(value) is float and math.isfinite(value)
    return is_finite or (_is_whole(value) and abs(value) <= _MOST)


def _is_number_or_none(value: Any) -> bool:
    return value is None or _is_number(value)


def _is_temperature(value: Any) -> bool:
    return _is_number(value) and _TEMPERATURES[0] <= value <= _TEMPERATURES[1]


def _is_threshold(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 2


_PREPROCESSING: tuple[_Field, ...] = (
    ("size", _is_size, f"whole pixels from {MIN_SIZE} to {MAX_SIZE}"),
    ("fit", lambda value: value in FITS, f"one of {', '.join(FITS)}"),
    ("resize_version", _is_whole, "a whole number"),
)
_CALIBRATION: tuple[_Field, ...] = (
    ("temperature", _is_temperature, "a number from {} to {:g}".format(*_TEMPERATURES)),
    ("sure", _is_threshold, "a number from 0 to 1 (above 1 where nothing is sure)"),
    ("none_energy", _is_number_or_none, "a finite number or null"),
    ("n", _is_count, "a count"),
    ("none_novelty", _is_number_or_none, "a finite number or null"),
    ("sure_by_words", _is_threshold, "a number from 0 to 1 (above 1 where nothing is sure)"),
)
