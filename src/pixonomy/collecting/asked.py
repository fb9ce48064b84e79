"""What a collection was asked for, as its page and its manifest tell it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pixonomy.dataset.taxonomy_toml import KeywordFile
from pixonomy.storage.address import is_remote
from pixonomy.storage.files import printable

MANIFEST = "manifest.parquet"


@dataclass(frozen=True)
class Asked:
    """What a collection was asked for.

    Attributes:
        taxonomy: the file that `wanted` was read from.
        folder: of the state database and the tar files.
        output: the same, or the address that everything is copied to.
        licenses: SPDX identifiers; empty: all pass.
        left: hosts, with ports, that were left while images still wait there → why.
        began: when, as `time.monotonic` measured it; None where nothing was asked of anybody.
        options: others that were given, name → value; without secrets and addresses of people.
    """

    wanted: KeywordFile
    taxonomy: Path
    folder: Path
    output: str
    per_keyword: int
    licenses: frozenset[str] = frozenset()
    providers: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)
    began: float | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where people find it."""
        is_away = is_remote(self.output)
        return self.output.rstrip("/") if is_away else printable(self.folder)

    @property
    def source(self) -> str:
        """The path of the taxonomy."""
        return printable(self.taxonomy)

    @property
    def next_command(self) -> str:
        """What to go on with: it finds copies and wrong labels."""
        return shlex.join(["pixonomy", "audit", f"{self.place}/{MANIFEST}", "-o", "audit"])

    @property
    def command(self) -> str:
        """What was called, but for secrets and addresses of people."""
        words = ["pixonomy", "collect", self.source, "-o", self.output]
        words += ["--per-keyword", str(self.per_keyword)]
        words += [word for one in self.providers for word in ("--provider", one)]
        words += ["--licence", ",".join(sorted(self.licenses))] if self.licenses else []
        words += [word for option in self.options.items() for word in option]
        return shlex.join(words)
