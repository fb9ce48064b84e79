"""How a bundle was tested stands beside it, and counts for no other bundle."""

import json
from pathlib import Path

import pytest

from pixonomy.bundle.test_figures import TEST_FILE, read_test_figures, write_test_figures
from pixonomy.errors import BundleError
from pixonomy.results.model_results import TestFigures

FIGURES = TestFigures(
    n=200, accuracy=0.9, accuracy_low=0.85, accuracy_high=0.94, macro_f1=0.88,
    majority_baseline=0.4, units=None,
)  # fmt: skip


def test_figures_are_read_back_for_the_bundle_that_they_belong_to(tmp_path: Path) -> None:
    assert read_test_figures(tmp_path, "digest") is None
    write_test_figures(tmp_path, "digest", FIGURES)
    assert read_test_figures(tmp_path, "digest") == FIGURES
    assert read_test_figures(tmp_path, "another") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 1.5), ("accuracy_low", "0.9"), ("macro_f1", None), ("n", 0), ("n", 1.5),
        ("n", True), ("units", -1), ("accuracy", float("nan")),
    ],
)  # fmt: skip
def test_figures_that_cannot_be_meant_are_refused(tmp_path: Path, name: str, value: object) -> None:
    write_test_figures(tmp_path, "digest", FIGURES)
    stored = json.loads((tmp_path / TEST_FILE).read_text())
    stored["test"][name] = value
    (tmp_path / TEST_FILE).write_text(json.dumps(stored))
    with pytest.raises(BundleError, match="run `evaluate` again"):
        read_test_figures(tmp_path, "digest")


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 99_999, b'{"bundle": "digest"}'])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / TEST_FILE).write_bytes(content)
    with pytest.raises(BundleError):
        read_test_figures(tmp_path, "digest")
