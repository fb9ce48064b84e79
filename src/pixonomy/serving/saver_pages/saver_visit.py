"""Who looks at the saver's pages: a browser, by its cookie, or an app's user, in a frame.

A cookie is 256 random bits. Frames of other sites get no cookies, so that there each address and
form carries a signed session in its place. Forms bear a token that no other site can know.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.client_address import ClientAddresses
from pixonomy.serving.embed_links import EmbedLinks
from pixonomy.serving.savers import Savers, Visitor
from pixonomy.serving.signed_values import SignedValues

COOKIE = "pixonomy_saver"
EMBED = "/embed"
COOKIE_SECONDS = 400 * 86_400  # browsers keep none longer
FORM_SECONDS = 86_400

_COOKIE_FORM = re.compile(r"[A-Za-z0-9_-]{43}")
_FORM = "form"


@dataclass(frozen=True)
class Visit:
    """One request of somebody.

    Attributes:
        owner: a hash by which signed values are theirs alone.
        token: what forms carry to show that they are ours.
        cookie: None in a frame.
        session: in a frame, what each address carries; else None.
        parents: origins that may frame the page, and learn what happens in it.
        is_new: whether the cookie was made for this request.
    """

    visitor: Visitor
    token: str
    cookie: str | None = None
    session: str | None = None
    parents: tuple[str, ...] = ()
    is_new: bool = False

    @property
    def owner(self) -> str:
        """The visitor, hashed."""
        return owner_of(self.visitor)

    def address(self, path: str, **query: str) -> str:
        """Return a path with its query, and with the session where there is one."""
        carried = {} if self.session is None else {"session": self.session}
        asked = urlencode({**query, **carried})
        return f"{path}?{asked}" if asked else path


class Visits:
    """Finds out who asks, and whether a form is ours.

    Args:
        embed: None: the pages stand in no frame.
        parents: origins that may frame them.
        proxies: addresses of proxies whose word on https is believed.
    """

    def __init__(
        self,
        savers: Savers,
        embed: EmbedLinks | None,
        parents: tuple[str, ...],
        proxies: tuple[str, ...],
    ) -> None:
        """Take what the service knows."""
        self._savers, self._embed, self._parents = savers, embed, parents
        self._signed = SignedValues(savers.secret)
        self._proxies = ClientAddresses(proxies)

    def find(self, request: Request, fields: Mapping[str, str]) -> Visit:
        """Return whose request it is; a browser without a cookie gets a new one.

        Raises:
            RequestRefused: 403, where an app's link or a frame's session is over, or is opened
                outside of a frame; 404 for a link where no page stands in a frame.
        """
        if request.url.path == EMBED:
            _require_frame(request)
            return self._open(request.query_params.get("link", ""))
        session = fields.get("session") or request.query_params.get("session")
        if session and self._embed:
            _require_frame(request)
            return self._frame(self._embed.open_session(session))
        known = request.cookies.get(COOKIE, "")
        is_new = not _COOKIE_FORM.fullmatch(known)
        cookie = secrets.token_urlsafe(32) if is_new else known
        visitor = self._savers.of_cookie(cookie)
        return Visit(visitor, self._signed.sign(_FORM, owner_of(visitor)), cookie, is_new=is_new)

    def parents_of(self, request: Request) -> tuple[str, ...]:
        """Return what may frame the answer to a request, even if its link is over."""
        is_framed = request.url.path == EMBED or "session" in request.query_params
        return self._parents if is_framed else ()

    def require_own_form(self, visit: Visit, fields: Mapping[str, str]) -> None:
        """Refuse a form that another site may have sent; a session proves as much as a token.

        Raises:
            RequestRefused: 403.
        """
        if visit.session is not None:
            return
        signed_for = self._signed.read(_FORM, fields.get("form_token", ""), FORM_SECONDS)
        if visit.is_new or signed_for != visit.owner:
            message = (
                "This form cannot be taken: it was open for too long, or your browser keeps no "
                "cookies for this page. Open the page again."
            )
            raise RequestRefused(403, "foreign_form", message)

    def keep_cookie(self, visit: Visit, request: Request, response: Response) -> None:
        """Let a browser keep its cookie from now on; frames have none."""
        if visit.cookie is not None:
            response.set_cookie(
                COOKIE,
                visit.cookie,
                max_age=COOKIE_SECONDS,
                httponly=True,
                samesite="lax",
                secure=self._is_https(request),
            )

    def _open(self, link: str) -> Visit:
        if self._embed is None or not self._parents:
            raise RequestRefused(404, "not_found", "There is nothing at this path.")
        return self._frame(self._embed.open(link))

    def _frame(self, visitor: Visitor) -> Visit:
        assert self._embed is not None
        session = self._embed.session(visitor)
        return Visit(visitor, "", session=session, parents=self._parents)

    def _is_https(self, request: Request) -> bool:
        peer = request.client.host if request.client else None
        forwarded = request.headers.get("x-forwarded-proto")
        is_forwarded = forwarded == "https" and self._proxies.is_proxy(peer)
        return is_forwarded or request.url.scheme == "https"


def _require_frame(request: Request) -> None:
    """Refuse an app's link in a window of its own: somebody could have sent theirs to others."""
    if request.headers.get("sec-fetch-dest") == "document":
        message = "This page is a part of an app, and opens there alone."
        raise RequestRefused(403, "not_framed", message)


def owner_of(visitor: Visitor) -> str:
    """Return a hash that stands for a visitor in signed values."""
    return sha256(visitor.key.encode()).hexdigest()[:32]
