"""Every Python example of README, docs and the package's docstring does what it says."""

import ast
import re
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from textwrap import dedent

import pytest

import pixonomy

ROOT = Path(__file__).resolve().parents[1]
TRAINS = re.compile(r"pixonomy\.(fit|train|demo|study|collect)\(")
"""What takes long: those examples run among the slow tests."""


def find_examples() -> Iterator[tuple[str, str]]:
    """Yield the name and the code of each example: fenced in pages, indented in docstrings."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        blocks = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.M)
        yield from ((f"{page.name}-{number}", code) for number, code in enumerate(blocks))
    indented = re.findall(r"^(?: {4}.*)?$", str(pixonomy.__doc__), re.MULTILINE)
    yield "pixonomy", dedent("\n".join(indented)).strip()


EXAMPLES = list(find_examples())
QUICK = [one for one in EXAMPLES if not TRAINS.search(one[1])]
SLOW = [one for one in EXAMPLES if TRAINS.search(one[1])]


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_images: Callable[..., Path]
) -> Path:
    """The folder in which the reader of an example stands."""
    monkeypatch.chdir(tmp_path)
    photos = write_images(tmp_path / "photos")
    write_images(tmp_path / "new", 2, ("cross",))
    for name in ("beach.jpg", "shore.jpg"):
        shutil.copy(photos / "cross" / "000.jpg", tmp_path / name)
    return tmp_path


def run(code: str, name: str) -> None:
    exec(compile(code, name, "exec"), {"__name__": "example"})


def test_there_are_examples_of_both_kinds() -> None:
    assert {name for name, _ in QUICK} >= {"README.md-1", "README.md-2", "pixonomy"}
    assert {name for name, _ in SLOW} >= {"README.md-0"}


@pytest.mark.parametrize(("name", "code"), QUICK, ids=[name for name, _ in QUICK])
def test_an_example_with_a_trained_run_runs(
    name: str, code: str, here: Path, fitted_run: Path
) -> None:
    shutil.copytree(fitted_run, here / "run")
    run(code, name)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), SLOW, ids=[name for name, _ in SLOW])
def test_an_example_that_trains_runs(name: str, code: str, here: Path) -> None:
    run(code, name)
    assert (here / "run" / "report.html").exists()


@pytest.mark.parametrize(("name", "code"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_every_call_of_an_example_fits_the_function(name: str, code: str) -> None:
    calls = list(find_calls(ast.parse(code)))
    assert calls or "pixonomy" not in code
    for function, call in calls:
        named = {str(one.arg): None for one in call.keywords}
        signature(function).bind(*call.args, **named)


def find_calls(tree: ast.Module) -> Iterator[tuple[Callable[..., object], ast.Call]]:
    """Yield each call of a function of ours: by the package's name, or imported by its own."""
    imported = {
        name.asname or name.name: getattr(import_module(node.module or ""), name.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("pixonomy.")
        for name in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            package, _, name = ast.unparse(node.func).partition(".")
            if package == "pixonomy":
                yield getattr(pixonomy, name), node
            elif package in imported and not name:
                yield imported[package], node


def test_a_wrong_example_would_be_found(here: Path) -> None:
    with pytest.raises(TypeError):
        test_every_call_of_an_example_fits_the_function("x", "pixonomy.load('run', thread=1)")
    wrong = "from pixonomy.goals.saving_plan import make_plan as plan\nplan(1, day=2)"
    with pytest.raises(TypeError):
        test_every_call_of_an_example_fits_the_function("x", wrong)
    with pytest.raises(pixonomy.PixonomyError):
        run("import pixonomy\npixonomy.load('nowhere')", "x")
