"""Behind one address, each page and form of a saver may be another replica's."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from conftest import as_bytes, draw_shape
from pixonomy.state.tokens import TokenStore
from saver_browser import SaverBrowser
from served import Served, served
from verdict_bundle import make_verdict_bundle

pytestmark = pytest.mark.slow
CROSS = as_bytes(draw_shape("cross", 1))


@dataclass
class Replicas:
    """Two services on one PostgreSQL, and one folder of images."""

    one: Served
    two: Served
    token: str


@pytest.fixture
def replicas(fitted_run: Path, tmp_path: Path, postgresql_address: str) -> Iterator[Replicas]:
    bundle = make_verdict_bundle(fitted_run, tmp_path / "bundle", "sure")
    places = [tmp_path / name for name in ("one", "two")]
    for place in places:
        place.mkdir()
    with closing(TokenStore(places[0], address=postgresql_address)) as tokens:
        token = tokens.new("app", "classify")
    shared = ("--database", postgresql_address, "--pictures", tmp_path / "pictures")
    options = ("--workers", 1, *shared, "--embed-from", "https://app.example")
    with (
        served(bundle, places[0], *options, "--state", places[0]) as one,
        served(bundle, places[1], *options, "--state", places[1]) as two,
    ):
        yield Replicas(one, two, token)


class TurnTaking(SaverBrowser):
    """A browser whose requests go to one replica and the other by turns."""

    def __init__(self, *addresses: str) -> None:
        super().__init__(addresses[0])
        self.addresses, self.turn = [httpx.URL(one) for one in addresses], 0
        self.client.event_hooks = {"request": [self.lead]}

    def lead(self, request: httpx.Request) -> None:
        """Send a request to the replica whose turn it is."""
        self.turn += 1
        chosen = self.addresses[self.turn % len(self.addresses)]
        request.url = request.url.copy_with(port=chosen.port)


def walk(person: SaverBrowser) -> None:
    """Go the whole way from a picture to a goal that is added to, split and deleted."""
    person.send("#show", {"keep": "yes"}, image=CROSS)
    assert person.path.startswith("/answer?"), person.words()
    person.send(button="label=cross")
    person.send("#goal", {"name": "Bike", "amount": "100"}, "do=keep")
    assert person.words("h1") == "Bike"
    assert person.client.get(str(person.find("img.shown")["src"])).status_code == 200
    person.send("form[action*='/add']", {"more": "10"})
    assert "10" in person.words(), person.words()
    person.link("Delete").send("main form[method=post]")
    assert "deleted" in person.words()


def test_forms_of_one_are_taken_by_the_other(replicas: Replicas) -> None:
    with TurnTaking(replicas.one.address, replicas.two.address) as person:
        person.get("/")
        walk(person)
        assert person.turn > 8


def test_a_frames_session_of_one_is_taken_by_the_other(replicas: Replicas) -> None:
    headers = {"authorization": f"Bearer {replicas.token}"}
    link = f"{replicas.one.address}/v1/embed-links"
    path = httpx.post(link, json={"subject": "a"}, headers=headers).json()["path"]
    with TurnTaking(replicas.two.address, replicas.one.address) as person:
        person.get(path)
        walk(person)
        assert len(person.client.cookies) == 0
