"""Alive and ready are two things: readiness is an image that went through a worker."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import psutil

from pixonomy.state.tokens import TokenStore
from result_schema import find_mismatches
from served import Served, served, wait_until


def test_a_service_is_alive_and_ready(open_service: Served) -> None:
    for path in ("/live", "/ready"):
        answer = open_service.ask(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert find_mismatches(answer.json(), "ServiceState") == []


def test_without_its_database_it_is_not_ready_and_classifies_until_it_is_back(
    fitted_run: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    token = TokenStore(state).new("app", "classify")
    headers = {"authorization": f"Bearer {token}", "content-type": "image/png"}
    with served(fitted_run, tmp_path, "--workers", 1, "--state", state) as service:
        assert service.ask("/ready").status_code == 200
        with closing(sqlite3.connect(state / "state.sqlite")) as other:
            other.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            wait_until(lambda: service.ask("/ready").status_code == 503)
            assert time.monotonic() - began < 2.6  # and a tenth of a second for each question
            assert "cannot be reached" in service.ask("/ready").json()["error"]["message"]
            assert service.ask("/live").status_code == 200
            assert service.ask("/v1/classify", content=b"1", headers=headers).status_code == 200
        wait_until(lambda: service.ask("/ready").status_code == 200)
        answer = service.ask("/v1/goals?subject=a", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"goals": []})


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
