"""Finds the SPDX identifier of a licence in what a provider says of it (https://spdx.org).

What is not recognised for certain has none: a policy that names licences passes no such image.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from pixonomy.collecting.search_results import Refused, SearchResult
from pixonomy.errors import SettingError

NOT_ASKED_FOR = "its licence"
"""What reasons of a policy begin with."""

_KINDS = ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
_OTHERS = (
    # Ports to a country's law are licences of their own; SPDX names these.
    "CC-BY-2.5-AU", "CC-BY-3.0-AT", "CC-BY-3.0-AU", "CC-BY-3.0-DE", "CC-BY-3.0-IGO", "CC-BY-3.0-NL",
    "CC-BY-3.0-US", "CC-BY-NC-3.0-DE", "CC-BY-NC-ND-3.0-DE", "CC-BY-NC-ND-3.0-IGO",
    "CC-BY-NC-SA-2.0-DE", "CC-BY-NC-SA-2.0-FR", "CC-BY-NC-SA-2.0-UK", "CC-BY-NC-SA-3.0-DE",
    "CC-BY-NC-SA-3.0-IGO", "CC-BY-ND-3.0-DE", "CC-BY-SA-2.0-UK", "CC-BY-SA-2.1-JP",
    "CC-BY-SA-3.0-AT", "CC-BY-SA-3.0-DE", "CC-BY-SA-3.0-IGO",
    "CC0-1.0", "CC-PDM-1.0", "CC-PDDC", "FAL-1.3", "OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0",
    "GFDL-1.2-only", "GFDL-1.2-or-later", "GFDL-1.3-only", "GFDL-1.3-or-later", "ODbL-1.0",
    "ODC-By-1.0", "PDDL-1.0", "CDLA-Permissive-2.0", "MIT", "Apache-2.0",
)  # fmt: skip
KNOWN = (*(f"CC-{kind}-{version}" for kind in _KINDS for version in _VERSIONS), *_OTHERS)
"""The identifiers that images can be recognised to have."""

_BY_SMALL = {one.casefold(): one for one in KNOWN}
_CC_HOSTS = ("creativecommons.org", "www.creativecommons.org")
_CC_PATH = re.compile(r"/licenses/([a-z-]+/[0-9.]+(?:/(?!deed|legalcode)[a-z]+)?)(?:/.*)?")
_PUBLIC_PATH = re.compile(r"/publicdomain/(zero|mark)/1\.0(/.*)?")
_PUBLIC = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}
_NAMES = {
    "cc0": "CC0-1.0", "cc0 1.0": "CC0-1.0", "cc zero": "CC0-1.0", "cc0 1.0 universal": "CC0-1.0",
    "creative commons zero": "CC0-1.0", "creative commons zero 1.0": "CC0-1.0",
    "pdm": "CC-PDM-1.0", "pdm 1.0": "CC-PDM-1.0", "public domain mark": "CC-PDM-1.0",
    "public domain mark 1.0": "CC-PDM-1.0", "ogl 2": "OGL-UK-2.0", "ogl 3": "OGL-UK-3.0",
    "fal 1.3": "FAL-1.3", "free art license 1.3": "FAL-1.3",
}  # fmt: skip
_WORDS = (  # in the order in which they are replaced
    ("creative commons", "cc"), ("non commercial", "nc"), ("noncommercial", "nc"),
    ("no derivatives", "nd"), ("noderivatives", "nd"), ("no derivs", "nd"), ("noderivs", "nd"),
    ("share alike", "sa"), ("sharealike", "sa"), ("attribution", "by"),
)  # fmt: skip
_SILENT = ("international", "generic", "unported", "license", "licence", "deed")


def read_policy(texts: Iterable[str]) -> frozenset[str]:
    """Return the identifiers in texts such as "CC0-1.0,CC-BY-4.0", as SPDX spells them.

    Raises:
        SettingError: for a name that is none of `KNOWN`.
    """
    names = [one.strip() for text in texts for one in text.split(",") if one.strip()]
    for one in names:
        if one.casefold() not in _BY_SMALL:
            near = _nearest(one)
            raise SettingError(
                f"--licence {one!r} is no SPDX identifier that pictures are known to have"
                f"{f'; did you mean {near}?' if near else ''} Known are, among others: CC0-1.0, "
                "CC-BY-4.0, CC-BY-SA-4.0, CC-BY-2.0, CC-PDM-1.0."
            )
    return frozenset(_BY_SMALL[one.casefold()] for one in names)


def check_license(hit: SearchResult, allowed: frozenset[str]) -> None:
    """Refuse an image whose licence is none of those that are asked for; an empty set takes all.

    Raises:
        Refused: see above.
    """
    if not allowed:
        return
    known = spdx_of(hit.license, hit.license_url)
    if known not in allowed:
        raise Refused(explain(known, hit.license))


def explain(known: str | None, stated: str | None) -> str:
    """Say why a policy does not pass an image, of its identifier and what its provider says."""
    if known is not None:
        return f"{NOT_ASKED_FOR} {known} is not among those asked for"
    if stated:
        return f"{NOT_ASKED_FOR} {stated[:60]!r} is not recognised, so that no policy passes it"
    return f"{NOT_ASKED_FOR} is not named, so that no policy passes it"


@lru_cache(4096)
def spdx_of(license: str | None, license_url: str | None = None) -> str | None:
    """Return the SPDX identifier of a licence; None where it is not known for certain.

    Where name and address are recognised and differ, it is not known.
    """
    by_name = _of_name(license or "")
    by_url = _of_url(license_url or "") or _of_url(license or "")
    if by_name and by_url and by_name != by_url:
        return None
    return by_name or by_url


def _of_url(url: str) -> str | None:
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or host not in _CC_HOSTS:
        return None
    path = parts.path.casefold()
    if found := _PUBLIC_PATH.fullmatch(path):
        return _PUBLIC[found[1]]
    found = _CC_PATH.fullmatch(path)
    return _BY_SMALL.get(f"cc-{found[1].replace('/', '-')}") if found else None


def _of_name(name: str) -> str | None:
    small = " ".join(name.casefold().split())
    if small in _BY_SMALL:
        return _BY_SMALL[small]
    words = " ".join(re.split(r"[\s_,()-]+", small)).strip()
    if words in _NAMES:
        return _NAMES[words]
    for long, short in _WORDS:
        words = words.replace(long, short)
    stated = [one for one in words.split() if one not in _SILENT]
    return _BY_SMALL.get("-".join(stated if stated[:1] == ["cc"] else ["cc", *stated]))


def _nearest(name: str) -> str | None:
    import difflib

    near = difflib.get_close_matches(name.casefold(), _BY_SMALL, n=1)
    return _BY_SMALL[near[0]] if near else spdx_of(name)
