"""A bundle says when it was calibrated, and its digest does not depend on it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixonomy.bundle.calibration_time import (
    TIME_FILE,
    read_calibration_time,
    write_calibration_time,
)
from pixonomy.bundle.load import load_bundle
from pixonomy.errors import BundleError
from pixonomy.serving.bundle_store import BundleStore
from pixonomy.serving.worker import describe_model


def test_a_trained_bundle_says_when_also_where_it_is_copied_to(
    fitted_run: Path, tmp_path: Path
) -> None:
    bundle = load_bundle(fitted_run)
    found = describe_model(bundle, fitted_run).calibrated_at
    assert found is not None
    age = datetime.now(UTC) - datetime.fromisoformat(found)
    assert timedelta(0) <= age < timedelta(days=30)
    store = BundleStore(tmp_path)
    store.add(fitted_run)
    digest = bundle.about["digest"]
    assert read_calibration_time(store.find(digest), digest) == found


def test_a_bundle_of_before_and_another_one_say_nothing(tmp_path: Path) -> None:
    assert read_calibration_time(tmp_path, "a" * 64) is None
    write_calibration_time(tmp_path, "b" * 64)
    assert read_calibration_time(tmp_path, "a" * 64) is None
    assert read_calibration_time(tmp_path, "b" * 64) is not None


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", json.dumps({"bundle": "a"}), json.dumps({"bundle": "a", "calibrated_at": 7})],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / TIME_FILE).write_text(content)
    with pytest.raises(BundleError, match=r"calibrated\.json"):
        read_calibration_time(tmp_path, "a")
