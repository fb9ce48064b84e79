"""Counts the files of folders and archives that are no images, by the reason to pass them over."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pixonomy.images.formats import UNREAD_ENDINGS, Format, format_of
from pixonomy.sources.names import is_image, is_junk

M = TypeVar("M")

NO_ENDING, JUNK, LINKS = "no ending", "hidden or system files", "links"
LOOKED_AT = 512  # bytes of a member's start; 64 tell nearly all images

_LONGEST_ENDING = 12  # letters
_MOST_REASONS = 200  # told apart, so that memory stays small
_OTHERS = "other endings"
_NO_IMAGES = frozenset(
    ".txt .md .csv .tsv .json .jsonl .xml .html .htm .yaml .yml .toml .py .ipynb .log .ini .zip "
    ".tar .gz .tgz .7z .rar .parquet .feather .npy .npz .h5 .pkl .pt .pth .onnx .db .bson .cls "
    ".label .class .index .part .crdownload .download .opdownload .filepart .aria2".split()
)
"""Endings of files that are never looked into."""
_TABLES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")


@dataclass
class PassedOver:
    """What is no image, counted while a folder or an archive is walked.

    Attributes:
        counts: by reason: an ending, or words.
        unread: of well-known formats that are not read.
        tables: how many of them are tables that would name categories in a folder.
        remarks: sentences that a person should read.
    """

    counts: Counter[str] = field(default_factory=Counter)
    unread: Counter[Format] = field(default_factory=Counter)
    tables: int = 0
    remarks: list[str] = field(default_factory=list)

    def add(self, reason: str, format: Format | None = None, count: int = 1) -> None:
        """Count a member, or several, for one reason."""
        if reason not in self.counts and len(self.counts) >= _MOST_REASONS:
            reason = _OTHERS
        self.counts[reason] += count
        if format is not None and not format.is_readable:
            self.unread[format] += count

    def is_meant(
        self, name: str, is_inside: bool, member: M, read_start: Callable[[M], bytes] | None
    ) -> bool:
        """Tell whether a member is an image, and count it where it is none.

        Args:
            name: of the file, without folders.
            is_inside: whether it lies in a folder that nobody means.
            read_start: called with the member for its first bytes if the name does not tell; None
                if it has none.
        """
        if is_inside or is_junk(name):
            self.add(JUNK)
            return False
        if is_image(name):
            return True
        reason = ending_of_name(name)
        format = UNREAD_ENDINGS.get(reason)
        if reason not in _NO_IMAGES and read_start is not None:
            found = format_of(read_start(member), name)
            if found is not None and found.is_readable:
                return True
            if found is not None and found.ending in UNREAD_ENDINGS:
                format = found
        self.add(reason, format)
        if name.lower() in _TABLES:
            self.tables += 1
        return False

    def advices(self) -> list[str]:
        """Return what to do about well-known formats that are not read."""
        return [
            f"Passed over because Pixonomy does not read them: {format.name} "
            f"({count} {'file' if count == 1 else 'files'}); {format.advice}."
            for format, count in self.unread.items()
        ]

    def sentences(self) -> tuple[str, ...]:
        """Return the remarks, and what to do about what is not read."""
        lines = [*self.remarks, *self.advices()]
        inner = [f"{ending} {self.counts[ending]}" for ending in _ARCHIVES if self.counts[ending]]
        if inner:
            lines.append(
                f"Archives inside an archive are not read ({', '.join(inner)}): unpack it and name "
                "what lies in it."
            )
        if self.tables:
            lines.append(
                "A metadata.csv or .jsonl inside an archive is not read: unpack it and name the "
                "folder."
            )
        return tuple(lines)


def ending_of_name(name: str) -> str:
    """Return what a file's name ends in, in lower case, as a reason to pass it over."""
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem:
        return NO_ENDING
    is_short = ending.isascii() and ending.isalnum() and len(ending) <= _LONGEST_ENDING
    return f".{ending.lower()}" if is_short else _OTHERS
