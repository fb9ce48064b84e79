"""When a bundle was calibrated, in a file beside it: `calibrated.json`.

It is no part of `bundle.json`: the same training gives the same digest whenever it is done. The
file names the digest that it belongs to.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixonomy.errors import BundleError
from pixonomy.storage.files import printable, storage_errors, write_json

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
    path = folder / TIME_FILE
    with storage_errors(path):
        try:
            stored: object = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(stored, dict) and stored.get("bundle") != digest:
                return None  # another bundle has been put in its place
            found: object = stored["calibrated_at"] if isinstance(stored, dict) else None
            datetime.strptime(str(found), _ISO)
        except FileNotFoundError:  # as of bundles of before
            return None
        except (ValueError, KeyError, RecursionError) as error:
            raise BundleError(
                f"{TIME_FILE} in {printable(folder)} is damaged: remove it; all but the time of "
                "the calibration is elsewhere."
            ) from error
    return str(found)
