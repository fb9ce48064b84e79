"""README and docs name only commands, options and paths that there are."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import pixonomy
from pixonomy.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").glob("*.md")),
]
COMMAND: Any = typer.main.get_command(app)
OF_SCRIPTS = {
    option
    for script in (ROOT / "benchmarks").glob("*.py")
    for option in re.findall(r'"(--[a-z][a-z-]*)"', script.read_text(encoding="utf-8"))
}
OF_OTHERS = {"--logdir", "--tmpfs"}
"""Options of other programs that the pages name."""
FOLDERS = "src|docs|tests|benchmarks|examples|studies"


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


def calls(text: str) -> Iterator[list[str]]:
    """Yield the words of every call of `pixonomy`: in code blocks, and between backticks."""
    blocks = "\n".join(re.findall(r"^```[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    blocks += "\n" + "\n".join(re.findall(r"^    (\S.*)$", text, re.MULTILINE))
    lines = re.sub(r"\\\n\s*", " ", blocks).splitlines()
    spoken = re.findall(r"`(pixonomy [^`\n]+)`", text)
    for line in (*lines, *spoken):
        found = re.search(r"(?:^|[$;&|] ?|\s)pixonomy (.*)", line)
        if found is None or re.match(r"\s*(pip|from|import|python)\b", line):
            continue
        words = re.split(r" #| [|<>&;]| → |…", found[1])[0]
        try:
            yield shlex.split(words)
        except ValueError:
            continue  # prose with an apostrophe


def find_command(words: list[str]) -> Any:
    """Return the command that the words call; None for a placeholder such as VERB."""
    command = COMMAND
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        name = words.pop(0)
        if not re.fullmatch(r"[a-z]+", name):
            return None
        assert name in command.commands, f"there is no `pixonomy {name}`"
        command = command.commands[name]
    return command


def options(command: Any) -> set[str]:
    known = {"--help"}
    for one in command.params:
        known |= {*one.opts, *one.secondary_opts}
    return known


def all_options(command: Any) -> set[str]:
    below = getattr(command, "commands", {}).values()
    return options(command).union(*map(all_options, below))


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_and_its_options_are_there(page: Path) -> None:
    for words in calls(page.read_text("utf-8")):
        command = find_command(words)
        if command is None:
            continue
        known = options(command)
        for word in words:
            option = word.partition("=")[0].rstrip(".,:")
            if re.fullmatch(r"--[a-z][a-z-]*|-[a-z]", option):
                assert option in known, f"pixonomy {command.name} has no {option}"


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_option_between_backticks_is_there(page: Path) -> None:
    spoken = re.findall(r"`(--[a-z][a-z-]*)\b", page.read_text("utf-8"))
    assert set(spoken) - all_options(COMMAND) - OF_SCRIPTS - OF_OTHERS == set()


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_path_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    inside = re.findall(rf"`((?:{FOLDERS})/[\w./-]+)`", text)
    linked = re.findall(r"\]\(([\w./-]+)(?:#[\w-]*)?\)", text)
    roots = (ROOT, ROOT / "src" / "pixonomy")
    missing = [one for one in inside if not any((root / one).exists() for root in roots)]
    missing += [one for one in linked if not (page.parent / one).exists()]
    assert missing == []


def json_keys(text: str) -> set[str]:
    """Return the names between backticks that follow the word JSON in its clause."""
    clauses = re.findall(r"JSON\b[^.;`\n]{0,40}((?:`[a-z_]+`(?:, | and |,? |)\n?)+)", text)
    return {name for one in clauses for name in re.findall(r"`([a-z_]+)`", one)}


def schema_keys() -> set[str]:
    schema = json.loads((ROOT / "docs" / "results.schema.json").read_text("utf-8"))
    return {key for one in schema["$defs"].values() for key in one.get("properties", {})}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=names)
def test_every_json_key_is_there(page: Path) -> None:
    assert json_keys(page.read_text("utf-8")) - schema_keys() == set()


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("*.md")), ids=names)
def test_every_decision_has_a_number_a_status_and_a_date(page: Path) -> None:
    title, _, status = page.read_text("utf-8").splitlines()[:3]
    assert title.startswith(f"# {page.name[:4]}: ")
    assert re.match(r"Status: (proposed|accepted|replaced by \d{4}), \d{4}-\d\d-\d\d", status)


def test_the_version_that_is_installed_has_its_part_of_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    dated = re.findall(r"^## (\S+) \(\d{4}-\d\d-\d\d\)$", text, re.MULTILINE)
    assert dated[0] == pixonomy.__version__
    assert text.index("## Unreleased") < text.index(f"## {dated[0]}")


def test_a_wrong_command_option_and_path_would_be_found() -> None:
    text = "```\n$ pixonomy fit photos --sped 3  # quick\n```\nSee `pixonomy harvest`."
    first, second = calls(text)
    assert "--sped" not in options(find_command(first))
    with pytest.raises(AssertionError, match="no `pixonomy harvest`"):
        find_command(second)
    assert json_keys("It says so (JSON: `rows`, `rous`).") - schema_keys() == {"rous"}


def test_the_hook_before_commits_runs_the_ruff_of_the_constraints() -> None:
    hook = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    (version,) = re.findall(r"^ruff==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert f"rev: v{version}\n" in hook
