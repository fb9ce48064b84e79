"""The API for what is kept of an app's users: answers, uploads, corrections, goals, deletion."""

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx
import numpy as np
import pytest
from PIL import Image

from conftest import as_bytes, draw_shape
from pixonomy.state.tokens import TokenStore
from result_schema import find_mismatches
from served import Served, Tokens

CROSS = as_bytes(draw_shape("cross", 1))
CAR = {"name": "A car", "amount": 5000.5, "currency": "USD", "label": "cross", "saved": 500}


@dataclass
class App:
    """An app that asks for one of its users."""

    service: Served
    token: str
    subject: str

    def ask(
        self, method: str, path: str, json: object = None, key: str = "", **more: object
    ) -> httpx.Response:
        joint = "&" if "?" in path else "?"
        headers = {"authorization": f"Bearer {self.token}"}
        if key:
            headers["idempotency-key"] = key
        sent: dict[str, object] = {} if json is None else {"json": json}
        address = f"{self.service.address}{path}{joint}subject={self.subject}"
        return httpx.request(method, address, headers=headers, timeout=60, **sent, **more)  # type: ignore[arg-type]

    def upload(self, image: bytes, flags: str = "", key: str = "") -> Mapping[str, object]:
        answer = self.ask("POST", f"/v1/uploads?{flags}", key=key, files={"image": ("x", image)})
        assert answer.status_code == 200, answer.text
        assert find_mismatches(answer.json(), "UploadAnswer") == []
        found: Mapping[str, object] = answer.json()
        return found

    def goal(self, **changed: object) -> dict[str, object]:
        answer = self.ask("POST", "/v1/goals", CAR | changed)
        assert answer.status_code == 200, answer.text
        assert find_mismatches(answer.json(), "KeptGoal") == []
        found: dict[str, object] = answer.json()
        return found

    def goals(self) -> list[dict[str, object]]:
        answer = self.ask("GET", "/v1/goals")
        assert find_mismatches(answer.json(), "KeptGoals") == []
        found: list[dict[str, object]] = answer.json()["goals"]
        return found

    def uploads(self) -> list[dict[str, object]]:
        answer = self.ask("GET", "/v1/uploads")
        assert find_mismatches(answer.json(), "KeptUploads") == []
        found: list[dict[str, object]] = answer.json()["uploads"]
        return found


def told(answer: httpx.Response) -> tuple[int, str]:
    assert find_mismatches(answer.json(), "Refusal") == []
    return answer.status_code, answer.json()["error"]["kind"]


@pytest.fixture
def app(saving_service: Served, tokens: Tokens) -> App:
    """Return an app that asks for a user whom nobody has asked for."""
    return App(saving_service, tokens.classify, uuid.uuid4().hex)


def test_without_consent_an_answer_is_given_and_nothing_kept(app: App) -> None:
    given = app.upload(CROSS)
    assert (given["upload"], given["has_image"]) == (None, False)
    assert given["images"] == app.service.classify(CROSS).json()["images"]
    assert app.uploads() == []


def test_with_a_consent_the_copy_is_kept_and_only_its_saver_sees_it(app: App) -> None:
    given = app.upload(CROSS, "keep=true")
    assert given["has_image"] is True
    (kept,) = app.uploads()
    assert (kept["id"], kept["keep"], kept["improve"]) == (given["upload"], True, False)
    image = app.ask("GET", f"/v1/uploads/{kept['id']}/image")
    assert Image.open(io.BytesIO(image.content)).format == "JPEG"
    assert image.headers["content-type"] == "image/jpeg"
    assert image.headers["cache-control"].startswith("private")
    assert image.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in image.headers["content-security-policy"]
    assert "x" not in image.headers["content-disposition"].replace("filename", "")


def test_withdrawing_both_consents_removes_the_image(app: App) -> None:
    path = f"/v1/uploads/{app.upload(CROSS, 'keep=true&improve=true')['upload']}"
    once = app.ask("PATCH", path, {"keep": False}).json()
    assert (once["keep"], once["improve"], once["has_image"]) == (False, True, True)
    twice = app.ask("PATCH", path, {"improve": False}).json()
    assert find_mismatches(twice, "KeptUpload") == []
    assert twice["has_image"] is False
    assert told(app.ask("GET", f"{path}/image")) == (404, "not_found")
    assert told(app.ask("PATCH", path, {"keep": 1})) == (422, "invalid_fields")


def test_what_is_no_image_is_answered_and_not_kept(app: App) -> None:
    given = app.upload(b"no image", "keep=true")
    assert given["upload"] is None
    assert app.uploads() == []
    several = [("image", ("x", CROSS))] * 2
    assert told(app.ask("POST", "/v1/uploads", files=several)) == (422, "too_many")


def test_a_goal_is_made_changed_and_deleted(app: App) -> None:
    by = (datetime.now(UTC).date() + timedelta(days=365)).isoformat()
    upload = app.upload(CROSS, "keep=true")["upload"]
    made = app.goal(by=by, upload=upload)
    assert made | CAR | {"by": by, "upload": upload, "version": 1} == made
    assert made["each_month"] == pytest.approx(4500.5 / 12, abs=0.01)
    assert app.goals() == [made]
    path = f"/v1/goals/{made['id']}"
    changed = app.ask("PATCH", path, {"version": 1, "saved": 5000.5, "currency": None}).json()
    assert (changed["version"], changed["share"], changed["name"]) == (2, 1, "A car")
    assert changed["currency"] is None
    assert app.ask("DELETE", path).status_code == 204
    assert told(app.ask("DELETE", path)) == (404, "not_found")
    assert app.goals() == []


def test_a_stale_change_shows_the_goal_as_it_is(app: App) -> None:
    path = f"/v1/goals/{app.goal()['id']}"
    assert app.ask("PATCH", path, {"version": 1, "name": "Mine"}).status_code == 200
    other = app.ask("PATCH", path, {"version": 2, "upload": None})
    assert told(other) == (422, "invalid_fields")  # it stays that of the goal
    stale = app.ask("PATCH", path, {"version": 1, "name": "Late"})
    assert told(stale) == (409, "stale")
    assert stale.json()["error"]["current"] == app.goals()[0]
    assert app.goals()[0]["name"] == "Mine"


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "x" * 81, "amount": -1, "by": "1999-01-01"}, {"name", "amount", "by"}),
        ({"amount": 10**9 + 1}, {"amount"}),
        ({"amount": "1,200"}, {"amount"}),
        ({"amount": True}, {"amount"}),
        ({"by": "2100-01-01"}, {"by"}),
        ({"currency": "$"}, {"currency"}),
        ({"label": "boat"}, {"label"}),
        ({"upload": 7}, {"upload"}),
        ({"sum": 7}, {"sum"}),
        ({"by": "", "currency": ""}, {"by", "currency"}),
        ({"version": 1}, {"version"}),
    ],
)
def test_fields_that_cannot_be_are_named(
    app: App, changed: dict[str, object], fields: set[str]
) -> None:
    refused = app.ask("POST", "/v1/goals", CAR | changed)
    assert told(refused) == (422, "invalid_fields")
    assert refused.json()["error"]["fields"].keys() == fields
    assert app.goals() == []


def test_what_an_upload_shows_is_corrected_with_a_new_row_each_time(app: App) -> None:
    upload = app.upload(CROSS, "improve=true")["upload"]
    for label, text in (("stripes", ""), (None, "my\x00 boat\n")):
        answer = app.ask(
            "POST", "/v1/corrections", {"upload": upload, "label": label, "text": text}
        )
        assert find_mismatches(answer.json(), "KeptCorrection") == []
        assert (answer.json()["label"], answer.json()["upload"]) == (label, upload)
    assert answer.json()["text"] == "my boat"
    for wrong in ({"upload": upload}, {"label": None}, {"upload": upload, "label": "boat"}):
        assert told(app.ask("POST", "/v1/corrections", wrong)) == (422, "invalid_fields")
    unknown = {"upload": "0" * 32, "label": None}
    assert told(app.ask("POST", "/v1/corrections", unknown)) == (404, "not_found")


def test_a_request_with_the_same_key_counts_once(app: App) -> None:
    first, second = (app.ask("POST", "/v1/goals", CAR, key="k1").json() for _ in range(2))
    assert first == second
    assert len(app.goals()) == 1
    uploads = {app.upload(CROSS, "keep=true", "k2")["upload"] for _ in range(2)}
    assert len(uploads) == len(app.uploads()) == 1
    change = {"version": 1, "saved": 1}
    path = f"/v1/goals/{first['id']}"
    versions = [app.ask("PATCH", path, change, key="k3").json()["version"] for _ in range(2)]
    assert versions == [2, 2]
    told_again = told(app.ask("POST", "/v1/goals", CAR | {"name": "Other"}, key="k1"))
    assert told_again == (409, "other_request")
    assert told(app.ask("POST", "/v1/goals", CAR, key="a b")) == (422, "invalid_fields")


def test_everything_of_a_saver_is_deleted_at_once_and_nothing_of_others(
    app: App, saving_service: Served
) -> None:
    other = App(saving_service, app.token, "other" + app.subject)
    for one in (app, other):
        one.goal(upload=one.upload(CROSS, "keep=true")["upload"])
    image = f"/v1/uploads/{app.uploads()[0]['id']}/image"
    assert app.ask("DELETE", f"/v1/subjects/{app.subject}").status_code == 204
    assert (app.goals(), app.uploads()) == ([], [])
    assert told(app.ask("GET", image)) == (404, "not_found")
    assert (len(other.goals()), len(other.uploads())) == (1, 1)
    assert app.ask("DELETE", f"/v1/subjects/{app.subject}").status_code == 204  # already so


def test_another_saver_and_another_app_find_nothing_of_it(
    app: App, saving_service: Served, tokens: Tokens
) -> None:
    upload = app.upload(CROSS, "keep=true&improve=true")["upload"]
    goal = app.goal(upload=upload)
    state = app.goals(), app.uploads()
    others = [
        App(saving_service, app.token, "not" + app.subject),
        App(saving_service, tokens.operate, app.subject),  # the same id in another app
    ]
    for other in others:
        tries: list[tuple[str, str, object]] = [
            ("PATCH", f"/v1/uploads/{upload}", {"keep": False}),
            ("GET", f"/v1/uploads/{upload}/image", None),
            ("POST", "/v1/corrections", {"upload": upload, "label": None}),
            ("POST", "/v1/goals", CAR | {"upload": upload}),
            ("PATCH", f"/v1/goals/{goal['id']}", {"version": 1, "name": "Mine"}),
            ("DELETE", f"/v1/goals/{goal['id']}", None),
        ]
        unknown = [
            (method, path.replace(str(upload), "0" * 32).replace(str(goal["id"]), "0" * 32), body)
            for method, path, body in tries
        ]
        for (method, path, body), (_, absent, _) in zip(tries, unknown, strict=True):
            refused = other.ask(method, path, body)
            assert told(refused) == (404, "not_found")
            if absent != path:  # it looks as what is not there does
                assert refused.json() == other.ask(method, absent, body).json()
        assert (other.goals(), other.uploads()) == ([], [])
        assert other.ask("DELETE", f"/v1/subjects/{other.subject}").status_code == 204
    assert (app.goals(), app.uploads()) == state


def test_it_all_needs_a_token_also_on_this_machine(app: App) -> None:
    for method, path, body in (
        ("POST", "/v1/uploads", None), ("GET", "/v1/uploads", None),
        ("PATCH", "/v1/uploads/1", {}), ("GET", "/v1/uploads/1/image", None),
        ("POST", "/v1/corrections", {}), ("GET", "/v1/goals", None), ("POST", "/v1/goals", {}),
        ("PATCH", "/v1/goals/1", {}), ("DELETE", "/v1/goals/1", None),
        ("DELETE", "/v1/subjects/1", None), ("POST", "/v1/embed-links", {}),
    ):  # fmt: skip
        answer = app.service.ask(f"{path}?subject=1", method=method, json=body)
        assert told(answer) == (401, "no_token")


def test_a_token_that_is_revoked_opens_nothing_a_second_later(
    saving_service: Served, tokens: Tokens
) -> None:
    store = TokenStore(tokens.state)
    app = App(saving_service, store.new("passing", "classify"), "someone")
    end = datetime.now(UTC) + timedelta(seconds=10)
    while app.ask("GET", "/v1/goals").status_code == 401:
        assert datetime.now(UTC) < end
    store.revoke("passing")
    end = datetime.now(UTC) + timedelta(seconds=10)
    while app.ask("GET", "/v1/goals").status_code == 200:
        assert datetime.now(UTC) < end
    assert told(app.ask("GET", "/v1/goals")) == (401, "no_token")


@pytest.mark.parametrize("subject", ["", "x" * 201, "%ff", "%ef%bf%bd", "a%00b", "a%0ab"])
def test_what_names_nobody_is_refused(app: App, subject: str) -> None:
    named = App(app.service, app.token, subject)
    refused = named.ask("GET", "/v1/goals")
    assert told(refused) == (422, "invalid_fields")
    assert refused.json()["error"]["fields"].keys() == {"subject"}


def test_odd_names_are_names(app: App) -> None:
    for subject in ("Zo%C3%AB", "1%2F2", "%22%27%3B--", "..%2Fx"):
        named = App(app.service, app.token, app.subject + subject)
        assert named.goal()["id"] == named.goals()[0]["id"]
        assert app.ask("DELETE", f"/v1/subjects/{named.subject}").status_code == 204
        assert named.goals() == []
    assert app.goals() == []


@pytest.mark.parametrize("flags", ["keep=yes", "improve=1", "keep="])
def test_a_consent_is_true_or_false(app: App, flags: str) -> None:
    refused = app.ask("POST", f"/v1/uploads?{flags}", files={"image": ("x", CROSS)})
    assert told(refused) == (422, "invalid_fields")


def test_a_link_for_a_frame_names_nobody(app: App) -> None:
    answer = httpx.post(
        f"{app.service.address}/v1/embed-links",
        json={"subject": app.subject},
        headers={"authorization": f"Bearer {app.token}"},
    )
    assert find_mismatches(answer.json(), "EmbedLink") == []
    assert answer.json()["seconds"] == 600
    page = app.service.ask(answer.json()["path"])
    assert page.status_code == 200
    assert app.subject not in page.text + answer.text
    assert "frame-ancestors https://app.example" in page.headers["content-security-policy"]


def test_no_word_of_anybody_is_in_the_log_and_nothing_in_the_state_without_consent(
    app: App, tokens: Tokens
) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (90, 90, 3), np.uint8)
    photograph = as_bytes(Image.fromarray(noise), "PNG")
    app.upload(photograph)
    app.ask("GET", "/v1/goals")
    httpx.get(f"{app.service.address}/v1/goals/{app.subject}", timeout=60)
    files = [one for one in tokens.state.rglob("*") if one.is_file()]
    assert len(files) > 1
    for file in [*files, app.service.log]:
        content = file.read_bytes()
        assert app.subject.encode() not in content, file
        assert photograph[2000:2032] not in content, file
        assert sha256(photograph).digest() not in content, file
        assert sha256(photograph).hexdigest().encode() not in content, file
