"""Programs of Debian for slow tests, unpacked beside the system, which stays as it is."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

_SECONDS = 300


def unpack(folder: Path, *packages: str) -> Path:
    """Return a folder that holds packages with all they need that this machine lacks.

    The test is skipped where there is no apt, or it has no such package.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        pytest.skip("this machine has no apt-get to fetch packages with")
    cache, root = folder / "packages", folder / "root"
    (cache / "partial").mkdir(parents=True, exist_ok=True)
    root.mkdir(exist_ok=True)
    options = [
        "-y", "--no-install-recommends", "--download-only",
        "-o", f"Dir::Cache::archives={cache}",
        "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root",
    ]  # fmt: skip
    done = _run(["apt-get", *options, "install", *packages])
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        pytest.skip(f"apt has no {' '.join(packages)}: {reason}")
    for archive in sorted(cache.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(archive), str(root)])
    return root


def libraries(root: Path) -> dict[str, str]:
    """Return an environment in which programs of an unpacked folder find their libraries."""
    found = {str(one.parent) for one in root.glob("usr/lib/*/*.so*")}
    found |= {str(one.parent) for one in root.glob("lib/*/*.so*")}
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(sorted(found))}


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Yield the address at which Python's own server shows a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
