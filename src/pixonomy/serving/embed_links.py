"""Signed links by which an app shows the saver's page, in a frame, as one of its own users.

Neither the link nor the session that follows holds the app's user id: only a keyed hash of it.
"""

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.savers import Visitor

LINK_SECONDS = 600
SESSION_SECONDS = 3600


class EmbedLinks:
    """Makes and reads links and sessions.

    A link opens the page; as browsers block the cookies of frames, each form of the framed pages
    then carries a session, and each page renews it.

    Args:
        secret: what signs them, the same in all replicas.
    """

    def __init__(self, secret: bytes) -> None:
        """Take the secret."""
        self._links = URLSafeTimedSerializer(secret, salt="embed-link")
        self._sessions = URLSafeTimedSerializer(secret, salt="embed-session")

    def link(self, visitor: Visitor) -> str:
        """Return what opens the page as this visitor, for 10 minutes."""
        return _text(self._links.dumps(visitor.key))

    def open(self, link: str) -> Visitor:
        """Return whose link it is.

        Raises:
            RequestRefused: 403, if it is older than 10 minutes, or none of ours.
        """
        return _read(self._links, link, LINK_SECONDS)

    def session(self, visitor: Visitor) -> str:
        """Return what the framed pages carry from one to the next, for an hour."""
        return _text(self._sessions.dumps(visitor.key))

    def open_session(self, session: str) -> Visitor:
        """Return whose session it is.

        Raises:
            RequestRefused: 403, if it is older than an hour, or none of ours.
        """
        return _read(self._sessions, session, SESSION_SECONDS)


def _text(signed: str | bytes) -> str:
    return signed if isinstance(signed, str) else signed.decode()


def _read(serializer: URLSafeTimedSerializer, signed: str, seconds: int) -> Visitor:
    try:
        key: object = serializer.loads(signed.encode("utf-8", "replace"), max_age=seconds)
    except SignatureExpired as error:
        message = (
            "This link was for a few minutes and is over: go back to the app and open it anew."
        )
        raise RequestRefused(403, "expired_link", message) from error
    except BadSignature as error:
        message = "This is no link of this service: go back to the app and open it anew."
        raise RequestRefused(403, "no_link", message) from error
    if not isinstance(key, str):
        raise RequestRefused(403, "no_link", "This is no link of this service.")
    return Visitor(key)
