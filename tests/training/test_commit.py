import subprocess
from pathlib import Path

import pytest

from pixonomy.training.commit import source_commit


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_the_commit_of_a_checkout_is_told_and_whether_it_was_changed(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    assert source_commit(checkout) == head
    (checkout / "new.py").write_text("git does not know this one")
    assert source_commit(checkout) == head
    (checkout / "code.py").write_text("2")
    assert source_commit(checkout) == f"{head}+"


def test_the_commit_of_somebody_elses_project_is_not_taken_for_ours(checkout: Path) -> None:
    (checkout / "venv").mkdir()
    assert source_commit(checkout / "venv") is None


def test_without_git_nothing_is_told(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert source_commit(checkout) is None
