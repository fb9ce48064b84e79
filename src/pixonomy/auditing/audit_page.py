"""Renders what an audit has found as one page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pixonomy.auditing.finding_slices import COUNTED_BY, SliceTable
from pixonomy.auditing.kinds import COUNTED, KINDS, UNDECODABLE, Kind
from pixonomy.pages.problems import ProblemGroup
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.render import render
from pixonomy.pages.thumbnail import as_data_uri
from pixonomy.pages.wording import shorten

_LONGEST_PATH = 40  # characters; the whole path unfolds
_LONGEST_DETAIL = 240
# What is not folded, so that a phone scrolls through the page:
_OPEN_KINDS, _OPEN_CARDS, _OPEN_IMAGES = 3, 4, 6


@dataclass(frozen=True)
class Shown:
    """One image on the page.

    Attributes:
        image_id, label: of its row; the label as people call it.
        thumbnail: a JPEG; None where it could not be decoded any more.
        notes: what else stands under it.
        file: the path of its file, and where it lies inside; empty where that is its image_id.
    """

    image_id: str
    label: str
    thumbnail: bytes | None
    notes: tuple[str, ...] = ()
    file: str = ""

    @property
    def path(self) -> str:
        """Where its file is."""
        return self.file or self.image_id

    @property
    def short_path(self) -> str:
        """The path, cut in its middle."""
        return shorten(self.path, _LONGEST_PATH)

    @property
    def is_shortened(self) -> bool:
        """Whether the path, or an image_id that is another, is too long to be shown whole."""
        return max(len(self.path), len(self.image_id)) > _LONGEST_PATH

    @property
    def source(self) -> str | None:
        """The thumbnail as the address of an image inside the page."""
        return None if self.thumbnail is None else as_data_uri(self.thumbnail)


@dataclass(frozen=True)
class Choice:
    """A label that can be corrected on the page.

    Attributes:
        image_id: of the image.
        written: the image_id as it is written into a table of corrections.
        label, suggested: ids of categories.
    """

    image_id: str
    written: str
    label: str
    suggested: str


@dataclass(frozen=True)
class Card:
    """Images side by side and a sentence about them.

    Attributes:
        choice: the label in question, where there is one.
        is_one_file: whether all images are the very same file, so that one is enough to see.
    """

    images: tuple[Shown, ...]
    sentence: str | None = None
    choice: Choice | None = None
    is_one_file: bool = False

    @property
    def is_beside(self) -> bool:
        """Whether images stand side by side."""
        return len(self.images) > 1 and not self.is_one_file

    @property
    def short_sentence(self) -> str | None:
        """The sentence, cut in its middle where a file told too much."""
        return None if self.sentence is None else shorten(self.sentence, _LONGEST_DETAIL)


@dataclass(frozen=True)
class AuditPage:
    """All that the page tells.

    Attributes:
        title: of the page.
        provenance: when, from what and by which command it was made.
        images: how many usable rows were audited.
        left_out: how many rows are left out now, and how many of them were before.
        counts: kind → findings.
        cards: kind → examples.
        undecodable: files without an image, by reason.
        origins: tables by category, keyword and provider.
        applied: the kinds whose rows are left out.
        notes: what to know first.
        facts: what else is known, in order.
        next_steps: commands to go on with.
        mark: plain JSON that the page carries.
        categories: id → name of those that a label can be corrected to.
        correcting: the command that takes a table of corrections.
    """

    title: str
    provenance: Provenance
    images: int
    left_out: tuple[int, int]
    counts: Mapping[str, int]
    cards: Mapping[str, Sequence[Card]]
    undecodable: Sequence[ProblemGroup]
    origins: Sequence[SliceTable]
    applied: tuple[str, ...]
    notes: Sequence[str]
    facts: Mapping[str, str]
    next_steps: Sequence[tuple[str, str]]
    mark: Mapping[str, object]
    categories: Mapping[str, str] = field(default_factory=dict)
    correcting: str = ""


@dataclass(frozen=True)
class _Section:
    kind: Kind
    count: int
    first: Sequence[Card]
    rest: Sequence[Card]
    hidden: int
    is_applied: bool
    is_open: bool

    @property
    def is_of_pairs(self) -> bool:
        """Whether images stand side by side in its cards."""
        return any(one.is_beside for one in self.first)


def render_audit(page: AuditPage) -> str:
    """Return the page as one HTML5 string; every text from outside is escaped."""
    kinds = [kind for kind in KINDS.values() if page.counts[kind.name]]
    sections = [_section(kind, page, place < _OPEN_KINDS) for place, kind in enumerate(kinds)]
    return render(
        Path(__file__).parent,
        "audit.html",
        page=page,
        sections=sections,
        found=sum(one.count for one in sections),
        clean=[KINDS[name].title for name in COUNTED if not page.counts[name]],
        columns=list(COUNTED_BY),
        correctable=_first_correctable(sections),
        mark=json.dumps(page.mark),
    )


def _first_correctable(sections: Sequence[_Section]) -> str | None:
    """Return the kind before whose section it is told how labels are corrected."""
    return next((one.kind.name for one in sections if any(c.choice for c in one.first)), None)


def _section(kind: Kind, page: AuditPage, is_open: bool) -> _Section:
    cards = page.cards.get(kind.name, ())
    count = page.counts[kind.name]
    shown = sum(len(one.shown) for one in page.undecodable) if kind.name == UNDECODABLE else None
    hidden = max(0, count - (len(cards) if shown is None else shown))
    is_applied = kind.name in page.applied or kind.name == UNDECODABLE
    most = max((len(one.images) for one in cards[:_OPEN_CARDS]), default=1)
    opened = min(_OPEN_CARDS, max(1, _OPEN_IMAGES // most))
    first, rest = cards[:opened], cards[opened:]
    return _Section(kind, count, first, rest, hidden, is_applied, is_open)
