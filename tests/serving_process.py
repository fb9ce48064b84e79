"""The service as a person starts it: `pixonomy serve` in a process of its own, on a free port."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serve(run: Path, *options: str) -> Iterator[str]:
    """Yield the address of a service with one worker; it is ended with the block."""
    call = [sys.executable, "-m", "pixonomy", "serve", str(run), "--port", "0", "--workers", "1"]
    process = subprocess.Popen(
        [*call, "--json", *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["address"])
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()
