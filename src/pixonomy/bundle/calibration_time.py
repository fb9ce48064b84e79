"""When a bundle was calibrated, in a file beside it: `calibrated.json`.

It is no part of `bundle.json`: the same training gives the same digest whenever it is done. The
file names the digest that it belongs to.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixonomy.bundle.beside import read_beside
from pixonomy.errors import BundleError
from pixonomy.storage.files import printable, write_json

TIME_FILE: Final = "calibrated.json"

_ISO = "%Y-%m-%dT%H:%M:%SZ"


def write_calibration_time(folder: Path, digest: object) -> None:
    """Write that the bundle of this digest, in this folder, is calibrated now."""
    write_json(
        folder / TIME_FILE, {"bundle": digest, "calibrated_at": f"{datetime.now(UTC):{_ISO}}"}
    )


def read_calibration_time(folder: Path, digest: str) -> str | None:
    """Return when the bundle of this digest was calibrated, in UTC (ISO 8601); None: unknown.

    Raises:
        BundleError: if the file is damaged.
    """
    damaged = BundleError(
        f"{TIME_FILE} in {printable(folder)} is damaged: remove it; all but the time of the "
        "calibration is elsewhere."
    )
    stored = read_beside(folder / TIME_FILE, digest, damaged)
    if stored is None:
        return None
    found = str(stored.get("calibrated_at"))
    try:
        datetime.strptime(found, _ISO)
    except ValueError as error:
        raise damaged from error
    return found
