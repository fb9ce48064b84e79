"""The commit that this copy of Pixonomy was made from, for the record of a run."""

import json
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_SECONDS = 5.0


def source_commit(folder: Path | None = None) -> str | None:
    """Return the commit of the checkout that the code lies in, or of the repository it came from.

    Args:
        folder: inside the checkout; by default this package's.

    Returns:
        40 hex digits, followed by `+` if files that git knows were changed since; None for an
        installed release.
    """
    here = folder or Path(__file__).parent
    commit = _ask_git(here, "rev-parse", "HEAD")
    # The commit of somebody's project that Pixonomy is merely installed in says nothing of ours.
    is_ours = _ask_git(here, "ls-files", "--error-unmatch", ".")
    if commit is None or is_ours is None:
        return _commit_of_install()
    is_changed = _ask_git(here, "status", "--porcelain", "--untracked-files=no")
    return f"{commit}+" if is_changed else commit


def _ask_git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _commit_of_install() -> str | None:
    """Return what pip noted of an installation from a repository (PEP 610)."""
    try:
        text = distribution("pixonomy").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    commit = json.loads(text or "{}").get("vcs_info", {}).get("commit_id")
    return commit if isinstance(commit, str) else None
