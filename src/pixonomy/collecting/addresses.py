"""Decides whether a name or an address may be connected to: only the public network may.

A page or a provider can name any address, in any spelling, and a name can lead to one inside our
own network. An address is read once, by the parser that also sends it (yarl); the addresses that a
name leads to are checked where they are looked up, and what is connected to once more where the
socket is made: a name that leads somewhere else the second time gains nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Sequence

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from pixonomy.collecting.door import parse
from pixonomy.collecting.search_results import Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)")  # read as an IPv4 address by what connects

# https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-: what Python's `is_global`
# of 3.11 lets pass. Of IPv6 only 2000::/3 is handed out to the public network.
_NOT_PUBLIC_4 = [ipaddress.ip_network(one) for one in ("192.0.0.0/24", "192.88.99.0/24")]
_PUBLIC_6 = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC_6 = [
    ipaddress.ip_network(one) for one in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # the IPv4 address is in the last four bytes
_ISATAP = (0x00005EFE, 0x02005EFE)  # before an IPv4 address in the last four bytes (RFC 5214)


def check_url(url: str, private_hosts: Sequence[str] = ()) -> URL:
    """Refuse what is no http(s) address of the public network.

    Args:
        private_hosts: names and addresses that are allowed although they are private.

    Returns:
        The address, read.

    Raises:
        Refused: in words.
    """
    parsed = parse(url)
    if is_named(parsed, private_hosts):
        return parsed
    host = _plain(parsed.raw_host or "")
    address = _parse(host)
    if address is None and _NUMBER.fullmatch(host):
        raise Refused("no proper address (its numbers are no IP address)")
    # A name: `PublicResolver` looks where it leads.
    if (address is None and ":" in host) or (address is not None and not is_public(address)):
        raise Refused("an address inside a private network")
    return parsed


def is_named(url: URL, hosts: Sequence[str]) -> bool:
    """Tell whether the host of an address is one of these."""
    return _plain(url.raw_host or "") in map(_plain, hosts)


def is_public(address: Address) -> bool:
    """Tell whether an address lies in the public network, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv4Address):
        is_special = any(address in one for one in _NOT_PUBLIC_4)
        return address.is_global and not address.is_multicast and not is_special
    inner = address.ipv4_mapped or address.sixtofour
    is_isatap = (int(address) >> 32) & 0xFFFFFFFF in _ISATAP
    if inner is None and (address in _NAT64 or is_isatap):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is not None and not is_public(inner):
        return False
    if address.ipv4_mapped or address in _NAT64:
        return True
    is_special = any(address in one for one in _NOT_PUBLIC_6 if inner is None)
    return address in _PUBLIC_6 and address.is_global and not is_special


def _parse(host: str) -> Address | None:
    """Read an address; None for a name, and for an address of one network card (fe80::1%eth0)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return None if getattr(address, "scope_id", None) else address


def _plain(host: str) -> str:
    return host.strip("[]").casefold().removesuffix(".")


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only; sockets are made for just these."""

    def __init__(
        self, private_hosts: Sequence[str] = (), inner: AbstractResolver | None = None
    ) -> None:
        self._private_hosts = frozenset(map(_plain, private_hosts))
        self._allowed = set(filter(None, map(_parse, self._private_hosts)))
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        """Return where a name leads.

        Raises:
            OSError: if the name leads nowhere, or only to addresses that are not public.
        """
        found = await self._inner.resolve(host, port, family)  # type: ignore[arg-type]
        if _plain(host) in self._private_hosts:
            self._allowed.update(filter(None, (_parse(one["host"]) for one in found)))
            return found
        public = [one for one in found if self._is_public(one["host"])]
        if not public:
            raise PrivateAddress("leads into a private network")
        return public

    def open_socket(self, info: AddrInfoType) -> socket.socket:
        """Make a socket for an address: aiohttp asks for one whatever it connects to.

        Names of digits never reach `resolve`; they come here.

        Raises:
            PrivateAddress: if the address is not public and belongs to no host that is allowed.
        """
        family, kind, protocol, _, place = info
        address = _parse(str(place[0]))
        if address not in self._allowed and not self._is_public(str(place[0])):
            raise PrivateAddress("leads into a private network")
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Close what resolves."""
        await self._inner.close()

    def _is_public(self, host: str) -> bool:
        address = _parse(host)
        return address is not None and is_public(address)


class PrivateAddress(OSError):
    """A name leads only to addresses that are not public."""
