"""Who asks: a browser by its cookie, a frame by its session, and forms that are ours."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from framing_app import FramingApp
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.embed_links import EmbedLinks
from pixonomy.serving.saver_pages.saver_visit import COOKIE, Visits
from pixonomy.serving.savers import Savers
from pixonomy.state.store import Store
from saver_browser import SaverBrowser
from served import Served, Tokens

OWN = "c" * 43
ORIGINS = ("https://app.example",)


@pytest.fixture
def savers(tmp_path: Path) -> Savers:
    return Savers(Store.open(tmp_path), lambda: datetime(2026, 11, 30, tzinfo=UTC).date())


def make_visits(savers: Savers, origins: tuple[str, ...] = ORIGINS) -> Visits:
    return Visits(savers, EmbedLinks(savers.secret), origins, ("10.0.0.7",))


def request(
    cookie: str = "",
    query: str = "",
    peer: str = "1.2.3.4",
    proto: str = "",
    path: str = "/",
    shown_in: str = "",
) -> Request:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    headers += [(b"sec-fetch-dest", shown_in.encode())] if shown_in else []
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scope = {"type": "http", "scheme": "http", "server": ("x", 80), "path": path, "method": "GET"}
    return Request(
        {**scope, "headers": headers, "query_string": query.encode(), "client": (peer, 1)}
    )


def test_a_browser_is_known_by_its_cookie_and_a_new_one_gets_one(savers: Savers) -> None:
    visits = make_visits(savers)
    known = visits.find(request(OWN), {})
    assert (known.cookie, known.is_new, known.session) == (OWN, False, None)
    first, second = (visits.find(request(), {}) for _ in range(2))
    assert first.is_new
    assert first.visitor != second.visitor
    assert visits.find(request("short"), {}).is_new


def test_a_form_is_ours_with_the_token_of_its_own_visitor_alone(savers: Savers) -> None:
    visits = make_visits(savers)
    mine, other = visits.find(request(OWN), {}), visits.find(request("d" * 43), {})
    visits.require_own_form(mine, {"form_token": mine.token})
    for fields in ({}, {"form_token": other.token}, {"form_token": mine.token + "x"}):
        with pytest.raises(RequestRefused, match="too long") as refused:
            visits.require_own_form(mine, fields)
        assert refused.value.status == 403


def test_a_frame_carries_its_session_and_the_cookie_does_not_count(savers: Savers) -> None:
    visits = make_visits(savers)
    links, user = EmbedLinks(savers.secret), savers.of_subject("app", "u1")
    visit = visits.find(request(OWN, f"link={links.link(user)}", path="/embed"), {})
    assert (visit.visitor, visit.cookie, visit.parents) == (user, None, ORIGINS)
    again = visits.find(request(OWN, f"session={visit.session}"), {})
    assert again.visitor == user
    visits.require_own_form(again, {})
    assert again.address("/goals", done="added").startswith("/goals?done=added&session=")
    with pytest.raises(RequestRefused) as refused:
        visits.find(request(OWN, "session=forged"), {})
    assert refused.value.status == 403


def test_an_apps_page_opens_in_a_frame_and_in_no_window_of_its_own(savers: Savers) -> None:
    visits, links = make_visits(savers), EmbedLinks(savers.secret)
    link = f"link={links.link(savers.of_subject('app', 'u1'))}"
    visit = visits.find(request(query=link, path="/embed", shown_in="iframe"), {})
    for query, path in ((link, "/embed"), (f"session={visit.session}", "/goals")):
        with pytest.raises(RequestRefused) as refused:
            visits.find(request(query=query, path=path, shown_in="document"), {})
        assert (refused.value.status, refused.value.kind) == (403, "not_framed")


def test_without_an_origin_no_page_stands_in_a_frame(savers: Savers) -> None:
    link = EmbedLinks(savers.secret).link(savers.of_subject("app", "u1"))
    with pytest.raises(RequestRefused) as refused:
        make_visits(savers, ()).find(request(query=f"link={link}", path="/embed"), {})
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("peer", "proto", "is_secure"),
    [("10.0.0.7", "https", True), ("10.0.0.7", "http", False), ("1.2.3.4", "https", False)],
)
def test_the_cookie_is_secure_where_a_trusted_proxy_says_https(
    savers: Savers, peer: str, proto: str, is_secure: bool
) -> None:
    visits, asked, answer = make_visits(savers), request(peer=peer, proto=proto), Response()
    visits.keep_cookie(visits.find(asked, {}), asked, answer)
    assert ("Secure" in answer.headers["set-cookie"]) == is_secure


def test_an_apps_link_opens_the_page_of_its_user_until_it_is_over(
    sure_service: Served, app_token: Tokens, app: FramingApp, mixed_images: list[Path]
) -> None:
    headers = {"authorization": f"Bearer {app_token.classify}"}
    asked: dict[str, object] = {"method": "POST", "json": {"subject": "u7"}, "headers": headers}
    made = sure_service.ask("/v1/embed-links", **asked).json()
    with SaverBrowser(sure_service.address) as framed:
        framed.get(made["path"])
        policy = framed.answer.headers["content-security-policy"]
        assert f"frame-ancestors {app.origin}" in policy
        assert "set-cookie" not in framed.answer.headers
        framed.send("#show", {"keep": "yes"}, image=mixed_images[1].read_bytes())
        framed.send(button="label=cross").send("#goal", {"name": "Bike"}, "do=keep")
        assert framed.words("h1") == "Bike"
        assert framed.find("body")["data-event"] == "goal_added"
        assert framed.client.get(str(framed.find("img.shown")["src"])).status_code == 200
        assert not framed.client.cookies
    goals = sure_service.ask("/v1/goals?subject=u7", headers=headers).json()
    assert [one["name"] for one in goals["goals"]] == ["Bike"]
    over = httpx.get(f"{sure_service.address}/embed?link=forged")
    assert over.status_code == 403
    assert "open it anew" in over.text
    assert f"frame-ancestors {app.origin}" in over.headers["content-security-policy"]
    plain = httpx.get(f"{sure_service.address}/goals/x")
    assert "frame-ancestors 'none'" in plain.headers["content-security-policy"]
