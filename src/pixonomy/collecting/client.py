"""An address goes in; the reply comes out, within limits of bytes and time: one request, no more.

No redirect is followed here, nothing is asked twice: that is for `manners` to decide.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp

from pixonomy.collecting.addresses import PrivateAddress, PublicResolver, check_url
from pixonomy.collecting.finds import Refused, Reply, Trouble

MEDIA_BYTES = 25 * 1024**2
TEXT_BYTES = 8 * 1024**2

_CHUNK = 1 << 16
_HEADER_BYTES = 16 * 1024


@dataclass(frozen=True)
class Limits:
    """What a single request may take.

    Attributes:
        most_bytes: of the body.
        seconds: from the beginning to the last byte; a reply that drips is cut off.
        connect_seconds: until a connection stands.
    """

    most_bytes: int = TEXT_BYTES
    seconds: float = 60.0
    connect_seconds: float = 15.0


@dataclass
class Client:
    """Sends requests; to be entered as a context before.

    Attributes:
        user_agent: who we are, with a contact.
        private_hosts: hosts that are allowed although they are private.
        at_once: connections altogether.
    """

    user_agent: str
    private_hosts: Sequence[str] = ()
    at_once: int = 64
    resolver: PublicResolver | None = None
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        resolver = self.resolver or PublicResolver(self.private_hosts)
        connector = aiohttp.TCPConnector(limit=self.at_once, resolver=resolver, ttl_dns_cache=60)
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": self.user_agent},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
            auto_decompress=True,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(
        self,
        url: str,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and read the reply.

        Args:
            form: sent as a form by POST; GET without.

        Raises:
            Refused: for an address that must not be asked, or a body beyond the limit.
            Trouble: if there is no connection, or no whole reply in time.
        """
        check_url(url, self.private_hosts)
        assert self._session is not None  # entered
        timeout = aiohttp.ClientTimeout(total=limits.seconds, sock_connect=limits.connect_seconds)
        with _plain_errors(limits.seconds):
            async with self._session.request(
                "POST" if form else "GET",
                url,
                headers=headers,
                data=form,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                body = await _read(response, limits.most_bytes)
                return Reply(str(response.url), response.status, _plain(response), body)


@contextmanager
def _plain_errors(seconds: float) -> Iterator[None]:
    """Turn what goes wrong inside the block into `Refused` or `Trouble`."""
    try:
        yield
    except PrivateAddress as error:
        raise Refused(str(error)) from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, PrivateAddress):
            raise Refused(str(error.os_error)) from None
        raise Trouble("no connection") from None
    except TimeoutError:
        raise Trouble(f"no whole reply within {seconds:g} seconds") from None
    except aiohttp.InvalidURL:
        raise Refused("no proper address") from None
    except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
        # The class alone: an error's text may hold the address, and that a key.
        raise Trouble(f"the reply broke off ({type(error).__name__})") from None


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    if (response.content_length or 0) > most:
        raise Refused(f"larger than {most // 1024**2} MiB")
    parts, size = [], 0
    async for part in response.content.iter_chunked(_CHUNK):
        size += len(part)
        if size > most:
            raise Refused(f"larger than {most // 1024**2} MiB")
        parts.append(part)
    return b"".join(parts)


def _plain(response: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.casefold()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
