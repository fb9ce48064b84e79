import asyncio
import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from pixonomy.collecting.addresses import PrivateAddress, PublicResolver, check_url, is_public
from pixonomy.collecting.search_results import Refused


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "::1",
     "::", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "fe80::1", "fc00::1", "224.0.0.1", "100.64.0.1",
     "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "240.0.0.1", "::127.0.0.1", "::10.0.0.1",
     "64:ff9b:1::7f00:1", "64:ff9b:1:ffff::1", "::ffff:0:127.0.0.1", "fec0::1", "feff::1",
     "3fff::1", "2001:db8::1", "2001::1", "2001:0:5db8:d822:0:0:80ff:fffe", "100::1", "5f00::1",
     "2a00:1450::5efe:127.0.0.1", "192.0.0.8", "192.88.99.1", "198.18.0.1", "192.0.2.1",
     "0.1.2.3", "255.255.255.255", "64:ff9b::a00:1", "2002:a00:1::1"],
)  # fmt: skip
def test_addresses_of_private_networks_are_no_public_ones(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822",
     "::ffff:93.184.216.34", "2002:5db8:d822::1", "2a00:1450:4001::1"])  # fmt: skip
def test_public_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/x", "file:///etc/passwd", "http:///x", "http://127.0.0.1/", "gopher://x",
     "http://[::1]:80/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest", "x",
     "http://user:secret@example.org/", "http://[fe80::1%25eth0]/", "http://0.0.0.0/",
     "http://example.org:99999999/", "http://[bad", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/",
     "http://127.0.0.１/", "http://１０.０.０.１/", "http://127.0.0.1./", "http://127.0.0.1../",
     "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/",
     "http://127.1/", "http://0/", "http://017700000001/", "http://１/", "http://[::127.0.0.1]/",
     "http://[::ffff:0:127.0.0.1]/", "http://[64:ff9b:1::7f00:1]/", "http://[fec0::1]/",
     "http://[3fff::1]/", "http://%31%32%37.0.0.1/", "http://127%2e0.0.1/", "http://a..b/",
     "http://example.org\\@127.0.0.1/", "http://127.0.0.1\\@example.org/", "http://\u200b127.0.0.1/",
     f"http://{'a' * 70}.org/", f"http://example.org/{'a' * 9000}", "http://example.org/\ud83d",
     "http://ex\x00ample.org/", "http://exa mple.org/", "http://:secret@example.org/",
     "javascript:alert(1)", "data:image/png;base64,AAAA", "HTTP:///x", "http:127.0.0.1", "", "http://[::1]@/",
     "http://a[b]@/", "http://[]:1@/"],
)  # fmt: skip
def test_addresses_that_must_not_be_asked_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url)


def test_ordinary_addresses_and_hosts_that_are_allowed_pass() -> None:
    check_url("https://example.org/picture.jpg?x=1")
    check_url("http://127.0.0.1:8000/x", ["127.0.0.1"])
    check_url("http://[::1]:8000/x", ["[::1]"])
    check_url("http://127。0。0。1/", ["127.0.0.1"])
    check_url("https://bücher.example/ä b")
    check_url("http://under_score.example/")


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


def test_a_socket_is_made_for_public_addresses_alone_however_they_came_there() -> None:
    resolver = PublicResolver(inner=_Fixed())
    for place in (("127.0.0.1", 80), ("169.254.169.254", 80)):
        with pytest.raises(PrivateAddress):
            resolver.open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", place))
    for host in ("::1", "::127.0.0.1", "fe80::1%lo"):
        with pytest.raises(PrivateAddress):
            resolver.open_socket((socket.AF_INET6, socket.SOCK_STREAM, 6, "", (host, 80, 0, 0)))
    resolver.open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))).close()


def test_only_what_an_allowed_name_leads_to_is_allowed_with_it() -> None:
    resolver = PublicResolver(["Intern.example."], inner=_Fixed(["10.0.0.1"], ["10.0.0.2"]))
    asyncio.run(resolver.resolve("intern.example"))
    resolver.open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))).close()
    with pytest.raises(PrivateAddress):
        resolver.open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.2", 80)))
    with pytest.raises(PrivateAddress):
        asyncio.run(resolver.resolve("other.example"))
