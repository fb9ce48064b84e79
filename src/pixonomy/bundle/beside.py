"""Reads files beside `bundle.json`: no part of the bundle, they name the digest they belong to."""

import json
from collections.abc import Mapping
from pathlib import Path

from pixonomy.errors import BundleError
from pixonomy.storage.files import storage_errors


def read_beside(path: Path, digest: str, damaged: BundleError) -> Mapping[str, object] | None:
    """Return what a file says of the bundle of this digest.

    Args:
        damaged: what is raised where it is no such file.

    Returns:
        None where it is not there, or belongs to another bundle that was there before.
    """
    with storage_errors(path):
        try:
            stored: object = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError):
            stored = None
    if not isinstance(stored, dict):
        raise damaged
    return stored if stored.get("bundle") == digest else None
