"""Workers end with the service, however that ends."""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pixonomy.serving.worker_process import count_oom_kills
from running_pool import running, workers

_SERVICE = """
import asyncio, json, sys
from pathlib import Path
from odd_decoders import odd
from running_pool import workers
from pixonomy.serving.pool import PoolSettings, WorkerPool

async def main():
    settings = PoolSettings(workers=2, seconds=600.0, decoder="odd_decoders:obey")
    pool = await WorkerPool.start(Path(sys.argv[1]), settings, print)
    task = asyncio.create_task(pool.classify(odd("endless")))
    await asyncio.sleep(0.3)
    print(json.dumps([one.pid for one in workers()]), flush=True)
    await task

asyncio.run(main())
"""


def test_workers_end_with_a_killed_service_even_at_an_endless_image(fitted_run: Path) -> None:
    command = [sys.executable, "-c", _SERVICE, str(fitted_run)]
    environment = {"PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as service:
        assert service.stdout is not None
        children = [psutil.Process(pid) for pid in json.loads(service.stdout.readline())]
        assert len(children) == 2
        service.kill()
        began = time.monotonic()
        _, alive = psutil.wait_procs(children, timeout=3)
    assert not alive
    assert time.monotonic() - began < 3


def test_workers_know_no_secret_of_the_service(
    fitted_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = ("AWS_SECRET_ACCESS_KEY", "PIXONOMY_DATABASE", "PGPASSWORD", "KEY_OF_ANYBODY")
    for name in secrets:
        monkeypatch.setenv(name, "hidden-4711")
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")

    async def look() -> tuple[dict[str, str], bytes]:
        async with running(fitted_run):
            (worker,) = workers()
            return worker.environ(), Path(f"/proc/{worker.pid}/cmdline").read_bytes()

    found, command = asyncio.run(look())
    assert not set(secrets) & found.keys()
    assert "hidden-4711" not in "".join(found.values()) + command.decode()
    assert found["PATH"] == os.environ["PATH"]
    assert found["OMP_WAIT_POLICY"] == "PASSIVE"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts them")
def test_processes_that_the_kernel_has_ended_for_lack_of_memory_are_counted() -> None:
    counted = count_oom_kills()
    assert counted >= 0
    assert count_oom_kills() >= counted
