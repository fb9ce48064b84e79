"""What a `bundle.json` may say: every field of another type or range is named and told."""

import copy
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixonomy.bundle.answer import classify_images
from pixonomy.bundle.description import Description, IllFormed, read_description
from pixonomy.bundle.load import load_bundle, seal
from pixonomy.dataset.taxonomy import GoalTemplate
from pixonomy.errors import BundleError

Place = tuple[str | int, ...]

ABOUT: dict[str, Any] = {
    "schema_version": 1,
    "labels": [{"label": "a", "name": "Apple", "count": 3}, {"label": "b", "name": "Bear"}],
    "preprocessing": {"size": 32, "fit": "stretch", "resize_version": 3},
    "calibration": {
        "temperature": 1.5,
        "sure": 0.8,
        "none_energy": -3.0,
        "n": 40,
        "none_novelty": None,
        "sure_by_words": 2.0,
    },
    "hashes": {"model.onnx": 64 * "0"},
    "linear_exponents": [1.0, 0.5],
    "provenance": {},
    "categories": {
        "food": {"name": "Food"},
        "a": {
            "name": "Apple",
            "parent": "food",
            "description": "A fruit.",
            "goals": [{"name": "Orchard", "amount": [10, 20.5], "months": 3}],
        },
    },
}
OTHERS: tuple[Any, ...] = (
    None, "", "text", 0, -1, 7, 1.5, -0.5, 1e300, 10**30, 10**4000, True, False, [], [[]], [1],
    {}, {"a": {"b": [None]}}, float("nan"), float("inf"), float("-inf"), "\x00", "9" * 10_000,
)  # fmt: skip


def changed(*place: str | int, to: Any = None, about: dict[str, Any] = ABOUT) -> dict[str, Any]:
    """Return the description with another value at a place."""
    content: Any = copy.deepcopy(about)
    inner = content
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = to
    return content  # type: ignore[no-any-return]


def places(content: Any, above: Place = ()) -> Iterator[Place]:
    """Find the place of every value in a description."""
    steps = content.items() if isinstance(content, dict) else enumerate(content)
    for step, value in steps:
        yield (*above, step)
        if isinstance(value, dict | list):
            yield from places(value, (*above, step))


def refused(about: dict[str, Any]) -> str:
    with pytest.raises(IllFormed) as caught:
        read_description(about)
    return str(caught.value)


def test_a_description_is_read() -> None:
    described = read_description(ABOUT)
    assert described.labels == ("a", "b")
    assert described.names == ("Apple", "Bear")
    assert described.counts == (3, 0)
    assert (described.resize_spec.size, described.resize_spec.fit) == (32, "stretch")
    assert (described.calibration.temperature, described.calibration.n) == (1.5, 40)
    assert described.linear_exponents == (1.0, 0.5)
    assert described.taxonomy is not None
    assert described.taxonomy.path_names("a") == ["Food", "Apple"]
    assert described.taxonomy.categories["a"].goals == (GoalTemplate("Orchard", (10, 20.5), 3),)


def test_a_description_of_before_has_no_categories() -> None:
    older = {name: value for name, value in ABOUT.items() if name != "categories"}
    assert read_description(older).taxonomy is None


def test_a_description_of_before_has_no_exponents() -> None:
    older = {name: value for name, value in ABOUT.items() if name != "linear_exponents"}
    assert read_description(older).linear_exponents == ()


def test_ten_thousand_categories_in_a_ring_are_refused_in_a_moment() -> None:
    n = 10_000
    ring = {str(k): {"name": "x", "parent": str((k + 1) % n)} for k in range(n)}
    began = time.process_time()
    assert "'0' lies below itself" in refused({**ABOUT, "categories": ring})
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("labels",), [], "labels is a list, not a list of at least one category"),
        (("labels", 1), "b", "labels[1] is 'b', not a dictionary"),
        (("labels", 1, "label"), 7, "labels[1].label is 7, not a text"),
        (("labels", 1, "label"), "a", "labels: one label stands there twice"),
        (("labels", 1, "name"), None, "labels[1].name is None, not a text"),
        (("labels", 0, "count"), -1, "labels[0].count is -1, not a count"),
        (("labels", 0, "count"), True, "labels[0].count is True, not a count"),
        (("labels", 0, "count"), 10**4000, "labels[0].count is a huge number, not a count"),
        (("preprocessing", "size"), 32.0, "preprocessing.size is 32.0, not whole pixels from"),
        (("preprocessing", "size"), 1025, "preprocessing.size is 1025, not whole pixels from"),
        (("preprocessing", "fit"), ["pad"], "preprocessing.fit is a list, not one of stretch"),
        (("preprocessing", "resize_version"), "3", "preprocessing.resize_version is '3'"),
        (("calibration", "temperature"), 0, "calibration.temperature is 0, not a number from 0.01"),
        (("calibration", "temperature"), float("nan"), "calibration.temperature is nan"),
        (("calibration", "temperature"), "1", "calibration.temperature is '1'"),
        (("calibration", "sure"), None, "calibration.sure is None"),
        (("calibration", "sure"), -0.1, "calibration.sure is -0.1"),
        (("calibration", "none_energy"), float("inf"), "calibration.none_energy is inf"),
        (("calibration", "none_novelty"), False, "calibration.none_novelty is False"),
        (("calibration", "sure_by_words"), 3.0, "calibration.sure_by_words is 3.0"),
        (("calibration", "n"), 2.5, "calibration.n is 2.5, not a count"),
        (("calibration", "more"), 1, "calibration: 'more' is not known"),
        (("hashes", "model.onnx"), 7, "hashes.model.onnx is 7, not a SHA-256"),
        (("hashes", "model.onnx"), 64 * "A", "not a SHA-256 in hexadecimal"),
        (("provenance",), [], "provenance is a list, not a dictionary"),
        (("linear_exponents",), [], "linear_exponents is a list, not one to three numbers"),
        (("linear_exponents",), [1, 2, 3, 4], "linear_exponents is a list, not one to three"),
        (("linear_exponents",), [0], "not one to three numbers from 0.001 to 1000"),
        (("linear_exponents",), [True], "linear_exponents is a list, not one to three numbers"),
        (("categories",), [], "categories is no dictionary"),
        (("categories", "a"), [], "of category 1, it is a list, not a dictionary"),
        (("categories", "a", "name"), 7, "of category 1, name is 7, not a text"),
        (("categories", "a", "name"), "Pear", "the name of 'a' is not the one in labels"),
        (("categories", "a", "name"), "x" * 10_000_000, "name has 10,000,000 letters"),
        (("categories", "a", "parent"), "a", "category 'a' lies below itself"),
        (("categories", "a", "parent"), "b", "category 'a': there is no parent 'b'"),
        (("categories", "food", "parent"), "a", "lies below itself ('food' → 'a' → 'food')"),
        (("categories", "pear"), {"name": "Pear"}, "categories: 'pear' is no label and above none"),
        (("categories", "a", "goals"), [{}] * 101, "goals has 101 entries; at most 100"),
        (("categories", "a", "goals", 0, "months"), 0.5, "goals[0].months is 0.5, not a whole"),
        (("categories", "a", "goals", 0, "amount"), [2, 1], "goals[0].amount is no list of two"),
    ],
)
def test_a_field_that_cannot_be_meant_is_named_with_what_belongs_there(
    place: Place, value: Any, message: str
) -> None:
    assert message in refused(changed(*place, to=value))


@pytest.mark.parametrize("place", list(places(ABOUT)))
def test_any_other_value_is_told_or_means_something(place: Place) -> None:
    for value in OTHERS:
        check_told_or_meant(changed(*place, to=value))


def check_told_or_meant(about: dict[str, Any]) -> None:
    told = ""
    try:
        check_meaning(read_description(about))
    except IllFormed as error:
        told = str(error)
    assert "\n" not in told
    assert len(told) < 200


def check_meaning(described: Description) -> None:
    calibration = described.calibration
    probabilities = calibration.probabilities(np.array([[5, -5], [0, 0]], np.float32))
    assert np.isfinite(probabilities).all()
    assert all(isinstance(one, str) for one in (*described.labels, *described.names))
    assert min(described.counts) >= 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.sampled_from(list(places(ABOUT))), json_values)
def test_any_json_value_anywhere_is_told_or_means_something(place: Place, value: Any) -> None:
    check_told_or_meant(changed(*place, to=value))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_bundle_with_any_field_changed_and_sealed_anew_is_told_or_works_as_before(
    data: st.DataObject, bundle_copy: Path, fitted_run: Path, fitted_images: Path
) -> None:
    about = json.loads((fitted_run / "bundle" / "bundle.json").read_text())
    del about["digest"]
    place = data.draw(st.sampled_from(list(places(about))))
    value = data.draw(st.sampled_from(OTHERS[:9]) | json_values)
    text = json.dumps(seal_any(changed(*place, to=value, about=about)))
    (bundle_copy / "bundle.json").write_text(text)
    image = min(fitted_images.rglob("0*.jpg")).read_bytes()
    with suppress(BundleError):
        bundle = load_bundle(bundle_copy)
        (answer,) = classify_images(bundle, [image])
        assert bundle.most_common in bundle.labels
        assert 0 < answer.confidence <= 1
        assert answer.problem is None


def seal_any(about: dict[str, Any]) -> dict[str, Any]:
    try:
        return seal(about)
    except UnicodeEncodeError:  # half a surrogate pair: no digest fits
        return about
