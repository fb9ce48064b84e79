"""Collects images for keywords from providers, politely, with all that is known of each."""

from pixonomy.errors import SettingError

try:
    import aiohttp as aiohttp
    import bs4 as bs4
    import lxml as lxml
    import protego as protego
except ImportError as error:
    raise SettingError(
        "Collecting needs some more parts: pip install 'pixonomy[collect]'."
    ) from error
