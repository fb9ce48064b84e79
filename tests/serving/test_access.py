"""Who may ask what: tokens, scopes, and how often."""

import pytest
from starlette.types import Scope

from pixonomy.serving.access import Access
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.serve_settings import ServeSettings
from pixonomy.state.tokens import TokenStore
from served import Tokens

OPEN = ServeSettings()
GUARDED = ServeSettings(host="0.0.0.0", rate="2/minute")


def scope(address: str = "192.0.2.1") -> Scope:
    return {"type": "http", "client": (address, 5000), "headers": []}


def refused(access: Access, token: str | None = None, address: str = "192.0.2.1") -> int:
    with pytest.raises(RequestRefused) as error:
        access.admit(scope(address), {}, "classify", token)
    return error.value.status


def test_a_token_may_come_in_a_header_or_in_a_form(tokens: Tokens) -> None:
    access = Access(GUARDED, TokenStore(tokens.state))
    access.admit(scope(), {"authorization": f"bearer  {tokens.classify} "}, "classify")
    access.admit(scope(), {}, "classify", tokens.classify)


def test_a_scope_covers_what_it_says(tokens: Tokens) -> None:
    access = Access(OPEN, TokenStore(tokens.state))
    access.admit(scope(), {}, "operate", tokens.operate)
    access.admit(scope(), {}, "classify", tokens.operate)
    with pytest.raises(RequestRefused) as error:
        access.admit(scope(), {}, "operate", tokens.classify)
    assert (error.value.status, error.value.kind) == (403, "wrong_scope")


def test_an_app_is_known_by_its_token_and_always_needs_one(tokens: Tokens) -> None:
    access = Access(OPEN, TokenStore(tokens.state))
    for token, name in ((tokens.classify, "app"), (tokens.operate, "operator")):
        assert access.admit_app(scope(), {"authorization": f"Bearer {token}"}) == name
    for headers in ({}, {"authorization": "Bearer wrong"}):
        with pytest.raises(RequestRefused) as error:
            access.admit_app(scope(), headers)
        assert error.value.status == 401


def test_where_there_are_no_tokens_none_is_known() -> None:
    access = Access(OPEN, None)
    access.admit(scope(), {}, "classify")
    assert refused(access, "anything") == 401


def test_a_token_has_its_own_rate_wherever_it_comes_from(tokens: Tokens) -> None:
    access = Access(GUARDED, TokenStore(tokens.state))
    for address in ("192.0.2.1", "192.0.2.2"):
        access.admit(scope(address), {}, "classify", tokens.classify)
    assert refused(access, tokens.classify, "192.0.2.3") == 429
    access.admit(scope(), {}, "classify", tokens.operate)


def test_tokens_cannot_be_guessed_at_leisure(tokens: Tokens) -> None:
    access = Access(GUARDED, TokenStore(tokens.state))
    assert [refused(access, f"guess {number}") for number in range(3)] == [401, 401, 429]
    assert refused(access, "guess", "192.0.2.2") == 401
    access.admit(scope(), {}, "classify", tokens.classify)


def test_visitors_of_the_savers_pages_need_no_token_but_have_the_rate_of_their_address() -> None:
    access = Access(GUARDED, None)
    for _ in range(2):
        access.admit_visitor(scope())
    with pytest.raises(RequestRefused) as error:
        access.admit_visitor(scope())
    assert error.value.status == 429
    access.admit_visitor(scope("192.0.2.2"))
