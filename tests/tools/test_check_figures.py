import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "check_figures.py"
RECIPES = Path("src/pixonomy/recipes")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A checkout with two recipes, a script, and a page that names the commit of both."""
    (tmp_path / RECIPES).mkdir(parents=True)
    (tmp_path / "tools").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "tools" / SCRIPT.name).write_text(SCRIPT.read_text())
    for name in ("transfer", "probe"):
        (tmp_path / RECIPES / f"{name}.toml").write_text("epochs = 6\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "One")
    commit = git(tmp_path, "rev-parse", "--short=10", "HEAD")
    page = f"# Figures\n\n82.6 % (measured on\n{commit}, recipes `transfer`, `probe`).\n"
    (tmp_path / "docs" / "benchmarks.md").write_text(page)
    return tmp_path


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def check(folder: Path) -> str:
    command = [sys.executable, str(folder / "tools" / SCRIPT.name)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_figure_whose_recipe_is_as_it_was_is_not_warned_of(repository: Path) -> None:
    assert check(repository) == ""


def test_a_figure_whose_recipe_has_changed_is_named_with_its_line(repository: Path) -> None:
    (repository / RECIPES / "transfer.toml").write_text("epochs = 12\n")
    (line,) = check(repository).splitlines()
    assert line.startswith("Warning: docs/benchmarks.md:3: recipe transfer has changed since ")


def test_a_commit_that_is_not_at_hand_is_told_once(repository: Path) -> None:
    page = repository / "docs" / "benchmarks.md"
    page.write_text(
        "1 % (measured on 1234567, recipe probe), 2 % (measured on 1234567, recipe probe)"
    )
    assert (
        check(repository) == "Warning: Not at hand, so nothing is known of its figures: 1234567.\n"
    )
