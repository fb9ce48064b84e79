"""Where what is kept cannot be reached: that is said in time, classifying goes on, all comes back.

What the API answers where PostgreSQL is stopped: see `test_replicas.py`.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from conftest import as_bytes, draw_shape
from object_store import Storage
from pixonomy.state.database import FILE
from pixonomy.state.tokens import TokenStore
from postgres import PostgreSQL
from saver_browser import SaverBrowser
from saving_bundle import give_goals
from served import Served, served, wait_until
from verdict_bundle import make_verdict_bundle

pytestmark = pytest.mark.slow
CROSS = as_bytes(draw_shape("cross", 1))
NOTICED = 2.6  # seconds until /ready is red, with its own answer
WRITERS = 20


UNAVAILABLE = 503, "state_unavailable"


@dataclass
class App:
    """An app with one user."""

    service: Served
    token: str

    def ask(self, path: str, method: str = "GET", **sent: object) -> tuple[int, str]:
        """Return the status, and the kind of the refusal if it is one."""
        headers = {"authorization": f"Bearer {self.token}"}
        address = f"{self.service.address}{path}"
        answer = httpx.request(method, address, headers=headers, timeout=60, **sent)  # type: ignore[arg-type]
        is_json = answer.headers.get("content-type", "") == "application/json"
        return answer.status_code, answer.json().get("error", {}).get("kind", "") if is_json else ""

    def add_goal(self) -> tuple[int, str]:
        return self.ask("/v1/goals?subject=a", "POST", json={"name": "Trip"})

    def goals(self) -> tuple[int, str]:
        return self.ask("/v1/goals?subject=a")

    def upload(self, flags: str = "") -> tuple[int, str]:
        image = {"image": ("x", CROSS)}
        return self.ask(f"/v1/uploads?subject=a{flags}", "POST", files=image)

    def is_ready(self) -> bool:
        return self.ask("/ready")[0] == 200

    def is_noticed(self) -> bool:
        """Tell whether /ready turns red in time."""
        began = time.monotonic()
        wait_until(lambda: not self.is_ready())
        return time.monotonic() - began < NOTICED

    def goes_on(self) -> bool:
        """Tell whether what needs no state is answered, and quickly."""
        began = time.monotonic()
        done = [self.ask("/v1/classify", "POST", files={"image": ("x", CROSS)}) for _ in range(5)]
        done += [self.upload(), self.ask("/"), self.ask("/live"), self.ask("/v1/model")]
        assert time.monotonic() - began < 3
        return done == [(200, "")] * len(done)


@contextmanager
def app_on(run: Path, folder: Path, state: Path, *options: object) -> Iterator[App]:
    bundle = give_goals(run, folder / "bundle")
    with closing(TokenStore(state)) as tokens:
        token = tokens.new("app", "classify")
    with served(bundle, folder, "--workers", 1, "--state", state, *options) as service:
        app = App(service, token)
        wait_until(app.is_ready)
        assert (app.add_goal(), app.upload("&keep=true")) == ((200, ""), (200, ""))
        yield app
        assert not [one for one in service.lines() if one.get("event") == "fault"]
        assert service.end() == 0


def comes_back(app: App, calls: list[Callable[[], tuple[int, str]]]) -> None:
    """Wait until all is as before, without a restart."""
    wait_until(app.is_ready)
    assert [call() for call in calls] == [(200, "")] * len(calls)


@pytest.mark.parametrize("seconds", [12, pytest.param(30, marks=pytest.mark.soak)])
def test_a_database_that_is_locked(fitted_run: Path, tmp_path: Path, seconds: int) -> None:
    state = tmp_path / "state"
    with app_on(fitted_run, tmp_path, state) as app, ThreadPoolExecutor(WRITERS) as threads:
        with closing(sqlite3.connect(state / FILE)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            assert app.is_noticed()
            asked = [threads.submit(app.add_goal) for _ in range(WRITERS)]
            while time.monotonic() - began < seconds:
                assert app.goes_on()
                assert not app.is_ready()
                time.sleep(0.5)
        told = {one.result(timeout=30) for one in asked}
        assert told <= {UNAVAILABLE, (200, "")}  # those whose turn came when it was open again
        assert UNAVAILABLE in told
        comes_back(app, [app.goals, app.add_goal, lambda: app.upload("&keep=true")])


@pytest.mark.parametrize("small_disk", [8192], indirect=True)
def test_a_disk_that_is_full(fitted_run: Path, tmp_path: Path, small_disk: Path) -> None:
    with app_on(fitted_run, tmp_path, small_disk / "state") as app:
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        assert app.is_noticed()
        assert app.upload("&keep=true") == UNAVAILABLE
        assert app.goals() == (200, "")  # reading needs no room
        made = [app.add_goal() for _ in range(3)]  # there may be some room in the database
        assert set(made) <= {UNAVAILABLE, (200, "")}
        assert app.goes_on()
        filler.unlink()
        comes_back(app, [app.goals, app.add_goal, lambda: app.upload("&keep=true")])
        with closing(sqlite3.connect(small_disk / "state" / FILE)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (count,) = database.execute("SELECT count(*) FROM goals").fetchone()
        assert count == 2 + made.count((200, ""))  # what was refused is not there


def test_an_s3_that_is_stopped(fitted_run: Path, tmp_path: Path, storage: Storage) -> None:
    options = ("--pictures", "s3://bucket/kept")
    with app_on(fitted_run, tmp_path, tmp_path / "state", *options) as app:
        storage.stop()
        assert app.is_noticed()
        assert app.upload("&keep=true") == UNAVAILABLE
        assert (app.goals(), app.add_goal()) == ((200, ""), (200, ""))  # they need no images
        assert app.ask("/v1/subjects/a", "DELETE") == UNAVAILABLE  # images would stay behind
        assert app.goes_on()
        again = Storage(storage.port)
        comes_back(app, [app.goals, app.add_goal, lambda: app.upload("&keep=true")])
        assert app.ask("/v1/subjects/a", "DELETE") == (204, "")
        again.stop()


def test_the_pages_where_postgresql_is_stopped(
    fitted_run: Path, tmp_path: Path, postgresql: PostgreSQL, postgresql_address: str
) -> None:
    bundle = make_verdict_bundle(fitted_run, tmp_path / "bundle", "sure")
    options = ("--workers", 1, "--state", tmp_path / "state", "--database", postgresql_address)
    with served(bundle, tmp_path, *options) as service, SaverBrowser(service.address) as person:
        person.show(CROSS).send(button="label=cross").send("#goal", {"name": "Bike"}, "do=keep")
        goal = person.path.partition("?")[0]
        postgresql.stop()
        try:
            for path in ("/goals", goal, "/forget", "/images/1"):
                assert person.get(path).status == 503
                assert "try again" in person.words()
            person.show(CROSS, keep="yes")
            assert (person.status, person.path.partition("?")[0]) == (200, "/answer")
            assert "could not be kept" in person.words(".notice")
            person.send(button="label=cross")
            assert person.path.startswith("/goals/new")
            card = person.page
            assert person.send("#goal", {"name": "Boat"}, "do=keep").status == 503
        finally:
            postgresql.start()
        wait_until(lambda: service.ask("/ready").status_code == 200)
        person.page = card  # the form is sent again
        assert person.send("#goal", {"name": "Boat"}, "do=keep").words("h1") == "Boat"
        listed = person.get("/goals").words()
        assert ("Bike" in listed, "Boat" in listed) == (True, True)
        assert not [one for one in service.lines() if one.get("event") == "fault"]
        assert service.end() == 0
