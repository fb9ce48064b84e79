import pytest

from pixonomy.errors import SettingError
from pixonomy.serving.client_address import UNKNOWN, ClientAddresses, rate_key

PROXY = ClientAddresses(["10.0.0.7", "10.1.0.0/16"])


def test_a_strangers_forwarded_header_is_ignored() -> None:
    assert PROXY.find("192.0.2.1", ["198.51.100.9"]) == "192.0.2.1"
    assert ClientAddresses().find("10.0.0.7", ["198.51.100.9"]) == "10.0.0.7"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (["198.51.100.9"], "198.51.100.9"),
        (["1.1.1.1, 198.51.100.9"], "198.51.100.9"),
        (["1.1.1.1", "198.51.100.9"], "198.51.100.9"),
        (["198.51.100.9, 10.1.2.3"], "198.51.100.9"),
        (["1.1.1.1, 10.0.0.7, 198.51.100.9 ,10.1.2.3, 10.0.0.7"], "198.51.100.9"),
        (["198.51.100.9:4711"], "198.51.100.9"),
        (["[2001:db8::5]:4711"], "2001:db8::5"),
        (["2001:db8::5"], "2001:db8::5"),
        (["::ffff:198.51.100.9"], "198.51.100.9"),
        ([], "10.0.0.7"),
        ([""], "10.0.0.7"),
        (["unknown"], "10.0.0.7"),
        (["198.51.100.9, nonsense, 10.1.2.3"], "10.1.2.3"),
        (["10.1.0.1, 10.1.0.2"], "10.1.0.1"),
        (["é\x00" * 5000], "10.0.0.7"),
        (["1.1.1.1," * 2000 + "198.51.100.9"], "198.51.100.9"),
    ],
)
def test_of_a_proxys_header_the_rightmost_stranger_counts(
    forwarded: list[str], address: str
) -> None:
    assert PROXY.find("10.0.0.7", forwarded) == address


def test_a_long_chain_of_proxies_is_followed_so_far_and_no_further() -> None:
    assert PROXY.find("10.0.0.7", ["198.51.100.9" + ", 10.1.0.1" * 40]) == "10.1.0.1"


def test_a_connection_without_an_address_is_unknown() -> None:
    assert PROXY.find(None, ["198.51.100.9"]) == UNKNOWN


def test_a_proxy_by_ipv6_and_by_ipv4_within_it_is_the_same() -> None:
    assert PROXY.is_proxy("::ffff:10.0.0.7")
    assert not PROXY.is_proxy("::ffff:10.0.0.8")
    assert not PROXY.is_proxy(None)


def test_one_subscriber_of_ipv6_is_one_client() -> None:
    assert rate_key("2001:db8:1:2:3::1") == rate_key("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert rate_key("2001:db8:1:3::1") != rate_key("2001:db8:1:2::1")
    assert rate_key("198.51.100.9") == rate_key("::ffff:198.51.100.9") == "198.51.100.9"
    assert rate_key(UNKNOWN) == UNKNOWN


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.1/8", "", "10.0.0.0/40", "*"])
def test_a_proxy_that_is_no_address_is_refused_in_one_sentence(wrong: str) -> None:
    with pytest.raises(SettingError, match="--behind-proxy takes the address of a proxy"):
        ClientAddresses([wrong])
