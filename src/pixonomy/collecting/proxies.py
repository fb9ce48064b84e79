"""Reads the proxies for http and https that the environment names."""

import urllib.request
from collections.abc import Mapping

from yarl import URL

from pixonomy.errors import SettingError

_SCHEMES = ("http", "https")


def environment_proxies() -> Mapping[str, URL]:
    """Return the proxies that HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name, by scheme.

    Raises:
        SettingError: if one of them is none that can be used.
    """
    found: dict[str, URL] = {}
    named = urllib.request.getproxies_environment()
    for scheme in _SCHEMES:
        value = named.get(scheme) or named.get("all")
        if not value:
            continue
        try:
            url = URL(value if "://" in value else f"http://{value}")
            is_one = url.scheme in _SCHEMES and bool(url.host) and url.port is not None
        except ValueError:
            is_one = False
        if not is_one:
            kind = value.partition("://")[0] if "://" in value else "that"
            raise SettingError(
                f"The environment names a proxy for {scheme} that cannot be used ({kind}); "
                "http:// and https:// can."
            )
        found[scheme] = url
    return found


def proxy_for(url: URL, proxies: Mapping[str, URL]) -> URL | None:
    """Return the proxy that an address is asked by; None where NO_PROXY excepts it."""
    proxy = proxies.get(url.scheme)
    if proxy is None or urllib.request.proxy_bypass(f"{url.raw_host}:{url.port}"):
        return None
    return proxy


def without_secret(proxy: URL) -> str:
    """Return what may be told of a proxy: not who uses it, nor the password."""
    return str(proxy.with_user(None))
