"""A name or an address goes in; whether it may be connected to comes out.

A page or a provider can name any address, and a name can lead to one inside our own network. The
addresses that a name leads to are checked where the connection is made, so that a name which leads
elsewhere the second time gains nothing.
"""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from pixonomy.collecting.finds import Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SCHEMES = ("http", "https")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # the IPv4 address is in the last four bytes


def check_url(url: str, private_hosts: Sequence[str] = ()) -> None:
    """Refuse what is no http(s) address of the public network.

    Args:
        private_hosts: names and addresses that are allowed although they are private.

    Raises:
        Refused: in words.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("no proper address") from None
    if parts.scheme not in _SCHEMES or not host:
        raise Refused(f"only http and https are fetched, not {parts.scheme or 'that'}")
    if parts.username is not None or parts.password is not None:
        raise Refused("addresses with a user name are not fetched")
    if host in private_hosts:
        return
    try:
        address = _parse(host)
    except ValueError:
        return  # a name: `PublicResolver` looks where it leads
    if not is_public(address):
        raise Refused("an address inside a private network")


def is_public(address: Address) -> bool:
    """Tell whether an address lies in the public network, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _parse(host: str) -> Address:
    """Read an address, without the zone that an IPv6 one may have."""
    return ipaddress.ip_address(host.partition("%")[0])


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only; the connection is made to just these."""

    def __init__(
        self, private_hosts: Sequence[str] = (), inner: AbstractResolver | None = None
    ) -> None:
        self._private_hosts = frozenset(private_hosts)
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        """Return where a name leads.

        Raises:
            OSError: if the name leads nowhere, or only to addresses that are not public.
        """
        found = await self._inner.resolve(host, port, family)  # type: ignore[arg-type]
        if host in self._private_hosts:
            return found
        public = [one for one in found if is_public(_parse(one["host"]))]
        if not public:
            raise PrivateAddress("leads into a private network")
        return public

    async def close(self) -> None:
        """Close what resolves."""
        await self._inner.close()


class PrivateAddress(OSError):
    """A name leads only to addresses that are not public."""
