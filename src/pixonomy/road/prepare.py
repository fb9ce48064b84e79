"""A manifest with splits goes in; arrays come out."""

import time
from pathlib import Path
from typing import Any

from pixonomy.arrays.read import ARRAYS_FILE, PROBLEMS_FILE, ROWS_FILE
from pixonomy.arrays.write import WORK_FOLDER, ArraySettings, write_arrays
from pixonomy.errors import SettingError
from pixonomy.images.resize import RESIZE_VERSION, Framing
from pixonomy.manifest import hash_manifest, read_manifest
from pixonomy.progress import Surroundings
from pixonomy.storage.address import require_local
from pixonomy.storage.files import printable, read_json, remove, storage_errors, write_json
from pixonomy.storage.fingerprint import Fingerprint, is_finished
from pixonomy.storage.locks import is_lock, lock_folder

_DEFAULT = Surroundings()
_STAGE = "prepare"
_PLAN_FILE = "plan.json"  # written first, so that an unfinished folder is known for what it is
_OURS = (
    ARRAYS_FILE, ROWS_FILE, PROBLEMS_FILE, WORK_FOLDER, "shard-*.json", "[0-9]*/images-*.npy",
)  # fmt: skip


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
    require_local(output)
    began = time.monotonic()
    _check(settings)
    wanted = read_manifest(manifest, ("problem", "split")).usable["split"].count()
    if not wanted:
        raise SettingError(f"{printable(manifest)} has no splits yet: run `pixonomy split` first.")
    fingerprint = {
        "stage": _STAGE,
        "manifest": hash_manifest(manifest),
        "sizes": list(settings.sizes),
        "fit": settings.fit,
        "seed": settings.seed,
        "resize_version": RESIZE_VERSION,
    }
    if not _is_whole(output, fingerprint, overwrite):
        with lock_folder(output, surroundings.say, within=("[0-9]*",)):
            _make(manifest, output, settings, fingerprint, overwrite, surroundings=surroundings)
    return _summary(output, wanted, began)


def _make(
    manifest: Path,
    output: Path,
    settings: ArraySettings,
    fingerprint: Fingerprint,
    overwrite: bool,
    *,
    surroundings: Surroundings,
) -> None:
    """Write the arrays, unless another run has done so meanwhile."""
    if not is_finished(printable(output), _read_plan(output), fingerprint, overwrite):
        _clear(output)
        write_json(output / _PLAN_FILE, dict(fingerprint))
    if not (output / ARRAYS_FILE).exists():
        left_out = write_arrays(manifest, output, settings, fingerprint, surroundings)
        if left_out:
            surroundings.say(f"{left_out} pictures could not be decoded and are left out.")
    remove(output / WORK_FOLDER)  # a run may have been killed just before


def _check(settings: ArraySettings) -> None:
    """Refuse impossible settings before anything is written under the name."""
    if not settings.sizes:
        raise SettingError("Name at least one size in pixels, such as --size 64.")
    for size in settings.sizes:
        Framing(size, settings.fit)


def _is_whole(output: Path, fingerprint: Fingerprint, overwrite: bool) -> bool:
    """Tell whether the arrays are there, and nothing that a killed run has left."""
    is_same = is_finished(printable(output), _read_plan(output), fingerprint, overwrite)
    return is_same and (output / ARRAYS_FILE).exists() and not (output / WORK_FOLDER).exists()


def _read_plan(output: Path) -> Fingerprint | None:
    """Return what the arrays at `output` are made from; None for a new or empty folder."""
    with storage_errors(output):
        if not output.exists():
            return None
        if not output.is_dir():
            raise SettingError(f"{printable(output)} exists and is no folder; choose another name.")
        names = [path.name for path in output.iterdir()]
    plan = read_json(output / _PLAN_FILE)
    if isinstance(plan, dict) and plan.get("stage") == _STAGE:
        return plan
    if any(not is_lock(name) and not name.startswith(f".{_PLAN_FILE}") for name in names):
        raise SettingError(f"{printable(output)} holds other files; choose an empty or new folder.")
    return None


def _clear(output: Path) -> None:
    """Remove the arrays at `output`, and nothing that somebody else has put beside them."""
    ours = [path for pattern in _OURS for path in output.glob(pattern)]
    # The plan goes last: a kill in between must not leave a folder nobody owns.
    for path in [*ours, output / _PLAN_FILE]:
        remove(path)


def _summary(output: Path, wanted: int, began: float) -> dict[str, Any]:
    about = read_json(output / ARRAYS_FILE)
    seconds = time.monotonic() - began
    return {
        "arrays": printable(output),
        "rows": about["rows"],
        "problems": wanted - about["rows"],
        "sizes": about["sizes"],
        "seconds": round(seconds, 3),
        "images_per_second": round(about["rows"] / max(seconds, 1e-9), 1),
    }
