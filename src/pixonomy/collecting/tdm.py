"""Decides by a host's tdmrep.json, a header or a meta tag whether data mining is reserved.

TDM Reservation Protocol, final report of the W3C community group of 10 May 2024
(https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from protego import Protego

from pixonomy.collecting.search_results import Refused

TDM_PATH = "/.well-known/tdmrep.json"
TDM_BYTES = 256 * 1024

_MOST_RULES = 1000


def check_reservation(reservation: str, policy: str, where: str) -> None:
    """Heed a header or a meta tag.

    Args:
        reservation: "1" reserves; anything but 0 and 1 counts as not said (section 4).
        policy: where to ask for leave; may be empty.
        where: for words.

    Raises:
        Refused: if mining is reserved.
    """
    if "1" in map(str.strip, reservation.split(",")):  # of several lines one is enough
        leave = f"; leave may be had by {' '.join(policy.split())[:200]}" if policy else ""
        raise Refused(f"{where} reserves text and data mining (tdm-reservation 1){leave}")


@dataclass(frozen=True)
class _Rule:
    location: Protego
    reservation: str
    policy: str


@dataclass(frozen=True)
class TdmFile:
    """The tdmrep.json of a host; without rules where it has none."""

    rules: Sequence[_Rule] = ()

    @classmethod
    def parse(cls, body: bytes) -> "TdmFile":
        """Read the file; one that is no list of rules says nothing (section 5.2)."""
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            return cls()
        listed = content if isinstance(content, list) else []
        return cls([rule for one in listed[:_MOST_RULES] if (rule := _read_rule(one))])

    def check(self, url: str) -> None:
        """Refuse an address whose mining is reserved; the first rule that fits it counts.

        A header of the reply could lift the reservation (section 5.4); we would have to fetch what
        is reserved to see it, and do not.

        Raises:
            Refused: in words.
        """
        for rule in self.rules:
            if not rule.location.can_fetch(url, "*"):
                return check_reservation(rule.reservation, rule.policy, "the site's tdmrep.json")
        return None


def _read_rule(content: object) -> _Rule | None:
    if not isinstance(content, dict):
        return None
    location = content.get("location")
    if not isinstance(location, str) or not location.split():
        return None
    # Patterns are those of robots.txt (section 5.2.1).
    pattern = Protego.parse(f"User-agent: *\nDisallow: {''.join(location.split())[:2000]}")
    reservation, policy = content.get("tdm-reservation"), content.get("tdm-policy")
    is_reserved = reservation in (1, "1")
    return _Rule(pattern, "1" if is_reserved else "0", policy if isinstance(policy, str) else "")
