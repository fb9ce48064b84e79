"""What is one saver's is for every other as if it was not there, whatever is asked."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from conftest import as_bytes, draw_shape
from saver_browser import SaverBrowser
from served import Served, Tokens

CROSS = as_bytes(draw_shape("cross", 1))
UNKNOWN = "0" * 32
BODIES: dict[str, dict[str, object]] = {
    "PATCH /v1/goals/{id}": {"version": 1, "name": "Mine"},
    "PATCH /v1/uploads/{id}": {"keep": False, "improve": False},
    "POST /v1/corrections": {"label": "stripes"},
    "POST /v1/goals": {"name": "Mine"},
}
PAGES = ("", "/edit", "/split", "/delete")
FORMS = ("edit", "add", "adjust", "split", "delete")
FIELDS = {
    "version": "1", "name": "Mine", "first_amount": "1", "more": "1", "each_month": "1",
    "keep": "", "improve": "",
}  # fmt: skip


@dataclass
class Kept:
    """What an app has kept for one of its users.

    Attributes:
        other: another user of the same app.
    """

    service: Served
    token: str
    subject: str
    upload: str = ""
    goal: str = ""

    @property
    def other(self) -> str:
        return f"not {self.subject}"

    def ask(self, method: str, path: str, subject: str, **sent: object) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        address = self.service.address + path
        about = {"subject": subject}
        return httpx.request(method, address, params=about, headers=headers, timeout=60, **sent)  # type: ignore[arg-type]

    def everything(self) -> list[object]:
        paths = "/v1/uploads", "/v1/goals", f"/v1/uploads/{self.upload}/image"
        return [self.ask("GET", path, self.subject).content for path in paths]


@pytest.fixture
def kept(sure_service: Served, app_token: Tokens) -> Iterator[Kept]:
    one = Kept(sure_service, app_token.classify, uuid.uuid4().hex)
    headers = {"authorization": f"Bearer {one.token}", "content-type": "image/jpeg"}
    flags = f"subject={one.subject}&keep=true&improve=true"
    given = one.service.ask(f"/v1/uploads?{flags}", content=CROSS, headers=headers).json()
    one.upload = given["upload"]
    goal = {"name": "Bike", "amount": 100, "upload": one.upload}
    one.goal = one.ask("POST", "/v1/goals", one.subject, json=goal).json()["id"]
    before = one.everything()
    yield one
    assert one.everything() == before


def calls_about_ids(document: dict[str, dict[str, dict[str, object]]]) -> list[tuple[str, str]]:
    """Return all calls that a document has with the id of something, in path or body."""
    calls = [
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/v1/")
    ]
    return [one for one in calls if "{id}" in one[1] or " ".join(one) in BODIES]


def test_each_call_with_anothers_id_answers_as_for_one_that_is_not_there(kept: Kept) -> None:
    calls = calls_about_ids(kept.service.ask("/openapi.json").json())
    assert len(calls) == 6
    for method, path in calls:
        own = kept.goal if "goals" in path else kept.upload
        answers = []
        for upload, one_id in ((kept.upload, own), (UNKNOWN, UNKNOWN)):
            body = BODIES.get(f"{method} {path}")
            if body is not None and method == "POST":
                body = body | {"upload": upload}
            sent: dict[str, object] = {} if body is None else {"json": body}
            found = kept.ask(method, path.replace("{id}", one_id), kept.other, **sent)
            assert (found.status_code, found.json()["error"]["kind"]) == (404, "not_found"), path
            answers.append((found.content, sorted(found.headers.keys())))
        assert answers[0] == answers[1]


def test_an_idempotency_key_of_another_opens_nothing(kept: Kept) -> None:
    headers = {"authorization": f"Bearer {kept.token}", "idempotency-key": "k"}
    ids = set()
    for subject in (kept.other, f"{kept.other} two"):
        address = f"{kept.service.address}/v1/goals"
        params = {"subject": subject}
        made = httpx.post(address, params=params, json={"name": "A"}, headers=headers, timeout=60)
        ids.add(made.json()["id"])
        gone = kept.ask("DELETE", f"/v1/subjects/{subject.replace(' ', '%20')}", subject)
        assert gone.status_code == 204
    assert len(ids) == 2


@pytest.fixture(params=["browser", "frame"])
def stranger(kept: Kept, request: pytest.FixtureRequest) -> Iterator[SaverBrowser]:
    """Return another person, by a cookie of their own or in the frame of the same app."""
    with SaverBrowser(kept.service.address) as browser:
        path = "/"
        if request.param == "frame":
            headers = {"authorization": f"Bearer {kept.token}"}
            links = f"{kept.service.address}/v1/embed-links"
            path = httpx.post(links, json={"subject": kept.other}, headers=headers).json()["path"]
        yield browser.get(path)


def test_each_page_with_anothers_id_looks_as_for_one_that_is_not_there(
    kept: Kept, stranger: SaverBrowser
) -> None:
    inputs = stranger.page.select("#show input[name=form_token], #show input[name=session]")
    proof = {str(one["name"]): str(one["value"]) for one in inputs}
    assert len(proof) == 1
    session = {key: value for key, value in proof.items() if key == "session"}
    pages = [f"/goals/{{}}{page}" for page in PAGES] + ["/images/{}"]
    forms = [f"/goals/{{}}/{form}" for form in FORMS] + ["/images/{}"]
    for page, is_form in [*((one, False) for one in pages), *((one, True) for one in forms)]:
        own = kept.goal if "goals" in page else kept.upload
        told = []
        for one_id in (own, UNKNOWN):
            path = page.format(one_id)
            answer = (
                stranger.client.post(path, data=FIELDS | proof)
                if is_form
                else stranger.client.get(path, params=session)
            )
            assert answer.status_code == 404, path
            told.append(BeautifulSoup(answer.text, "html.parser").get_text())
        assert told[0] == told[1]
        assert "Bike" not in told[0]


def test_anothers_picture_is_not_put_on_a_goal_of_ones_own(
    kept: Kept, stranger: SaverBrowser, mixed_images: list[Path]
) -> None:
    stranger.send("#show", image=mixed_images[0].read_bytes()).send(button="label=cross")
    stranger.send("#goal", {"name": "Mine", "upload": kept.upload}, "do=keep")
    assert stranger.words("h1") == "Mine"
    assert stranger.page.select("img.shown") == []
