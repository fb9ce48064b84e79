"""The known providers by name, with the settings that a taxonomy file has for them."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pixonomy.collecting.provider import Provider
from pixonomy.collecting.providers.commons import Commons
from pixonomy.collecting.providers.flickr import Flickr
from pixonomy.collecting.providers.html import Html
from pixonomy.collecting.providers.openverse import Openverse
from pixonomy.collecting.providers.url_table import Table
from pixonomy.collecting.settings import Settings, WrongSetting, place_of
from pixonomy.errors import SettingError
from pixonomy.nearest_names import suggest

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
_EVERYBODYS = ("private_hosts",)
_SOME_KEY = "some key"  # stands for one while settings are checked


def open_provider(
    name: str, values: Mapping[str, object], key: str | None, source: Path | None = None
) -> Provider:
    """Return a provider with its settings.

    Args:
        source: the taxonomy file; a wrong setting is told with its line there.

    Raises:
        SettingError: if there is none of that name, or a setting is wrong.
    """
    _check_name(name)
    try:
        return _open(name, values, key)
    except WrongSetting as error:
        if source is None:
            raise
        raise SettingError(f"{place_of(source, name, error.setting)}: {error}") from None


def check_settings(tables: Mapping[str, Mapping[str, object]], source: Path) -> None:
    """Refuse tables `[provider.NAME]` of a taxonomy file that are no provider's or cannot work.

    Whether there is a key for it, or permission, is not asked.

    Raises:
        SettingError: with the line.
    """
    check_tables(tables, source)
    for name, values in tables.items():
        open_provider(name, values, _SOME_KEY, source)


def check_tables(names: Iterable[str], source: Path) -> None:
    """Refuse tables `[provider.NAME]` of a taxonomy file that are no provider's.

    Raises:
        SettingError: with the line.
    """
    for name in names:
        try:
            _check_name(name)
        except SettingError as error:
            raise SettingError(f"{place_of(source, name, None)}: {error}") from None


def _check_name(name: str) -> None:
    if name in _ABSENT:
        raise SettingError(
            f"{_ABSENT[name]}'s terms do not allow its pictures to be collected for training, so "
            f"there is no such provider; known: {', '.join(PROVIDERS)}."
        )
    if name not in PROVIDERS:
        near = suggest(name, PROVIDERS)
        raise SettingError(f"There is no provider {name!r}; known: {', '.join(PROVIDERS)}.{near}")


def _open(name: str, values: Mapping[str, object], key: str | None) -> Provider:
    settings = Settings(values, key)
    settings.hosts()
    # What is misspelt is told before what its absence makes wrong.
    known = (*getattr(PROVIDERS[name], "known", ()), *_EVERYBODYS)
    wrong = [one for one in values if one not in known]
    if wrong:
        raise WrongSetting(
            wrong[0],
            f"[provider.{name}] has no setting {wrong[0]!r}; known: {', '.join(known)}."
            f"{suggest(wrong[0], known)}",
        )
    return PROVIDERS[name](settings)
