"""What a verb makes under a name: recognised, compared with what is wanted, locked and made once.

An artefact is a file or a folder that carries the fingerprint of what it was made from. A verb asks
`matches`, and `make` runs its work under the artefact's lock unless it is there already.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Generic, TypedDict, TypeVar

from pixonomy.errors import SettingError
from pixonomy.progress import no_report
from pixonomy.storage.files import printable, read_json, remove, storage_errors, write_json
from pixonomy.storage.fingerprint import Fingerprint, is_finished
from pixonomy.storage.locks import is_lock, lock_file, lock_folder


class Stored(TypedDict):
    """What is stored with an artefact, as plain JSON; each kind of artefact adds keys."""

    fingerprint: Mapping[str, object]


Record = TypeVar("Record", bound=Stored)


@dataclass(frozen=True)
class FileArtefact(Generic[Record]):
    """A file that carries its record.

    Attributes:
        what: it holds, for messages, such as "no manifest".
        read: returns the record of a file, None where the file carries none.
    """

    path: Path
    what: str
    read: Callable[[Path], Record | None]

    def record(self) -> Record | None:
        """Return what is stored with the file; None where there is no file.

        Raises:
            SettingError: if something else is there, whose place it must not take.
        """
        record = self.read(self.path)
        if record is not None:
            return record
        with storage_errors(self.path):
            if self.path.exists() or self.path.is_symlink():
                raise SettingError(
                    f"{printable(self.path)} exists and {self.what}; choose another name."
                )
        return None

    def matches(self, wanted: Fingerprint, overwrite: bool = False) -> bool:
        """Return whether the file is there and was made from the same.

        Raises:
            ArtefactDiffers: if it was made otherwise and `overwrite` is not set.
            SettingError: if something else is there.
        """
        record = self.record()
        found = record["fingerprint"] if record is not None else None
        return is_finished(printable(self.path), found, wanted, overwrite)

    def lock(self, report: Callable[[str], None] = no_report) -> AbstractContextManager[None]:
        """Keep other runs from making it; see `locks.lock_file`."""
        return lock_file(self.path, report)

    def make(
        self,
        wanted: Fingerprint,
        build: Callable[[], object],
        overwrite: bool = False,
        report: Callable[[str], None] = no_report,
    ) -> None:
        """Build the file under its lock, unless it is there, also from another run meanwhile."""
        if not self.matches(wanted, overwrite):
            with self.lock(report):
                if not self.matches(wanted, overwrite):
                    build()


@dataclass(frozen=True)
class FolderArtefact:
    """A folder that says whose it is, at any moment, also after a kill.

    Attributes:
        stage: the verb that makes it; part of its fingerprint.
        plan: the file, relative to the folder, that is written first and holds the fingerprint.
        record_file: the file that is written last; its `fingerprint` counts before the plan's. It
            may be the plan itself.
        leftover: what is removed once all is made: a work folder, or the plan; "" for nothing.
        ours: patterns of names that may lie in the folder before it has a plan.
        within: patterns of folders in it in which files are written, too.
    """

    path: Path
    stage: str
    plan: str
    record_file: str
    leftover: str = ""
    ours: tuple[str, ...] = ()
    within: tuple[str, ...] = ()

    def fingerprint(self) -> Fingerprint | None:
        """Return what the folder was made from; None for a new or empty one.

        Raises:
            SettingError: if it holds other people's files, or is no folder.
        """
        names = list_folder(self.path)
        for name in (self.record_file, self.plan):
            found = read_json(self.path / name) if names else None
            found = found.get("fingerprint", found) if isinstance(found, dict) else None
            if isinstance(found, dict) and found.get("stage") == self.stage:
                return found
        self._require_no_others(names)
        return None

    def _require_no_others(self, names: list[str]) -> None:
        begun = (f".{Path(self.plan).name}*", f".{Path(self.record_file).name}*")
        known = (*self.ours, *begun)
        others = [name for name in names if not is_lock(name)]
        if any(not any(fnmatch(name, one) for one in known) for name in others):
            raise other_folder(self.path)

    def matches(self, wanted: Fingerprint, overwrite: bool = False) -> bool:
        """Return whether the folder is being or was made from the same; see `is_whole`.

        Raises:
            ArtefactDiffers: if it was made otherwise and `overwrite` is not set.
            SettingError: if it holds other people's files.
        """
        return is_finished(printable(self.path), self.fingerprint(), wanted, overwrite)

    def is_whole(self) -> bool:
        """Return whether what the folder was begun for is all there."""
        return (self.path / self.record_file).exists()

    def lock(self, report: Callable[[str], None] = no_report) -> AbstractContextManager[None]:
        """Keep other runs from making what lies in it; see `locks.lock_folder`."""
        return lock_folder(self.path, report, within=self.within)

    def make(
        self,
        wanted: Fingerprint,
        clear: Callable[[], object],
        build: Callable[[], object],
        overwrite: bool = False,
        report: Callable[[str], None] = no_report,
    ) -> None:
        """Build the folder under its lock, unless it is there, also from another run meanwhile.

        A killed call goes on in what is there of the same fingerprint.

        Args:
            clear: removes what an earlier, other call has made; the plan last.
            build: makes the rest; `record_file` last.
        """
        has_leftover = bool(self.leftover) and (self.path / self.leftover).exists()
        if self.matches(wanted, overwrite) and self.is_whole() and not has_leftover:
            return
        with self.lock(report):
            if not self.matches(wanted, overwrite):
                clear()
                write_json(self.path / self.plan, dict(wanted))
            if not self.is_whole():
                build()
            if self.leftover:
                remove(self.path / self.leftover)


def list_folder(path: Path) -> list[str]:
    """Return the names in a folder; none where it does not exist.

    Raises:
        SettingError: if something else is there.
    """
    with storage_errors(path):
        if not path.exists():
            return []
        if not path.is_dir():
            raise SettingError(f"{printable(path)} exists and is no folder; choose another name.")
        return [one.name for one in path.iterdir()]


def other_folder(path: Path) -> SettingError:
    """Return the refusal to write into a folder of other people's files."""
    return SettingError(f"{printable(path)} holds other files; choose an empty or new folder.")
