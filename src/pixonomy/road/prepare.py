"""A manifest with splits goes in; arrays come out."""

import time
from pathlib import Path
from typing import Any

from pixonomy.arrays.read import ARRAYS_FILE, Arrays, read_arrays
from pixonomy.arrays.write import ArraySettings, write_arrays
from pixonomy.artefact import Fingerprint, is_finished
from pixonomy.errors import SettingError
from pixonomy.files import hash_file, printable, read_json, remove, storage_errors, write_json
from pixonomy.images.resize import RESIZE_VERSION
from pixonomy.manifest import read_manifest
from pixonomy.progress import Surroundings

_DEFAULT = Surroundings()
_PLAN_FILE = "plan.json"  # written first, so that an unfinished folder is known for what it is


def prepare(
    manifest: Path,
    output: Path,
    settings: ArraySettings,
    overwrite: bool = False,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Decode and resize every usable picture that has a split.

    Returns:
        {arrays, rows, problems, sizes, seconds, images_per_second}.

    Raises:
        SettingError: if the manifest has no splits or `output` is something else.
    """
    began = time.monotonic()
    source = read_manifest(manifest)
    if not source.usable["split"].count():
        raise SettingError(f"{printable(manifest)} has no splits yet: run `pixonomy split` first.")
    fingerprint = {
        "stage": "prepare",
        "manifest": hash_file(manifest),
        "sizes": list(settings.sizes),
        "fit": settings.fit,
        "seed": settings.seed,
        "resize_version": RESIZE_VERSION,
    }
    if not _is_finished(output, fingerprint, overwrite):
        left_out = write_arrays(
            source, output, settings, fingerprint, surroundings.cores, surroundings.progress
        )
        if left_out.height:
            surroundings.say(f"{left_out.height} pictures could not be decoded and are left out.")
    return _summary(read_arrays(output), source.usable.drop_nulls("split").height, began)


def _is_finished(output: Path, fingerprint: Fingerprint, overwrite: bool) -> bool:
    plan = read_json(output / _PLAN_FILE)
    with storage_errors(output):
        if plan is None and output.exists() and any(output.iterdir()):
            raise SettingError(
                f"{printable(output)} holds other files; choose an empty or new folder."
            )
    is_same = is_finished(printable(output), plan, fingerprint, overwrite)
    if is_same and (output / ARRAYS_FILE).exists():
        return True
    if not is_same:
        remove(output)
        write_json(output / _PLAN_FILE, dict(fingerprint))
    return False


def _summary(arrays: Arrays, wanted: int, began: float) -> dict[str, Any]:
    seconds = time.monotonic() - began
    return {
        "arrays": printable(arrays.folder),
        "rows": arrays.rows.height,
        "problems": wanted - arrays.rows.height,
        "sizes": list(arrays.sizes),
        "seconds": round(seconds, 3),
        "images_per_second": round(arrays.rows.height / max(seconds, 1e-9), 1),
    }
