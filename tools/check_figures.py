"""Warns of figures in the docs that rest on a recipe which has changed since they were measured.

    python tools/check_figures.py [docs/benchmarks.md docs/studies/*.md …]

A figure says what it rests on by "(measured on COMMIT, recipe NAME)", or "recipes A, B". A line is
printed for each whose recipe differs from that of its commit; the exit code is 0 all the same, for
measuring anew may take hours. Where a commit is not at hand (a shallow clone), nothing is known of
its figures, and that is said once.
"""

import argparse
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECIPES = "src/pixonomy/recipes"
MEASURED = re.compile(r"measured\s+on\s+`?([0-9a-f]{7,40})`?,\s+recipes?\s+([\w\-`,\s]+?)\)")


def find_measured(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the commit and the name of each recipe that a figure rests on."""
    for found in MEASURED.finditer(text):
        for name in re.findall(r"[\w\-]+", found[2]):
            yield text.count("\n", 0, found.start()) + 1, found[1], name


def has_changed(commit: str, recipe: str, root: Path) -> bool | None:
    """Tell whether a recipe differs from that of a commit; None if the commit is not at hand."""
    known = subprocess.run(
        ["git", "cat-file", "-e", f"{commit}^{{commit}}"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    if known.returncode:
        return None
    path = f"{RECIPES}/{recipe}.toml"
    command = ["git", "diff", "--quiet", commit, "--", path]
    return subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 1


def check(paths: list[Path], root: Path) -> list[str]:
    """Return a sentence for each figure whose recipe has changed."""
    told, unknown = [], set()
    for path in paths:
        for line, commit, recipe in find_measured(path.read_text("utf-8")):
            changed = has_changed(commit, recipe, root)
            if changed is None:
                unknown.add(commit)
            elif changed:
                where = path.relative_to(root) if path.is_relative_to(root) else path
                told.append(f"{where}:{line}: recipe {recipe} has changed since {commit}.")
    if unknown:
        told.append(
            f"Not at hand, so nothing is known of its figures: {', '.join(sorted(unknown))}."
        )
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", type=Path, nargs="*")
    asked = parser.parse_args()
    paths = asked.paths or [ROOT / "docs" / "benchmarks.md", *(ROOT / "docs").glob("studies/*.md")]
    for sentence in check(paths, ROOT):
        print(f"Warning: {sentence}")


if __name__ == "__main__":
    main()
