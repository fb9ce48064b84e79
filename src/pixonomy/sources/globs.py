"""Expands patterns such as `photos/*.jpg` that came quoted, or from Python, not through a shell."""

import glob
from pathlib import Path

from pixonomy.errors import SettingError
from pixonomy.storage.files import printable, storage_errors


def is_glob(path: Path) -> bool:
    """Tell a pattern from a path; what is there under the very name is no pattern."""
    with storage_errors(path):
        return glob.has_magic(str(path)) and not path.exists()


def expand_glob(pattern: Path) -> list[Path]:
    """Return what matches a pattern, sorted; of one with `**` the files alone.

    Raises:
        SettingError: if nothing does.
    """
    with storage_errors(pattern):
        # `Path.glob` takes no absolute pattern and leaves hidden files in.
        found = map(Path, glob.iglob(str(pattern), recursive=True))  # noqa: PTH207
        is_deep = "**" in pattern.parts
        matches = sorted(path for path in found if not is_deep or path.is_file())
    if not matches:
        raise SettingError(f"Nothing matches {printable(pattern)}.")
    return matches


def fixed_part(pattern: Path) -> Path:
    """Return the folders before the first part of a pattern that stands for several."""
    fixed = pattern
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    return fixed
