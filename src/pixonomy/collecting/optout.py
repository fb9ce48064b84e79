"""Headers, pages and robots.txt go in; whether somebody objects to the use comes out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from protego import Protego

from pixonomy.collecting.finds import Refused

_OBJECTIONS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_USAGE = "content-usage"


def check_headers(headers: Mapping[str, str], agent: str) -> None:
    """Heed X-Robots-Tag and Content-Usage.

    Args:
        headers: names in small letters; several values of one name joined by commas.
        agent: the name we go by, as robots.txt would call it.

    Raises:
        Refused: where they object.
    """
    word = _objection(headers.get("x-robots-tag", ""), agent)
    if word:
        raise Refused(f"X-Robots-Tag says {word}")
    if _forbids_training(headers.get(_USAGE, "")):
        raise Refused("Content-Usage says train-ai=n")


def check_meta(contents: Mapping[str, str], agent: str) -> None:
    """Heed a page's `<meta name="robots">`, and one of our own name.

    Args:
        contents: meta name in small letters → content.

    Raises:
        Refused: where they object.
    """
    for name in ("robots", agent.casefold()):
        words = {one.strip().casefold() for one in contents.get(name, "").split(",")}
        found = sorted(words & _OBJECTIONS)
        if found:
            raise Refused(f"the page's robots meta tag says {found[0]}")


def _objection(value: str, agent: str) -> str | None:
    """Return the word that objects; a part such as "otherbot: noai, noindex" is for others."""
    speaks_to_us = True
    for part in value.split(","):
        name, colon, rest = part.strip().partition(":")
        word = part.strip()
        # "unavailable_after: DATE" has a colon as well, but names no robot.
        if colon and name.casefold() != "unavailable_after":
            speaks_to_us = name.strip().casefold() in (agent.casefold(), "*")
            word = rest.strip()
        if speaks_to_us and word.casefold() in _OBJECTIONS:
            return word.casefold()
    return None


def _forbids_training(value: str) -> bool:
    """Read a structured field such as "train-ai=n, search=y" (IETF draft aipref-vocab)."""
    return any(
        re.fullmatch(r"train-ai\s*=\s*(n|\?0)(;.*)?", part.strip(), re.IGNORECASE)
        for part in value.split(",")
    )


@dataclass(frozen=True)
class Robots:
    """The robots.txt of a host."""

    rules: Protego
    usage: tuple[tuple[str, str], ...]  # (path prefix, preferences), of the groups that mean us
    agent: str

    @classmethod
    def parse(cls, text: str, agent: str) -> "Robots":
        """Read the text; what makes no sense is skipped."""
        return cls(Protego.parse(text), tuple(_usage_rules(text, agent)), agent)

    def check(self, url: str, path: str) -> None:
        """Refuse an address that is not for us.

        Raises:
            Refused: where robots.txt disallows it, or says that it must not be trained on.
        """
        if not self.rules.can_fetch(url, self.agent):
            raise Refused("robots.txt disallows it")
        fitting = [rule for rule in self.usage if path.startswith(rule[0])]
        if fitting and _forbids_training(max(fitting, key=lambda rule: len(rule[0]))[1]):
            raise Refused("robots.txt says train-ai=n")

    @property
    def delay_seconds(self) -> float:
        """How long to wait between two requests; 0 where it does not say."""
        delay = self.rules.crawl_delay(self.agent) or 0.0
        rate = self.rules.request_rate(self.agent)
        if rate is not None and rate.requests:
            delay = max(delay, rate.seconds / rate.requests)
        return float(delay)


def _usage_rules(text: str, agent: str) -> list[tuple[str, str]]:
    """Return the Content-Usage lines of our own groups or, without such, of those for everybody."""
    ours: list[tuple[str, str]] = []
    everybodys: list[tuple[str, str]] = []
    names: set[str] = set()
    is_naming = False
    for line in text.splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().casefold(), value.strip()
        if key == "user-agent":
            names = names | {value.casefold()} if is_naming else {value.casefold()}
            is_naming = True
            continue
        is_naming = False if key else is_naming
        if key != _USAGE:
            continue
        path, _, rest = value.partition(" ")
        rule = (path, rest) if path.startswith("/") else ("/", value)
        if agent.casefold() in names:
            ours.append(rule)
        elif "*" in names or not names:
            everybodys.append(rule)
    return ours or everybodys
