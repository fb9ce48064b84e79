"""The help: verbs in groups, an example for each, and nothing heavy imported for it."""

import inspect
import os
import shlex
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest
import typer

from pixonomy.cli.app import app
from pixonomy.cli.commands import VERBS
from pixonomy.cli.main import run

HEADINGS = ["Start here:", "Data:", "Training:", "Answers:", "Tools:"]


def call_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )


def test_the_help_lists_every_verb_below_a_heading(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line for line in lines if line in HEADINGS] == HEADINGS
    below = lines[lines.index("Start here:") :]
    listed = [line.split()[0] for line in below if line[:2] == "  " and line[2:3].isalpha()]
    assert [name for name in listed if name in VERBS] == list(VERBS)


def test_the_help_imports_nothing_heavy() -> None:
    code = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        heavy = {"polars", "numpy", "torch", "keras", "rich", "onnxruntime", "PIL", "scipy"}
        if name.partition(".")[0] in heavy:
            raise RuntimeError(name)
sys.meta_path.insert(0, Blocker())
from pixonomy.cli.main import run
sys.exit(run(["--help"]))
"""
    done = call_python(code)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Start here:" in done.stdout


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_a_summary_and_an_example_that_parses(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    verb = VERBS[name]
    loaded = verb.load()
    documented = loaded.info.help if isinstance(loaded, typer.Typer) else inspect.getdoc(loaded)
    assert verb.summary
    assert str(documented).startswith(verb.summary)
    command: Any = typer.main.get_command(app)
    words = shlex.split(verb.example)
    assert words.pop(0) == name
    found = command.commands[name]
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    found.make_context(name, words, resilient_parsing=False)
    assert run([name, "--help"]) == 0
    assert f"Example: pixonomy {verb.example}" in " ".join(capfd.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fti"], "No such command 'fti'. Did you mean 'fit'? See `pixonomy --help`."),
        (["fit", ".", "--epoch", "3"], "No such option: --epoch. Did you mean '--epochs'? See"),
        (["list", "model"], "known are models, recipes, presets, providers, keys. Did you mean"),
    ],
)
def test_the_nearest_name_is_suggested(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert message in capfd.readouterr().err


def test_the_version_is_that_of_the_package(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capfd.readouterr().out == f"pixonomy {version('pixonomy')}\n"


@pytest.mark.parametrize(("typed", "offered"), [("cl", {"classify"}), ("ex", {"export"})])
def test_a_shell_completes_verbs(typed: str, offered: set[str]) -> None:
    code = "from pixonomy.cli.main import main; main()"
    environment = {
        "_PIXONOMY_COMPLETE": "complete_bash",
        "COMP_WORDS": f"pixonomy {typed}",
        "COMP_CWORD": "1",
    }
    done = call_python(code, **environment)
    assert set(done.stdout.split()) == offered


def test_the_script_for_a_shell_goes_to_standard_output() -> None:
    code = (
        "import sys; sys.argv = ['pixonomy', '--show-completion', 'bash']; "
        "from pixonomy.cli.main import main; main()"
    )
    done = call_python(code, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert done.returncode == 0, done.stderr
    assert "_PIXONOMY_COMPLETE=complete_bash" in done.stdout


def test_an_unexpected_failure_says_how_to_see_where(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:

    monkeypatch.setattr("pixonomy.models.architectures.ARCHITECTURES", None)
    assert run(["list", "models"]) == 1
    assert "The same command with --debug at its end shows where." in capfd.readouterr().err
    assert run(["list", "models", "--debug"]) == 1
    said = capfd.readouterr().err
    assert "Traceback" in said
    assert "--debug" not in said.splitlines()[-1]
    assert run(["--debug", "list", "models"]) == 1
    assert "Traceback" in capfd.readouterr().err
