import asyncio
import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from pixonomy.collecting.addresses import PublicResolver, check_url, is_public
from pixonomy.collecting.finds import Refused


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "::1",
     "::", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "fe80::1", "fc00::1", "224.0.0.1", "100.64.0.1",
     "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "240.0.0.1"],
)  # fmt: skip
def test_addresses_of_private_networks_are_no_public_ones(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/x", "file:///etc/passwd", "http:///x", "http://127.0.0.1/", "gopher://x",
     "http://[::1]:80/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest", "x",
     "http://user:secret@example.org/", "http://[fe80::1%25eth0]/", "http://0.0.0.0/",
     "http://example.org:99999999/", "http://[bad"],
)  # fmt: skip
def test_addresses_that_must_not_be_asked_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url)


def test_ordinary_addresses_and_hosts_that_are_allowed_pass() -> None:
    check_url("https://example.org/picture.jpg?x=1")
    check_url("http://127.0.0.1:8000/x", ["127.0.0.1"])


class _Fixed(AbstractResolver):
    def __init__(self, *turns: list[str]) -> None:
        self.turns = list(turns)

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        del family
        return [
            ResolveResult(
                hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0
            )
            for one in self.turns.pop(0)
        ]

    async def close(self) -> None:
        pass


def test_of_a_name_only_public_addresses_are_connected_to() -> None:
    resolver = PublicResolver(inner=_Fixed(["10.0.0.1", "93.184.216.34"]))
    found = asyncio.run(resolver.resolve("example.org"))
    assert [one["host"] for one in found] == ["93.184.216.34"]


def test_a_name_that_leads_elsewhere_the_second_time_gains_nothing() -> None:
    resolver = PublicResolver(inner=_Fixed(["93.184.216.34"], ["127.0.0.1"]))
    asyncio.run(resolver.resolve("example.org"))
    with pytest.raises(OSError, match="private network"):
        asyncio.run(resolver.resolve("example.org"))
