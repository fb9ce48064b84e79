"""Decides who may ask what, and how often."""

from collections.abc import Mapping
from typing import Literal

from starlette.types import Scope

from pixonomy.serving.api_errors import RequestRefused, try_again
from pixonomy.serving.client_address import ClientAddresses, rate_key
from pixonomy.serving.request_rates import RateLimits
from pixonomy.serving.serve_settings import ServeSettings
from pixonomy.state.tokens import TokenStore

Right = Literal["classify", "operate"]
"""What a request needs: the scopes of tokens."""

_OPERATE: Right = "operate"
_FORWARDED = b"x-forwarded-for"


class Access:
    """Admits requests or refuses them.

    Args:
        tokens: None where there are none.
    """

    def __init__(self, settings: ServeSettings, tokens: TokenStore | None) -> None:
        """Count nothing yet."""
        self._needs_token, self._tokens = settings.needs_token, tokens
        self._addresses = ClientAddresses(settings.behind_proxy)
        rates = settings.rates
        self._of_tokens = RateLimits(rates.token) if rates else None
        self._of_addresses = RateLimits(rates.address) if rates else None

    def admit(
        self, scope: Scope, headers: Mapping[str, str], needed: Right, token: str | None = None
    ) -> None:
        """Return if the request may go on.

        Args:
            headers: of the request, by lower-case names.
            token: the one that a form brought; None: the one of the header Authorization, if any.

        Raises:
            RequestRefused: 401 without the right token, 403 without its scope, 429 too often.
        """
        shown = token or _bearer(headers)
        if shown is None:
            if needed == _OPERATE or self._needs_token:
                raise _unknown("This needs a token: send it as `Authorization: Bearer TOKEN`.")
            return self._count_address(scope)
        self._admit_token(scope, shown, needed)
        return None

    def admit_app(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """Return the name of the token of an app that asks for its users; it always needs one.

        Without a token anybody could ask for what is kept of anybody.

        Raises:
            RequestRefused: see `admit`.
        """
        shown = _bearer(headers)
        if shown is None:
            raise _unknown("What is kept needs a token: send it as `Authorization: Bearer TOKEN`.")
        return self._admit_token(scope, shown, "classify")

    def _admit_token(self, scope: Scope, shown: str, needed: Right) -> str:
        found = self._tokens.check(shown) if self._tokens else None
        if found is None:
            self._count_address(scope)  # or tokens could be guessed at leisure
            raise _unknown("This token is not known: it was mistyped, revoked, or made just now.")
        if needed not in found.scopes:
            message = f"This token does not have the scope {needed!r}."
            raise RequestRefused(403, "wrong_scope", message)
        _count(self._of_tokens, found.name)
        return found.name

    def admit_visitor(self, scope: Scope) -> None:
        """Return if a visitor of the saver's pages, which need no token, may go on.

        Raises:
            RequestRefused: 429 too often.
        """
        self._count_address(scope)

    def _count_address(self, scope: Scope) -> None:
        if self._of_addresses is None:
            return
        client = scope.get("client")
        forwarded = [
            value.decode("latin-1") for name, value in scope["headers"] if name == _FORWARDED
        ]
        address = self._addresses.find(client[0] if client else None, forwarded)
        _count(self._of_addresses, rate_key(address))


def _bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _unknown(message: str) -> RequestRefused:
    return RequestRefused(401, "no_token", message, {"www-authenticate": "Bearer"})


def _count(limits: RateLimits | None, key: str) -> None:
    seconds = limits.hit(key) if limits else None
    if seconds is not None:
        raise try_again(429, "too_often", "Too many requests for one token or address.", seconds)
