"""`pixonomy serve` as it is called."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from pixonomy.cli.main import run


def test_it_prints_one_line_with_the_address_and_ends_well(fitted_run: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pixonomy",
        "serve",
        str(fitted_run),
        "--port",
        "0",
        "--workers",
    ]
    with subprocess.Popen(
        [*command, "1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"3 categories at (http://127\.0\.0\.1:\d+), until Ctrl-C\.\n", line)
        assert found is not None
        assert httpx.get(found[1]).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert process.stdout.read() == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "0.0.0.0"], "make one with `pixonomy token new NAME --state DIR`"),
        (["--port", "70000"], "A port is a number from 0 to 65535, not 70000."),
        (["--rate", "often", "--public"], "not 'often'"),
        (["--behind-proxy", "nginx", "--public"], "not 'nginx'"),
        (["--models", "/no/such"], "There is no folder /no/such"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    fitted_run: Path, capfd: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert run(["serve", str(fitted_run), *options]) == 2
    told = capfd.readouterr().err
    assert message in told
    assert len(told.splitlines()) == 1


def test_no_bundle_is_one_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", str(tmp_path), "--port", "0", "--workers", "1"]) == 2
    assert "There is no bundle at" in capfd.readouterr().err
