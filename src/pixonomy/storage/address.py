"""Names files on this machine and objects in S3 by one type, and tells addresses from paths."""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pixonomy.errors import SettingError

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(/.*|$)", re.DOTALL)  # a drive has one letter


def is_remote(address: str) -> bool:
    """Tell an address of an object from a path on this machine.

    A path can never look like one: `pathlib` makes one slash out of two.
    """
    return "://" in address


@dataclass(frozen=True, slots=True)
class Address:
    """A file or folder on this machine, an object in storage, or nothing at all.

    Attributes:
        path: on this machine; None for what is elsewhere.
        url: such as s3://bucket/key; "" where there is a path, or where nothing is named.
    """

    path: Path | None
    url: str = ""

    @classmethod
    def parse(cls, named: Path | str) -> "Address":
        """Return what people name by a path or by an address."""
        if isinstance(named, str) and is_remote(named):
            return cls(None, named)
        return cls(Path(named))

    @property
    def is_remote(self) -> bool:
        """Whether it is not on this machine."""
        return self.url != ""

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(self.url).name if self.path is None else self.path.name

    @property
    def suffix(self) -> str:
        """The ending of its name with the dot, in lower case."""
        return PurePosixPath(self.name).suffix.lower()

    def __str__(self) -> str:
        return self.url if self.path is None else str(self.path)


def require_local(path: Path) -> None:
    """Refuse what was meant as an address, of which `pathlib` makes a folder called `s3:`.

    Raises:
        SettingError: saying who writes there and what to do.
    """
    found = _ADDRESS.match(os.fsencode(path).decode("utf-8", "replace"))
    if found is None:
        return
    scheme, rest = found[1], found[2].lstrip("/")
    if scheme.lower() == "file":
        raise SettingError(f"Cannot write to file://…: give the path itself, such as /{rest}.")
    raise SettingError(
        f"Cannot write to {scheme}://{rest}: results go to a path on this machine, from where they "
        "can be copied; only `pixonomy collect` writes to s3://."
    )
