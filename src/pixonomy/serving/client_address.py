"""From which address a request is: a forwarded header is believed from named proxies alone.

Anybody can send `X-Forwarded-For`. What a trusted proxy has appended to it stands at its right, so
that it is read from there, and the first address that is not a trusted proxy's is the client's
(RFC 7239, section 5.2; so do nginx's real_ip_recursive and Rails).
"""

from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from pixonomy.errors import SettingError

UNKNOWN = "unknown"
_MOST_ENTRIES = 32  # of a header that anybody may have written
_IPV6_SUBSCRIBER = 64  # bits: whoever has one IPv6 address has 2^64 of them


class ClientAddresses:
    """Finds the client's address behind proxies.

    Args:
        proxies: addresses or networks of the proxies that are trusted: "10.0.0.7", "10.1.0.0/16".

    Raises:
        SettingError: if one is neither.
    """

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        """Read the proxies' addresses."""
        self._proxies = tuple(_read_network(one) for one in proxies)

    def is_proxy(self, address: str | None) -> bool:
        """Tell whether an address is that of a trusted proxy."""
        found = _read_address(address or "")
        return found is not None and any(found in one for one in self._proxies)

    def find(self, peer: str | None, forwarded: Iterable[str] = ()) -> str:
        """Return the client's address.

        Args:
            peer: the other end of the connection; None where the system does not say.
            forwarded: the values of all X-Forwarded-For headers, in their order.

        Returns:
            The rightmost address that is not a proxy's; where the header has none, or no address
            in its place, the last one known. `UNKNOWN` without a peer.
        """
        known = _read_address(peer or "")
        if known is None:
            return UNKNOWN
        entries = ",".join(forwarded).rsplit(",", _MOST_ENTRIES)[-_MOST_ENTRIES:]
        while entries and self.is_proxy(str(known)):
            further = _read_address(_without_port(entries.pop().strip()))
            if further is None:
                break
            known = further
        return str(known)


def rate_key(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 network of an IPv6 address."""
    found = _read_address(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _IPV6_SUBSCRIBER), strict=False))
    return address if found is None else str(found)


def _read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address; one that IPv6 maps from IPv4 is that of IPv4."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _without_port(entry: str) -> str:
    """Return an entry without its port: some proxies write "1.2.3.4:567" or "[::1]:567"."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _read_network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise SettingError(
            f"--behind-proxy takes the address of a proxy, such as 10.0.0.7, or a network, such as "
            f"10.0.0.0/24, not {text!r} ({error})."
        ) from error
