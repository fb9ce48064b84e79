"""The public face: every verb as a function, imported when it is first used."""

import subprocess
import sys

import pytest

import pixonomy

VERBS = {
    "audit",
    "browse",
    "check_taxonomy",
    "classify",
    "collect",
    "compare",
    "demo",
    "evaluate",
    "export",
    "fit",
    "index",
    "init_taxonomy",
    "predict",
    "prepare",
    "sample",
    "split",
    "study",
    "train",
}


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_names_are_the_promised_ones() -> None:
    choices = {
        "ArraySettings",
        "AuditChoices",
        "BrowseChoices",
        "CollectChoices",
        "FitChoices",
        "IndexChoices",
        "PredictChoices",
        "SampleChoices",
        "SplitShares",
        "StudyChoices",
        "TableColumns",
        "TrainChoices",
    }
    others = {
        "PixonomyError",
        "Context",
        "check_submission",
        "draw_catalogue",
        "plan_training",
        "read_manifest",
    }
    assert set(pixonomy.__all__) == VERBS | choices | others
    assert pixonomy.__all__ == sorted(pixonomy.__all__)


@pytest.mark.parametrize("name", pixonomy.__all__)
def test_every_name_can_be_had(name: str) -> None:
    assert callable(getattr(pixonomy, name))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        _ = pixonomy.fitt


def test_importing_the_package_imports_neither_keras_nor_torch() -> None:
    code = """
import sys, pixonomy
heavy = {"keras", "torch", "polars", "numpy", "onnxruntime"} & sys.modules.keys()
assert not heavy, heavy
for name in pixonomy.__all__:
    getattr(pixonomy, name)
assert not {"keras", "torch"} & sys.modules.keys()
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr


def test_help_imports_neither_keras_nor_torch() -> None:
    code = """
import sys
from pixonomy.cli.main import run
codes = {run(arguments) for arguments in (["--help"], ["fit", "--help"], ["classify", "--help"])}
assert codes == {0}, codes
heavy = {"keras", "torch", "onnxruntime"} & sys.modules.keys()
assert not heavy, heavy
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
