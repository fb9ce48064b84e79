"""Reads a robots.txt: what it forbids us, and the rate limit that it asks for.

RFC 9309, with what sites say to those who train models: groups of their crawlers, Content-Usage
(IETF draft aipref-attach) and Content-Signal (contentsignals.org). Who names us speaks to us alone;
otherwise the group for everybody holds, and beside it whatever forbids a crawler that gathers for
training, for that is what we do.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protego import Protego

from pixonomy.collecting.crawlers import TRAINING_CRAWLERS
from pixonomy.collecting.search_results import Refused
from pixonomy.collecting.usage import forbids_training, speaks_of_training

ROBOTS_BYTES = 500 * 1024
"""So much of a robots.txt is read; what follows is passed over (RFC 9309, section 2.5)."""

LONGEST_DELAY = 60.0
"""Seconds between two requests; who asks for more is left alone (Apache Nutch: more than 30 s)."""

_MOST_RULES = 50_000  # more than 500 KiB hold, except where groups name many crawlers at once
_MOST_COMPARED = 200  # rules that are looked through for the one that forbids
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_AGENT = re.compile(r"\s*user[- ]?agent\s*[:\s]\s*(.*)", re.IGNORECASE)
_USAGE = re.compile(r"\s*content-(usage|signal)\s*:\s*(/\S*)?(.*)", re.IGNORECASE)
_FORBIDDING = re.compile(r"\s*d\w+allow\s*:\s*(\S+)", re.IGNORECASE)
_EVERYBODY = "*"


@dataclass(frozen=True)
class _Voice:
    """What is said to one robot.

    Attributes:
        to: whom; empty for ourselves and everybody.
        rules: where one may go.
        usage: what may be trained on, as if it were where one may go.
        forbidding: paths of `rules`, for words.
        statements: what the paths of `usage` say.
    """

    to: str
    rules: Protego
    usage: Protego
    forbidding: Sequence[str]
    statements: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Robots:
    """What the robots.txt of a host says to us."""

    voices: Sequence[_Voice]
    has_too_many: bool = False

    @classmethod
    def parse(cls, body: bytes, agent: str) -> "Robots":
        """Read the first 500 KiB; what makes no sense is skipped.

        Args:
            agent: the name we go by.
        """
        groups = _read_groups(_decode(body), agent.casefold())
        ours = groups.pop(agent.casefold(), None)
        everybodys = groups.pop(_EVERYBODY, [])
        if ours is not None:
            return cls([_hear("", ours)])
        if len(everybodys) + sum(map(len, groups.values())) > _MOST_RULES:
            return cls([], has_too_many=True)
        trainers: dict[tuple[str, ...], str] = {}
        for name, lines in groups.items():
            trainers.setdefault(tuple(lines), TRAINING_CRAWLERS[name])
        others = [_hear(name, lines) for lines, name in trainers.items() if lines]
        return cls([_hear("", everybodys), *others])

    def check(self, url: str) -> None:
        """Refuse an address that is not for us.

        Raises:
            Refused: with the rule that forbids it.
        """
        if self.has_too_many:
            raise Refused("its robots.txt has more rules than can be heeded")
        if self.delay_seconds > LONGEST_DELAY:
            raise Refused(
                f"robots.txt asks for {self.delay_seconds:g} seconds between two requests, more "
                f"than the {LONGEST_DELAY:g} that are waited"
            )
        for voice in self.voices:
            to, end = (f" to {voice.to}", ": not for training") if voice.to else ("", "")
            if not voice.rules.can_fetch(url, _EVERYBODY):
                raise Refused(
                    f"robots.txt disallows it{to}{_name_rule(voice.forbidding, url)}{end}"
                )
            if not voice.usage.can_fetch(url, _EVERYBODY):
                raise Refused(f"robots.txt says{to} {_statement(voice.statements, url)}")

    @property
    def delay_seconds(self) -> float:
        """How long to wait between two requests; 0 where it does not say."""
        if not self.voices:
            return 0.0
        rules = self.voices[0].rules
        rate = rules.request_rate(_EVERYBODY)
        delay = rules.crawl_delay(_EVERYBODY) or 0.0
        return float(max(delay, rate.seconds / rate.requests if rate else 0.0))


def _decode(body: bytes) -> str:
    """Return the text, without a line that the limit cut."""
    start = body[:ROBOTS_BYTES]
    bom, encoding = next(((m, e) for m, e in _BOMS if start.startswith(m)), (b"", ""))
    if not bom:
        even, odd = start[:200:2].count(0), start[1:200:2].count(0)
        encoding = "utf-16-le" if odd > 20 > even else "utf-16-be" if even > 20 > odd else "utf-8"
    text = start[len(bom) :].decode(encoding, "replace")
    return text if len(body) < ROBOTS_BYTES else text[: max(text.rfind("\n"), text.rfind("\r"), 0)]


def _read_groups(text: str, agent: str) -> dict[str, list[str]]:
    """Return the lines that are said to us, to everybody and to those who train, by name."""
    known = {agent, _EVERYBODY, *TRAINING_CRAWLERS}
    groups: dict[str, list[str]] = {}
    names: set[str] = {_EVERYBODY}  # a statement of use before any group is for all
    is_naming = has_begun = False
    for line in _lines(text):
        if found := _AGENT.match(line):
            names = known.intersection(_names(found[1])) | (names if is_naming else set())
            is_naming = has_begun = True
            for name in names:
                groups.setdefault(name, [])
            continue
        is_naming = False
        if has_begun or _USAGE.match(line):
            for name in names:
                groups.setdefault(name, []).append(line)
    return groups


def _lines(text: str) -> Iterator[str]:
    for line in re.split(r"[\r\n]+", text):
        if bare := line.partition("#")[0].strip():
            yield bare


def _names(value: str) -> Iterator[str]:
    """Return the robots of a line: RFC 9309 has one a line, without a version."""
    for one in value.casefold().split(","):
        name = one.partition("/")[0].strip()
        yield name if name == _EVERYBODY else name.strip("* ")


def _hear(to: str, lines: Sequence[str]) -> _Voice:
    statements: dict[str, str] = {}
    for line in lines:
        found = _USAGE.match(line)
        if found and speaks_of_training(found[3]):
            path = found[2] or "/"
            # Of two statements on one path the one that forbids holds (aipref-vocab, 7.1).
            if path not in statements or forbids_training(found[3]):
                statements[path] = found[3].strip()
    usage = [
        f"{'Disallow' if forbids_training(statement) else 'Allow'}: {path}"
        for path, statement in statements.items()
    ]
    forbidding = [found[1] for line in lines if (found := _FORBIDDING.match(line))]
    longest = sorted(forbidding, key=len, reverse=True)[:_MOST_COMPARED]
    return _Voice(to, _protego(lines), _protego(usage), longest, list(statements.items()))


def _protego(lines: Sequence[str]) -> Protego:
    return Protego.parse("\n".join([f"User-agent: {_EVERYBODY}", *lines]))


def _matches(pattern: str, url: str) -> bool:
    return not _protego([f"Disallow: {pattern}"]).can_fetch(url, _EVERYBODY)


def _name_rule(forbidding: Sequence[str], url: str) -> str:
    rule = next((one for one in forbidding if _matches(one, url)), None)
    return f" (Disallow: {rule[:80]})" if rule else ""


def _statement(statements: Sequence[tuple[str, str]], url: str) -> str:
    fitting = (
        statement
        for path, statement in statements
        if _matches(path, url) and forbids_training(statement)
    )
    return next(
        (forbidden for statement in fitting if (forbidden := forbids_training(statement))),
        "no training",
    )
