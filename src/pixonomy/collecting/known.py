"""A provider's name goes in; the provider comes out, or a sentence why not."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from pixonomy.collecting.provider import Provider, Settings
from pixonomy.collecting.providers.commons import Commons
from pixonomy.collecting.providers.flickr import Flickr
from pixonomy.collecting.providers.html import Html
from pixonomy.collecting.providers.openverse import Openverse
from pixonomy.collecting.providers.table import Table
from pixonomy.errors import SettingError

PROVIDERS: Mapping[str, Callable[[Settings], Provider]] = {
    "commons": Commons,
    "openverse": Openverse,
    "flickr": Flickr,
    "table": Table,
    "html": Html,
}

_ABSENT = {
    "pexels": "Pexels",
    "pixabay": "Pixabay",
    "unsplash": "Unsplash",
}


def open_provider(name: str, values: Mapping[str, Any], key: str | None) -> Provider:
    """Return a provider with its settings.

    Raises:
        SettingError: if there is none of that name, or a setting is wrong.
    """
    if name in _ABSENT:
        raise SettingError(
            f"{_ABSENT[name]}'s terms do not allow its pictures to be collected for training, so "
            f"there is no such provider; known: {', '.join(PROVIDERS)}."
        )
    if name not in PROVIDERS:
        near = difflib.get_close_matches(name, PROVIDERS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise SettingError(f"There is no provider {name!r}; known: {', '.join(PROVIDERS)}.{hint}")
    provider = PROVIDERS[name](Settings(values, key))
    wrong = [one for one in values if one not in (*provider.known, "private_hosts")]
    if wrong:
        raise SettingError(
            f"[provider.{name}] has no setting {wrong[0]!r}; known: {', '.join(provider.known)}, "
            "private_hosts."
        )
    return provider
