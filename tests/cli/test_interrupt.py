"""Ctrl-C at a real command, as a terminal sends it: to the command and all its processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

SOAK = pytest.mark.soak
SENTENCE = "Stopped; run the same command to go on."
BUSY = 'model = "compact"\nsize = 64\nepochs = 10000\nbatch = 16\n'

# Stands in the way of the real Typer: the interrupt comes while it is imported.
INTERRUPTED_IMPORT = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n"


def start(*arguments: object, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "pixonomy", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
        start_new_session=True,
    )


def interrupt(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    os.killpg(process.pid, signal.SIGINT)
    out, said = process.communicate(timeout=60)
    return process.returncode, out, said


def wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_among_the_imports_ends_with_130_and_a_sentence(
    tmp_path: Path, as_json: bool
) -> None:
    (tmp_path / "typer.py").write_text(INTERRUPTED_IMPORT)
    more = ["--json"] if as_json else []
    process = start("index", tmp_path, *more, PYTHONPATH=str(tmp_path))
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130
    if as_json:
        assert json.loads(out) == {"error": {"kind": "Interrupted", "message": SENTENCE}}
        assert said == ""
    else:
        assert (out, said) == ("", f"pixonomy: {SENTENCE}\n")


@pytest.mark.slow
@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_in_training_ends_with_130_and_a_sentence(
    tmp_path: Path, write_images: Callable[..., Path], as_json: bool
) -> None:
    recipe, run = tmp_path / "busy.toml", tmp_path / "run"
    recipe.write_text(BUSY)
    more = ["--json"] if as_json else []
    choices = ("-o", run, "--recipe", recipe, "--weights", "none")
    process = start("fit", write_images(tmp_path / "pictures"), *choices, *more)
    wait_for(lambda: (run / "history.csv").exists() or process.poll() is not None)
    code, out, said = interrupt(process)
    assert code == 130, said
    assert "Traceback" not in said
    if as_json:
        assert json.loads(out) == {"error": {"kind": "Interrupted", "message": SENTENCE}}
    else:
        assert out == ""
        assert said.endswith(f"pixonomy: {SENTENCE}\n")


@pytest.mark.parametrize(
    "later", [0.0, pytest.param(0.2, marks=SOAK), 0.6, pytest.param(1.5, marks=SOAK)]
)
def test_ctrl_c_while_processes_start_and_work_leaves_one_sentence_and_nobody(
    tmp_path: Path, later: float
) -> None:
    (tmp_path / "long.py").write_text(
        "import sys, time\n"
        "from pixonomy.cli.commands import TOOLS, VERBS, Verb\n"
        "from pixonomy.cli.main import main\n"
        "from pixonomy.executors.local import run\n"
        "VERBS['long'] = Verb('long', 'long.long', TOOLS, 'long')\n"
        "sys.modules['pixonomy.cli.long'] = sys.modules[__name__]\n"
        "def long():\n"
        "    'Work for long.'\n"
        "    list(run(time.sleep, [30] * 6, 2))\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "long.py"), "long"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    parent = psutil.Process(process.pid)
    wait_for(
        lambda: process.poll() is not None or len(parent.children()) >= 2
    )  # two of: a tracker and the two workers
    time.sleep(later)
    children = parent.children()
    began = time.monotonic()
    code, out, said = interrupt(process)
    assert (code, out, said) == (130, "", f"pixonomy: {SENTENCE}\n")
    assert time.monotonic() - began < 25, "nobody waits for work that was given up"
    assert psutil.wait_procs(children, timeout=5)[1] == []
