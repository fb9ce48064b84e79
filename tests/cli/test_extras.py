"""Each verb says in one sentence which extra it lacks; the extras are those of pyproject.toml."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from pixonomy.cli.commands import VERBS
from pixonomy.cli.extras import EXTRAS, explain_missing

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
BLOCK = """
import sys
blocked = {blocked!r}
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: (
    None if name.partition(".")[0] in blocked else find(name, *more)
)
from pixonomy.cli.main import run
sys.exit(run({arguments!r}))
"""


def run_without(blocked: set[str], *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a call in a Python that does not have some modules."""
    code = BLOCK.format(blocked=blocked, arguments=[str(one) for one in arguments])
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_extras_bring_their_modules() -> None:
    declared = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    homes = packages_distributions()
    for extra, modules in EXTRAS.items():
        brought = {normal(re.split(r"[>=<\[]", one)[0]) for one in declared[extra]}
        for module in modules:
            assert brought & {normal(name) for name in homes[module]}, (extra, module)


def test_verbs_name_extras_that_there_are() -> None:
    assert {extra for verb in VERBS.values() for extra in verb.extras} <= EXTRAS.keys()


@pytest.mark.parametrize(
    ("verb", "module", "extras"),
    [
        ("fit", "torch", "train"),
        ("fit", "scipy", "train"),
        ("audit", "faiss", "audit"),
        ("collect", "lxml", "collect"),
        ("demo", "keras", "train"),
    ],
)
def test_a_verb_whose_extra_is_missing_says_which_and_does_nothing(
    tmp_path: Path, verb: str, module: str, extras: str
) -> None:
    arguments = [] if verb == "demo" else [tmp_path]
    done = run_without({module}, verb, *arguments, "-o", tmp_path / "new")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"pixonomy: pixonomy {verb} needs more than the base install: "
        f"pip install 'pixonomy[{extras}]'.\n"
    )
    assert not (tmp_path / "new").exists()


def test_what_only_some_calls_need_is_told_where_it_is_missed() -> None:
    done = run_without({"bs4"}, "list", "providers")
    assert done.returncode == 2
    assert "pip install 'pixonomy[collect]'" in done.stderr
    assert done.stderr.count("\n") == 1
    told = explain_missing("jax.numpy")
    assert told == "This needs jax, which is not installed: pip install 'pixonomy[jax]'."
    assert explain_missing("nobody.knows") is None


def test_using_a_bundle_needs_the_base_alone(fitted_run: Path, fitted_images: Path) -> None:
    picture = next(fitted_images.glob("cross/0*.jpg"))
    blocked = {module for modules in EXTRAS.values() for module in modules}
    done = run_without(blocked, "classify", fitted_run, picture)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(str(picture))


def test_a_catalogue_is_indexed_and_predicted_with_the_base_alone(
    fitted_run: Path, fitted_images: Path, tmp_path: Path
) -> None:
    blocked = {module for modules in EXTRAS.values() for module in modules}
    manifest = tmp_path / "m.parquet"
    for call in (
        ("index", fitted_images, "-o", manifest),
        ("predict", fitted_run, manifest, "-o", tmp_path / "p.parquet"),
        ("list", "presets"),
    ):
        done = run_without(blocked, *call)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("extra", "modules"),
    [
        ("audit", ["audit", "browse", "sample", "join", "split", "compare"]),
        ("collect", ["taxonomy", "collect", "serve_gallery"]),
    ],
)
def test_verbs_of_an_extra_are_imported_with_the_base_and_it_alone(
    extra: str, modules: list[str]
) -> None:
    of_others = {module for other in EXTRAS.values() for module in other} - {*EXTRAS[extra]}
    blocked = of_others - {"scipy"}  # ImageHash, of both extras, brings it
    lines = "".join(f"import pixonomy.verbs.{module}\n" for module in modules)
    code = BLOCK.format(blocked=blocked, arguments=[]).rpartition("from pixonomy.cli")[0] + lines
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
