import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiohttp import web
from yarl import URL

from photo_site import Script, Serve, text
from pixonomy.collecting.client import Client, Limits
from pixonomy.collecting.proxies import environment_proxies, proxy_for, without_secret
from pixonomy.collecting.search_results import Refused, Reply, Unreachable
from pixonomy.errors import SettingError

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def fetch(url: str, proxies: Mapping[str, URL], hosts: tuple[str, ...] = ()) -> Reply:
    async def run() -> Reply:
        async with Client("test/1", hosts, proxies=proxies) as client:
            return await client.fetch(url, Limits())

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def test_what_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "proxy.example:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.example:3129")
    monkeypatch.setenv("NO_PROXY", "intern.example")
    proxies = environment_proxies()
    assert str(proxies["http"]) == "http://proxy.example:3128"
    assert proxy_for(URL("https://a.org/x"), proxies) == proxies["https"]
    assert proxy_for(URL("http://pictures.intern.example/x"), proxies) is None
    assert without_secret(proxies["https"]) == "http://proxy.example:3129"


def test_without_any_there_is_none() -> None:
    assert environment_proxies() == {}


@pytest.mark.parametrize(
    "value", ["socks5://127.0.0.1:1080", "http://", "ftp://a.org", "http://[x"]
)
def test_one_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(SettingError, match="http:// and https:// can"):
        environment_proxies()


def test_a_proxy_inside_our_network_is_asked_for_what_lies_outside(serve: Serve) -> None:
    script = Script({"/x": [text("by the proxy")]})
    proxy = URL(serve(script))
    assert fetch("http://example.org/x", {"http": proxy}).body == b"by the proxy"
    assert script.headers[0]["Host"] == "example.org"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "127。0。0。1"])
def test_a_proxy_is_not_asked_for_what_lies_inside(serve: Serve, host: str) -> None:
    script = Script({"/x": [text("secret")]})
    proxy = URL(serve(script))
    with pytest.raises(Refused):
        fetch(f"http://{host}/x", {"http": proxy})
    assert script.asked == []


def test_a_proxy_that_is_not_there_or_refuses_is_told(serve: Serve) -> None:
    with pytest.raises(Unreachable, match="to the proxy") as error:
        fetch("http://example.org/x", {"http": URL("http://127.0.0.1:9")})
    assert error.value.is_ours

    async def deny(request: web.Request) -> web.Response:
        return web.Response(status=407)

    proxy = URL(serve(Script({"": [deny], "/": [deny], "/x": [deny]})))
    assert fetch("http://example.org/x", {"http": proxy}).status == 407


def test_a_private_host_that_is_allowed_is_asked_without_it(serve: Serve) -> None:
    script = Script({"/x": [text("itself")]})
    address = serve(script)
    nobody = {"http": URL("http://127.0.0.1:9")}
    assert fetch(f"{address}/x", nobody, ("127.0.0.1",)).body == b"itself"
