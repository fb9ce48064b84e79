"""The public face: every verb as a function, imported when it is first used."""

import os
import subprocess
import sys
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import Any, get_type_hints

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
    "fit_words",
    "index",
    "init_taxonomy",
    "join",
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
        "WordChoices",
    }
    others = {
        "Answer",
        "Classifier",
        "PixonomyError",
        "Context",
        "check_submission",
        "draw_catalogue",
        "load",
        "plan_training",
        "read_manifest",
    }
    assert set(pixonomy.__all__) == VERBS | choices | others
    assert pixonomy.__all__ == sorted(pixonomy.__all__)


@pytest.mark.parametrize("name", pixonomy.__all__)
def test_every_name_can_be_had(name: str) -> None:
    assert callable(getattr(pixonomy, name))


def test_dir_shows_them_and_the_version_is_the_installed_one() -> None:
    assert set(pixonomy.__all__) <= set(dir(pixonomy))
    assert {"__version__", "__doc__"} <= set(dir(pixonomy))
    assert not {"annotations", "sys", "import_module"} & set(dir(pixonomy))
    assert pixonomy.__version__ == version("pixonomy")


def test_a_verb_has_its_name_and_its_help() -> None:
    assert pixonomy.fit is pixonomy.fit
    assert pixonomy.fit.__name__ == "fit"
    assert "Index, group duplicates" in str(pixonomy.fit.__doc__)


def test_what_type_checkers_read_is_what_the_functions_are() -> None:
    stub: dict[str, Any] = {}
    exec(Path(str(pixonomy.__file__)).with_suffix(".pyi").read_text("utf-8"), stub)
    assert stub["__all__"] == pixonomy.__all__
    for name in pixonomy.__all__:
        real = getattr(pixonomy, name)
        if isinstance(real, type):
            assert stub[name] is real
            continue
        expected, told = signature(real).parameters, signature(stub[name]).parameters
        assert list(told) == list(expected), name
        for one in expected.values():
            assert (told[one.name].default is one.empty) == (one.default is one.empty), name
        result = get_type_hints(real.__wrapped__)["return"]
        assert get_type_hints(stub[name])["return"] == result, name
        paths = [one for one, hint in get_type_hints(real).items() if "Path" in str(hint)]
        assert all("PathLike" in str(get_type_hints(stub[name])[one]) for one in paths), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        _ = pixonomy.fitt  # type: ignore[attr-defined]


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


def test_what_is_done_with_images_is_reported_to_nobody(fitted_run: Path, tmp_path: Path) -> None:
    """ONNX Runtime's telemetry begins with a file below the home folder."""
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    code = f"import pixonomy; pixonomy.load({str(fitted_run)!r})"
    command = [sys.executable, "-c", code]
    subprocess.run(command, env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []


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
