"""Checks a `[provider.NAME]` table: values that can work, or a sentence why not."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import soupsieve

from pixonomy.collecting.door import parse
from pixonomy.collecting.search_results import Refused
from pixonomy.errors import SettingError
from pixonomy.storage.files import printable

_PACE = ("at_once", "per_second", "media_per_second", "private_hosts")


class WrongSetting(SettingError):
    """A setting that cannot work.

    Attributes:
        setting: its name in the table.
    """

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(sentence)
        self.setting = setting


@dataclass(frozen=True)
class Settings:
    """What a provider is set to.

    Attributes:
        values: from `[provider.NAME]` of the taxonomy file.
        key: its secret, if it needs one; never shown, logged or stored.

    Every method raises `WrongSetting` for a value that cannot work.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    key: str | None = field(default=None, repr=False)

    def text(self, name: str, default: str) -> str:
        """Return a text."""
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise WrongSetting(name, f"{name} of a provider is a text, not {value!r}.")
        return value

    def number(self, name: str, default: float) -> float:
        """Return a number above 0."""
        value = self.values.get(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
            return float(value)
        raise WrongSetting(name, f"{name} of a provider is a number above 0, not {value!r}.")

    def count(self, name: str, default: int) -> int:
        """Return a whole number of 1 or more."""
        number = self.number(name, default)
        if number != int(number):
            raise WrongSetting(
                name, f"{name} of a provider is a whole number of 1 or more, not {number:g}."
            )
        return int(number)

    def choice(self, name: str, known: tuple[str, ...]) -> str:
        """Return one of some words; the first of them where nothing is set."""
        value = self.text(name, known[0])
        if value not in known:
            raise WrongSetting(
                name, f"{name} of a provider is one of {', '.join(known)}, not {value!r}."
            )
        return value

    def address(self, name: str, default: str) -> str:
        """Return an http(s) address, or an empty text where the default is one."""
        value = self.text(name, default).strip()
        if value or default:
            try:
                parse(value)
            except Refused as reason:
                raise WrongSetting(
                    name,
                    f"{name} of a provider is an address that can be asked, not {value!r}: "
                    f"{reason}.",
                ) from None
        return value

    def selector(self, name: str, default: str) -> str:
        """Return a CSS selector, or an empty text."""
        value = self.text(name, default).strip()
        try:
            soupsieve.compile(value or "a")
        except (soupsieve.SelectorSyntaxError, NotImplementedError) as error:
            message = str(error).partition("\n")[0].rstrip(".:")
            raise WrongSetting(
                name, f"{name} of a provider is no CSS selector: {value!r} ({message})."
            ) from None
        return value

    def hosts(self, name: str = "private_hosts") -> tuple[str, ...]:
        """Return a list of hosts."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise WrongSetting(
                name,
                f'{name} of a provider is a list of hosts, such as ["127.0.0.1"], not {value!r}.',
            )
        return tuple(value)


def search_fingerprint(values: Mapping[str, object]) -> str:
    """Return what stands for all settings that what is found depends on: those of pace do not."""
    settings = {name: value for name, value in values.items() if name not in _PACE}
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def place_of(file: Path, provider: str, setting: str | None) -> str:
    """Return "FILE, line N" of a setting or its table; "FILE" where it is written otherwise."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return printable(file)
    table, header = "", 0
    for number, line in enumerate(lines, 1):
        named = re.fullmatch(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?", line)
        if named or line.lstrip().startswith("[["):
            table = re.sub(r"[\s\"']", "", named.group(1)) if named else ""
            header = number if table == f"provider.{provider}" else header
        elif setting and table == f"provider.{provider}" and _sets(line, setting):
            return f"{printable(file)}, line {number}"
    return f"{printable(file)}, line {header}" if header else printable(file)


def _sets(line: str, setting: str) -> bool:
    return re.match(rf"\s*[\"']?{re.escape(setting)}[\"']?\s*[=.]", line) is not None
