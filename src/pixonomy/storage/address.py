"""The path of a result goes in; it is refused where it was meant as an address."""

import os
import re
from pathlib import Path

from pixonomy.errors import SettingError

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(/.*|$)", re.DOTALL)  # a drive has one letter


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
