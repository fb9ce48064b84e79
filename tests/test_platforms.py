"""Windows is refused in a sentence, as a library and as a command, before anything is done."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import pixonomy
from pixonomy.platforms import explain_unsupported

SENTENCE = "Pixonomy runs on Linux and macOS, not on Windows itself: use it in the Windows "
ON_WINDOWS = "import sys; sys.platform = 'win32'; "


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_linux_and_macos_are_not_refused(platform: str) -> None:
    assert explain_unsupported(platform) is None


@pytest.mark.parametrize("platform", ["win32", "cygwin"])
def test_windows_is_refused_in_one_sentence(platform: str) -> None:
    told = explain_unsupported(platform)
    assert told is not None
    assert told.startswith(SENTENCE)
    assert told.count(".") == 1


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Without site packages: on Windows a library would fail in ways of its own.
    return subprocess.run(
        [sys.executable, "-S", "-c", ON_WINDOWS + script, *arguments],
        env={"PYTHONPATH": str(Path(pixonomy.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_is_refused() -> None:
    done = run("import pixonomy")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: {SENTENCE}")


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_the_command_is_refused_and_nothing_else_is_printed(more: tuple[str, ...]) -> None:
    script = r"sys.argv[0] = 'C:/Python/Scripts/pixonomy.exe'; from pixonomy.cli.main import main; "
    done = run(f"{script}main()", "fit", "photos", "-o", "run", *more)
    assert done.returncode == 2
    if more:
        told = json.loads(done.stdout)["error"]
        assert (told["kind"], told["message"][: len(SENTENCE)]) == ("SettingError", SENTENCE)
        assert done.stderr == ""
    else:
        assert done.stderr.startswith(f"pixonomy: {SENTENCE}")
        assert done.stderr.count("\n") == 1
