"""A service that is killed at any moment loses nothing that it has acknowledged, and adds nothing.

Clients send what they got no answer for once more, with the same Idempotency-Key, to the service
that is started next: in the end there is exactly what they were told that there is.
"""

import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from conftest import as_bytes, draw_shape
from killing import kill
from pixonomy.state.database import FILE
from pixonomy.state.kept_images import image_name
from pixonomy.state.state_tables import corrections, goals, uploads
from pixonomy.state.store import Store
from pixonomy.state.tokens import TokenStore
from saving_bundle import give_goals
from served import wait_until

CROSS = as_bytes(draw_shape("cross", 1))
CLIENTS, AT_MOST = 3, 24  # answers between two kills
Row = dict[str, object]


@dataclass
class Client:
    """An app with one user, that asks again until it is answered.

    Attributes:
        address: where the service that runs now answers.
        goals: as they were acknowledged last.
        deleted: goals whose deletion was acknowledged.
        corrected: corrections that were acknowledged.
        uploads: those that were acknowledged, and whether they still have an image.
        answers: how many there were.
        repeated: requests that were sent more than once.
    """

    token: str
    subject: str
    address: str = ""
    is_over: bool = False
    goals: dict[str, Row] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    corrected: set[str] = field(default_factory=set)
    uploads: dict[str, bool] = field(default_factory=dict)
    answers: int = 0
    repeated: int = 0

    def work(self) -> None:
        """Keep, change, correct, withdraw and delete, until it is told that it is over."""
        turn = 0
        while not self.is_over:
            turn += 1
            upload = str(self.send("POST", "uploads", keep=True)["upload"])
            self.uploads[upload] = True
            goal = self.send("POST", "goals", {"name": "Trip", "amount": turn, "upload": upload})
            self.goals[str(goal["id"])] = goal
            change = {"version": 1, "saved": turn, "name": "Long trip"}
            goal = self.send("PATCH", f"goals/{goal['id']}", change)
            self.goals[str(goal["id"])] = goal
            correction = {"upload": upload, "label": "stripes", "text": "a week away"}
            self.corrected.add(str(self.send("POST", "corrections", correction)["id"]))
            if turn % 3 == 0:
                none = {"keep": False, "improve": False}
                assert not self.send("PATCH", f"uploads/{upload}", none)["has_image"]
                self.uploads[upload] = False
            if turn % 3 == 1:
                self.send("DELETE", f"goals/{goal['id']}")
                self.deleted.add(str(goal["id"]))
                self.goals.pop(str(goal["id"]))

    def send(
        self, method: str, path: str, body: object = None, keep: bool = False
    ) -> dict[str, object]:
        """Ask until there is an answer, and return it."""
        key = f"{random.getrandbits(128):x}"
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": key}
        sent: Row = {"files": {"image": ("x.jpg", CROSS)}} if keep else {"json": body}
        query = f"subject={self.subject}" + "&keep=true&improve=true" * keep
        tries = 0
        while True:
            tries += 1
            url = f"{self.address}/v1/{path}?{query}"
            try:
                answer = httpx.request(method, url, headers=headers, timeout=30, **sent)  # type: ignore[arg-type]
            except httpx.TransportError:  # it was killed: the next one will answer
                self.repeated += tries == 1
                time.sleep(0.02)
                continue
            if answer.status_code == 503:  # it has just begun
                time.sleep(0.02)
                continue
            done_before = method == "DELETE" and answer.status_code == 404 and tries > 1
            assert done_before or answer.status_code in (200, 204), answer.text
            self.answers += 1
            return {} if method == "DELETE" else dict(answer.json())


def start_service(bundle: Path, state: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "pixonomy", "serve", str(bundle), "--port", "0", "--json"]
    with (state.parent / "log").open("a") as log:
        return subprocess.Popen(
            [*command, "--workers", "1", "--state", str(state)],
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )


def answering(process: "subprocess.Popen[bytes]") -> str:
    assert process.stdout is not None
    return str(json.loads(process.stdout.readline())["address"])


def kill_so_often(bundle: Path, folder: Path, times: int, chance: random.Random) -> list[Client]:
    """Kill a service under load; return its clients, when the last service has answered them."""
    state = folder / "state"
    token = TokenStore(state).new("app", "classify")
    clients = [Client(token, f"user-{number}") for number in range(CLIENTS)]
    threads = [threading.Thread(target=one.work) for one in clients]
    for turn in range(times):
        process = start_service(bundle, state)
        if turn % 5 == 4:  # while it starts
            time.sleep(chance.uniform(0, 3))
        else:
            lead(clients, answering(process))
            if turn == 0:
                for thread in threads:
                    thread.start()
            await_answers(clients, chance.randrange(AT_MOST))
            time.sleep(chance.uniform(0, 0.05))
        kill(process, is_alone=turn % 2 == 1)
        with closing(sqlite3.connect(state / FILE)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    process = start_service(bundle, state)
    lead(clients, answering(process))
    for client in clients:
        client.is_over = True
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    kill(process, is_alone=False)
    return clients


def lead(clients: list[Client], address: str) -> None:
    for client in clients:
        client.address = address


def await_answers(clients: list[Client], more: int) -> None:
    """Wait until so many requests more have been answered."""
    wanted = more + sum(client.answers for client in clients)
    wait_until(lambda: sum(client.answers for client in clients) >= wanted, 60)


def check_everything(state: Path, clients: list[Client]) -> None:
    with closing(Store.open(state)) as store, store.database.read() as connection:
        saved = {row.id: row for row in connection.execute(select(goals))}
        kept = {row.id: row.has_image for row in connection.execute(select(uploads))}
        noted = list(connection.scalars(select(corrections.c.id)))
    told = {one_id: goal for client in clients for one_id, goal in client.goals.items()}
    assert saved.keys() == told.keys()  # none is lost, none is there twice
    for one_id, goal in told.items():
        row = saved[one_id]
        assert (row.version, row.name, float(row.saved)) == (
            goal["version"],
            goal["name"],
            goal["saved"],
        )
    assert set(noted) == set().union(*(client.corrected for client in clients))
    uploaded = {key: has for client in clients for key, has in client.uploads.items()}
    assert kept.keys() == uploaded.keys()
    assert not any(kept[one] for one, has in uploaded.items() if not has)


def check_images(state: Path) -> int:
    """Return how many images had no row, when they are swept an hour later."""
    later = datetime.now(UTC) + timedelta(minutes=61)
    with closing(Store.open(state, now=lambda: later)) as store:
        swept = store.sweep()
        with store.database.read() as connection:
            owned = set(connection.scalars(select(uploads.c.id).where(uploads.c.has_image)))
        there = {name for batch in store.images.scan() for name in batch}
        assert there == {image_name(one) for one in owned}
        for one in owned:
            image = store.images.get(one)
            assert image is not None
            assert (image[:2], image[-2:]) == (b"\xff\xd8", b"\xff\xd9")
    return swept


def kill_and_check(run: Path, folder: Path, times: int, seed: int = 20261130) -> None:
    bundle = give_goals(run, folder / "bundle")
    clients = kill_so_often(bundle, folder, times, random.Random(seed))
    check_everything(folder / "state", clients)
    swept = check_images(folder / "state")
    answers = sum(client.answers for client in clients)
    repeated = sum(client.repeated for client in clients)
    print(f"{times} kills, {answers} acknowledged, {repeated} without an answer, {swept} swept")
    assert answers > 3 * times
    assert repeated >= times // 2


@pytest.mark.slow
@pytest.mark.parametrize("times", [5, pytest.param(200, marks=pytest.mark.soak)])
def test_a_service_that_is_killed_loses_nothing_and_adds_nothing(
    fitted_run: Path, tmp_path: Path, times: int
) -> None:
    kill_and_check(fitted_run, tmp_path, times)
