"""Checkpointed output: rows written part by part, so that a killed run goes on behind the last.

The parts lie in a hidden folder beside the output until the output has its final name; whoever
makes them holds the output's lock, see `locks`.
"""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import polars as pl

from pixonomy.errors import StorageError
from pixonomy.storage.files import read_json, remove, storage_errors, write_json
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import read_parquet, read_parquet_texts, write_parquet

_PLAN = "plan.json"
_KEY = "part"

About = TypeVar("About", bound=Mapping[str, object])
"""What is noted of each part, as plain JSON."""


class Checkpoints(Generic[About]):
    """The finished parts of one output.

    Attributes:
        done: what was noted of each finished part, in order.
    """

    def __init__(self, output: Path, fingerprint: Fingerprint) -> None:
        """Take up the parts of an earlier run with this fingerprint; remove any others."""
        self._output = output
        self._folder = _folder_of(output)
        self._plan = json.loads(json.dumps(dict(fingerprint)))
        if read_json(self._folder / _PLAN) != self._plan:
            remove(self._folder)
        self._pending: pl.DataFrame | None = None
        self.done: list[About] = []
        while (about := self._read_about(self._path(len(self.done)))) is not None:
            self.done.append(about)

    def add(self, rows: pl.DataFrame, about: About) -> None:
        """Write the next part, whole or not at all."""
        self._write_pending()
        if not self.done:
            write_json(self._folder / _PLAN, self._plan)
        write_parquet(self._path(len(self.done)), rows, {_KEY: json.dumps(dict(about))})
        self.done.append(copy.copy(about))

    def set_pending(self, rows: pl.DataFrame, about: About) -> None:
        """Take what may be the last part: it is written with the whole, or before the next."""
        self._write_pending()
        self._pending = rows
        self.done.append(copy.copy(about))

    @property
    def paths(self) -> list[Path]:
        """The files of the written parts, in order."""
        written = len(self.done) - (self._pending is not None)
        return [self._path(number) for number in range(written)]

    def read(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield some columns of each part, in order."""
        for path in self.paths:
            yield read_parquet(path, columns)
        if self._pending is not None:
            yield self._pending.select(columns)

    def assemble(self, about: Mapping[str, str]) -> None:
        """Put the parts together under the output's name, streaming, and remove them."""
        # By the hidden folder's own name: Polars takes no names that are not UTF-8.
        with storage_errors(self._output):
            files = [path.open("rb") for path in self.paths]
        try:
            tables = [pl.scan_parquet(file) for file in files]
            tables += [self._pending.lazy()] if self._pending is not None else []
            rows = pl.concat(tables, how="diagonal_relaxed")
            write_parquet(self._output, rows, about)
        finally:
            for file in files:
                file.close()
        self.remove()

    def remove(self) -> None:
        """Give up the parts."""
        remove_checkpoints(self._output)

    def _write_pending(self) -> None:
        if self._pending is not None:
            rows, about = self._pending, self.done.pop()
            self._pending = None
            self.add(rows, about)

    def _read_about(self, path: Path) -> About | None:
        try:
            about: About = json.loads(read_parquet_texts(path)[_KEY])
        except (StorageError, KeyError, ValueError):  # not there, or damaged: it is made anew
            return None
        return about

    def _path(self, number: int) -> Path:
        return self._folder / f"part-{number:05d}.parquet"


def has_checkpoints(output: Path) -> bool:
    """Return whether a run is making the output, or was killed before it had removed its parts."""
    folder = _folder_of(output)
    with storage_errors(folder):
        return folder.exists()


def remove_checkpoints(output: Path) -> None:
    """Remove what a run that was killed after the output had its name has left of its parts."""
    remove(_folder_of(output))


def _folder_of(output: Path) -> Path:
    return output.with_name(f".{output.name}.parts")
