"""Sends one request and reads its reply within limits of bytes and time.

No redirect is followed here, nothing is asked twice: that is for `politeness` to decide.
"""

import asyncio
import errno
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from pixonomy.collecting.addresses import PrivateAddress, PublicResolver, check_url, is_named
from pixonomy.collecting.proxies import proxy_for
from pixonomy.collecting.search_results import NoReply, Refused, Reply, Trouble, Unreachable

MEDIA_BYTES = 25 * 1024**2
TEXT_BYTES = 8 * 1024**2

_CHUNK = 1 << 16
_HEADER_BYTES = 16 * 1024
_OUR_NETWORK = frozenset({socket.EAI_AGAIN, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})


@dataclass(frozen=True)
class Limits:
    """What a single request may take.

    Attributes:
        most_bytes: of the body.
        seconds: from the beginning to the last byte; a reply that drips is cut off.
        connect_seconds: until a connection stands.
        silent_seconds: that a connection may bring nothing; None: as long as all may take.
        is_truncated: a longer body ends there, in place of being refused.
    """

    most_bytes: int = TEXT_BYTES
    seconds: float = 60.0
    connect_seconds: float = 15.0
    silent_seconds: float | None = None
    is_truncated: bool = False


@dataclass
class Client:
    """Sends requests; to be entered as a context before.

    Attributes:
        user_agent: who we are, with a contact.
        private_hosts: hosts that are allowed although they are private.
        at_once: connections altogether.
        proxies: by scheme; not for private hosts. What is asked by a proxy is looked up by it:
            names that lead into a private network are then the proxy's to refuse.
    """

    user_agent: str
    private_hosts: Sequence[str] = ()
    at_once: int = 256
    resolver: PublicResolver | None = None
    proxies: Mapping[str, URL] = field(default_factory=dict)
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        ways = [proxy.host or "" for proxy in self.proxies.values()]
        resolver = self.resolver or PublicResolver([*self.private_hosts, *ways])
        connector = aiohttp.TCPConnector(
            limit=self.at_once,
            resolver=resolver,
            ttl_dns_cache=60,
            socket_factory=resolver.open_socket,
        )
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
            Unreachable: if there is no connection.
            Trouble: if no whole reply comes; `NoReply` where it does not come in time.
        """
        address = check_url(url, self.private_hosts)
        assert self._session is not None  # entered
        timeout = aiohttp.ClientTimeout(
            total=limits.seconds,
            sock_connect=limits.connect_seconds,
            sock_read=limits.silent_seconds,
        )
        began = time.monotonic()
        with _plain_errors(limits):
            async with self._session.request(
                "POST" if form else "GET",
                address,
                headers=headers,
                data=form,
                timeout=timeout,
                allow_redirects=False,
                proxy=self._proxy(address),
            ) as response:
                body = await _read(response, limits)
                took = time.monotonic() - began
                return Reply(str(response.url), response.status, _plain(response), body, took)

    def _proxy(self, address: URL) -> URL | None:
        is_within = is_named(address, self.private_hosts)
        return None if is_within else proxy_for(address, self.proxies)


@contextmanager
def _plain_errors(limits: Limits) -> Iterator[None]:
    """Turn what goes wrong inside the block into `Refused` or `Trouble`."""
    try:
        yield
    except PrivateAddress as error:
        raise Refused(str(error)) from None
    except aiohttp.ClientProxyConnectionError:
        raise Unreachable("no connection to the proxy", is_ours=True) from None
    except aiohttp.ClientHttpProxyError as error:
        raise Trouble(f"the proxy answers with status {error.status}") from None
    except aiohttp.ClientSSLError as error:
        raise Unreachable(f"no safe connection ({type(error).__name__})") from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, PrivateAddress):
            raise Refused(str(error.os_error)) from None
        raise Unreachable("no connection", error.os_error.errno in _OUR_NETWORK) from None
    except aiohttp.ConnectionTimeoutError:
        raise Unreachable("no connection in time", is_ours=True) from None
    except aiohttp.SocketTimeoutError:
        raise NoReply(f"silent for {limits.silent_seconds:g} seconds") from None
    except TimeoutError:
        raise NoReply(f"no whole reply within {limits.seconds:g} seconds") from None
    except ValueError:  # aiohttp's InvalidURL is one
        raise Refused("no proper address") from None
    except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
        # The class alone: an error's text may hold the address, and that a key.
        raise Trouble(f"the reply broke off ({type(error).__name__})") from None


async def _read(response: aiohttp.ClientResponse, limits: Limits) -> bytes:
    """Read the body; what is packed is unpacked bit by bit, no further than the limit."""
    most = limits.most_bytes
    if (response.content_length or 0) > most and not limits.is_truncated:
        raise _too_large(most)
    parts, size = [], 0
    async for part in response.content.iter_chunked(_CHUNK):
        size += len(part)
        parts.append(part)
        if size > most:
            if not limits.is_truncated:
                raise _too_large(most)
            break
    return b"".join(parts)[:most]


def _too_large(most: int) -> Refused:
    return Refused(f"larger than {most // 1024**2} MiB" if most >= 1024**2 else "too large")


def _plain(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Return the headers; lines of one name are joined, as they may be (RFC 9110, 5.3).

    Not so those of X-Robots-Tag: a robot that a line names is meant to its end, no further.
    """
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.casefold()
        between = "\n" if key == "x-robots-tag" else ", "
        headers[key] = f"{headers[key]}{between}{value}" if key in headers else value
    return headers
