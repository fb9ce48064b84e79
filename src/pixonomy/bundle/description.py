"""Reads a `bundle.json` whose every field is checked for its type and range."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeGuard, TypeVar

from pixonomy.bundle.calibrate import NEVER_SURE, Calibration
from pixonomy.bundle.categories import read_categories
from pixonomy.dataset.stored_values import describe_value
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import DataError
from pixonomy.images.resize import FITS, MAX_SIZE, MIN_SIZE, Fit, ResizeSpec

MODEL_FILE, LINEAR_EXPONENTS = "model.onnx", "linear_exponents"

Value = TypeVar("Value")

_MOST = 2**53  # a count above it is none
_TEMPERATURES = (0.01, 100.0)  # wider than those that are fitted
_EXPONENT_RANGE, _MOST_EXPONENTS = (0.001, 1000.0), 3  # wider than fitted; one for each side
_SIZES = f"whole pixels from {MIN_SIZE} to {MAX_SIZE}"
_TEMPERATURE = "a number from {} to {:g}".format(*_TEMPERATURES)
_EXPONENTS = "one to three numbers from {} to {:g}".format(*_EXPONENT_RANGE)
_THRESHOLD = "a number from 0 to 1 (above 1 where nothing is sure)"
_NUMBER = "a finite number or null"


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
        linear_exponents: what the linear head's logits are multiplied with where it answers alone
            and the network gives its features; empty where neither is known.
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    counts: tuple[int, ...]
    resize_spec: ResizeSpec
    resize_version: int
    calibration: Calibration
    model_hash: str
    taxonomy: Taxonomy | None = None
    linear_exponents: tuple[float, ...] = ()


class IllFormed(DataError):
    """A field that is missing or cannot be meant: says which, what was seen and what belongs."""


@dataclass(frozen=True)
class _Label:
    label: str
    name: str
    count: int


def read_description(about: Mapping[str, object]) -> Description:
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
    where = "preprocessing."
    size = _take(preprocessing, where, "size", _is_size, _SIZES)
    fit = _take(preprocessing, where, "fit", _is_fit, f"one of {', '.join(FITS)}")
    version = _take(preprocessing, where, "resize_version", _is_whole, "a whole number")
    return Description(
        labels=tuple(one.label for one in labels),
        names=tuple(one.name for one in labels),
        counts=tuple(one.count for one in labels),
        resize_spec=ResizeSpec(size, fit),
        resize_version=version,
        calibration=_read_calibration(calibration),
        model_hash=_take(hashes, "hashes.", MODEL_FILE, _is_hash, "a SHA-256 in hexadecimal"),
        taxonomy=_read_taxonomy(about, labels),
        linear_exponents=_read_exponents(about),
    )


def _read_labels(labels: list[object]) -> list[_Label]:
    read = [_read_label(one, f"labels[{place}]") for place, one in enumerate(labels)]
    if len({one.label for one in read}) < len(read):
        raise IllFormed("labels: one label stands there twice")
    return read


def _read_label(content: object, where: str) -> _Label:
    about = _require(content, where, _is_dict, "a dictionary")
    label, name = (_take(about, f"{where}.", key, _is_text, "a text") for key in ("label", "name"))
    count = _require(about.get("count", 0), f"{where}.count", _is_count, "a count")
    return _Label(label, name, count)


def _read_taxonomy(about: Mapping[str, object], labels: Sequence[_Label]) -> Taxonomy | None:
    if "categories" not in about:  # as in bundles of folders, and in the first ones
        return None
    try:
        return read_categories(about["categories"], {one.label: one.name for one in labels})
    except DataError as error:
        raise IllFormed(str(error)) from error


def _read_exponents(about: Mapping[str, object]) -> tuple[float, ...]:
    if LINEAR_EXPONENTS not in about:  # the head is another, or the bundle one of the first
        return ()
    return tuple(_take(about, "", LINEAR_EXPONENTS, _are_exponents, _EXPONENTS))


def _read_calibration(content: Mapping[str, object]) -> Calibration:
    unknown = content.keys() - {one.name for one in fields(Calibration)}
    if unknown:
        raise IllFormed(f"calibration: {min(unknown)[:40]!r} is not known")
    # The first bundles did not measure novelty, and had no words.
    values = {"none_novelty": None, "sure_by_words": NEVER_SURE, **content}
    where = "calibration."
    return Calibration(
        temperature=_take(values, where, "temperature", _is_temperature, _TEMPERATURE),
        sure=_take(values, where, "sure", _is_threshold, _THRESHOLD),
        none_energy=_take(values, where, "none_energy", _is_number_or_none, _NUMBER),
        n=_take(values, where, "n", _is_count, "a count"),
        none_novelty=_take(values, where, "none_novelty", _is_number_or_none, _NUMBER),
        sure_by_words=_take(values, where, "sure_by_words", _is_threshold, _THRESHOLD),
    )


def _take(
    content: Mapping[str, object],
    where: str,
    name: str,
    test: Callable[[object], TypeGuard[Value]],
    wanted: str,
) -> Value:
    if name not in content:
        raise IllFormed(f"{where}{name} is missing")
    return _require(content[name], where + name, test, wanted)


def _require(
    value: object, name: str, test: Callable[[object], TypeGuard[Value]], wanted: str
) -> Value:
    if not test(value):
        raise IllFormed(f"{name} is {describe_value(value)}, not {wanted}")
    return value


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and len(value) > 0


def _is_dict(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _is_hash(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_whole(value: object) -> TypeGuard[int]:
    return type(value) is int  # True is an int, too


def _is_count(value: object) -> TypeGuard[int]:
    return _is_whole(value) and 0 <= value <= _MOST


def _is_size(value: object) -> TypeGuard[int]:
    return _is_whole(value) and MIN_SIZE <= value <= MAX_SIZE


def _is_fit(value: object) -> TypeGuard[Fit]:
    return value in FITS


def _is_number(value: object) -> TypeGuard[float]:
    if type(value) is float:
        return math.isfinite(value)
    return _is_whole(value) and abs(value) <= _MOST


def _is_number_or_none(value: object) -> TypeGuard[float | None]:
    return value is None or _is_number(value)


def _is_temperature(value: object) -> TypeGuard[float]:
    return _is_number(value) and _TEMPERATURES[0] <= value <= _TEMPERATURES[1]


def _are_exponents(value: object) -> TypeGuard[list[float]]:
    low, high = _EXPONENT_RANGE
    return (
        _is_list(value)
        and len(value) <= _MOST_EXPONENTS
        and all(_is_number(one) and low <= one <= high for one in value)
    )


def _is_threshold(value: object) -> TypeGuard[float]:
    return _is_number(value) and 0 <= value <= 2
