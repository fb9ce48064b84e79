"""The wheel, installed by pip into an empty environment, is what using a bundle needs."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = ("src", "pyproject.toml", "README.md", "LICENSE")


def call(*command: object, code: int = 0) -> str:
    words = [str(one) for one in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == code, done.stderr[-2000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `bin` of an environment with the base install and nothing else."""
    folder = tmp_path_factory.mktemp("install")
    source, environment = folder / "source", folder / "environment"
    source.mkdir()  # a build in the checkout would leave files there, and find those of others
    for name in CODE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    shutil.rmtree(source / "src" / "pixonomy.egg-info", ignore_errors=True)
    call(sys.executable, "-m", "venv", environment)
    pip = environment / "bin" / "pip"
    call(pip, "install", "--quiet", "-c", ROOT / "constraints.txt", source)
    return environment / "bin"


def test_every_file_that_the_code_reads_is_part_of_the_package() -> None:
    package = ROOT / "src" / "pixonomy"
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = {
        file
        for pattern in settings["tool"]["setuptools"]["package-data"]["pixonomy"]
        for file in package.glob(pattern)
    }
    files = {one for one in package.rglob("*.*") if one.suffix not in {".py", ".pyc"}}
    not_installed = set((package / "bench").iterdir())
    assert sorted(files - listed - not_installed) == []


@pytest.mark.slow
def test_the_base_install_classifies_without_pytorch_and_names_what_else_is_an_extra(
    installed: Path, fitted_run: Path, fitted_images: Path, tmp_path: Path
) -> None:
    there = call(installed / "pip", "list", "--format", "freeze").lower()
    for absent in ("torch==", "keras==", "scipy==", "scikit-learn==", "matplotlib=="):
        assert absent not in there
    pixonomy = installed / "pixonomy"
    image = next(fitted_images.glob("cross/0*.jpg"))
    assert call(pixonomy, "classify", fitted_run, image).startswith(f"{image}: ")
    call(pixonomy, "index", fitted_images, "-o", tmp_path / "m.parquet")
    call(pixonomy, "predict", fitted_run, tmp_path / "m.parquet", "-o", tmp_path / "p.parquet")
    call(pixonomy, "list", "recipes")
    told = call(pixonomy, "fit", fitted_images, "-o", tmp_path / "run", code=2)
    assert told.endswith("pip install 'pixonomy[train]'.\n")
    told = call(pixonomy, "bench", code=2)
    assert told.startswith("pixonomy: The benchmarks are no part of the installed package")
