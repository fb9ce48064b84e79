"""Alive and ready are two things: readiness is an image that went through a worker."""

import time
from pathlib import Path

import psutil

from result_schema import find_mismatches
from served import Served, served, wait_until


def test_a_service_is_alive_and_ready(open_service: Served) -> None:
    for path in ("/live", "/ready"):
        answer = open_service.ask(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert find_mismatches(answer.json(), "ServiceState") == []


def test_without_workers_it_is_alive_and_not_ready_until_there_are_new_ones(
    fitted_run: Path, tmp_path: Path
) -> None:
    with served(fitted_run, tmp_path, "--workers", 1) as service:
        assert service.ask("/ready").status_code == 200
        (worker,) = psutil.Process(service.process.pid).children()
        worker.kill()
        began = time.monotonic()
        wait_until(lambda: service.ask("/ready").status_code == 503)
        assert time.monotonic() - began < 2
        assert service.ask("/live").status_code == 200
        refused = service.classify(b"1")
        assert (refused.status_code, refused.json()["error"]["kind"]) == (503, "no_worker")
        assert int(refused.headers["retry-after"]) >= 1
        wait_until(lambda: service.ask("/ready").status_code == 200)
        assert service.classify(b"1").status_code == 200
        (died,) = [one for one in service.lines() if one["event"] == "worker_died"]
        assert died["level"] == "warning"
