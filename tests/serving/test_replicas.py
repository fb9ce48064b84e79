"""Several services on one PostgreSQL are one, and go on where it is down."""

import time
from pathlib import Path

import httpx
import pytest

from conftest import as_bytes, draw_shape
from pixonomy.state.tokens import TokenStore
from postgres import PostgreSQL
from saving_bundle import give_goals
from served import Served, served, wait_until

pytestmark = pytest.mark.slow
CROSS = as_bytes(draw_shape("cross", 1))


def ask(service: Served, token: str, path: str, json: object = None) -> httpx.Response:
    method, headers = "GET" if json is None else "POST", {"authorization": f"Bearer {token}"}
    return service.ask(path, method=method, json=json, headers=headers)


def test_what_one_keeps_the_other_has(
    fitted_run: Path, tmp_path: Path, postgresql_address: str
) -> None:
    bundle, pictures = give_goals(fitted_run, tmp_path / "bundle"), tmp_path / "pictures"
    places = [tmp_path / name for name in ("one", "two")]
    for place in places:
        place.mkdir()
    token = TokenStore(places[0], address=postgresql_address).new("app", "classify")
    options = [
        ("--workers", 1, "--database", postgresql_address, "--pictures", pictures, "--state", one)
        for one in places
    ]
    origin = ("--embed-from", "https://app.example")
    with (
        served(bundle, places[0], *options[0], *origin) as one,
        served(bundle, places[1], *options[1], *origin) as two,
    ):
        headers = {"authorization": f"Bearer {token}", "content-type": "image/jpeg"}
        sent = one.ask("/v1/uploads?subject=a&keep=true", content=CROSS, headers=headers).json()
        goal = ask(one, token, "/v1/goals?subject=a", {"name": "Car", "upload": sent["upload"]})
        assert ask(two, token, "/v1/goals?subject=a").json()["goals"] == [goal.json()]
        image = f"/v1/uploads/{sent['upload']}/image?subject=a"
        assert ask(two, token, image).content == ask(one, token, image).content
        link = ask(one, token, "/v1/embed-links", {"subject": "a"}).json()["path"]
        assert two.ask(link).status_code == 200
        assert postgresql_address not in one.log.read_text() + two.log.read_text()


def test_where_it_is_down_classifying_goes_on_and_it_is_found_again(
    fitted_run: Path, tmp_path: Path, postgresql: PostgreSQL, postgresql_address: str
) -> None:
    state = tmp_path / "state"
    token = TokenStore(state, address=postgresql_address).new("app", "classify")
    options = ("--workers", 1, "--state", state, "--database", postgresql_address)
    headers = {"authorization": f"Bearer {token}", "content-type": "image/jpeg"}
    with served(fitted_run, tmp_path, *options) as service:
        assert ask(service, token, "/v1/goals?subject=a", {"name": "Car"}).status_code == 200
        postgresql.stop()
        began = time.monotonic()
        try:
            wait_until(lambda: service.ask("/ready").status_code == 503)
            assert time.monotonic() - began < 2.6
            answer = service.ask("/v1/classify", content=CROSS, headers=headers)
            assert (answer.status_code, answer.json()["images"][0]["label"]) == (200, "cross")
            free = service.ask("/v1/uploads?subject=a", content=CROSS, headers=headers)
            assert (free.status_code, free.json()["upload"]) == (200, None)
            for refused in (
                ask(service, token, "/v1/goals?subject=a"),
                ask(service, token, "/v1/goals?subject=a", {"name": "Bus"}),
                service.ask("/v1/uploads?subject=a&keep=true", content=CROSS, headers=headers),
            ):
                assert (refused.status_code, refused.json()["error"]["kind"]) == (
                    503,
                    "state_unavailable",
                )
        finally:
            postgresql.start()
        wait_until(lambda: service.ask("/ready").status_code == 200)
        (goal,) = ask(service, token, "/v1/goals?subject=a").json()["goals"]
        assert goal["name"] == "Car"
        assert service.end() == 0
