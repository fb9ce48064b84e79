"""Holds what an audit has found, until it is written down and shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.auditing.findings import Audited, Findings
from pixonomy.dataset.manifest import Manifest


@dataclass(frozen=True)
class Outcome:
    """What an audit has found.

    Attributes:
        path: of the manifest that was audited, with the labels that people gave.
        name: of the manifest, as people know it.
        about: what is said of that manifest; without rows.
        reviewed: row, quality, suggested, is_suspect, reason, withheld.
        ids: image_id of each row.
        is_usable: of each row, before the audit.
        facts: what else the page tells.
        remarks: what was passed over.
    """

    path: Path
    name: str
    about: Manifest
    audited: Audited
    findings: Findings
    counts: Mapping[str, int]
    reviewed: pl.DataFrame
    ids: pl.Series
    is_usable: pl.Series
    applied: tuple[str, ...]
    facts: Mapping[str, str]
    remarks: tuple[str, ...] = ()
