"""Decodes and resizes the images of a manifest once, into arrays that training reads."""

import time
from pathlib import Path

from pixonomy.arrays.image_shards import ARRAYS_FILE, PROBLEMS_FILE, ROWS_FILE, ArraysRecord
from pixonomy.arrays.write import WORK_FOLDER, ArraySettings, write_arrays
from pixonomy.dataset.manifest import hash_manifest, read_manifest
from pixonomy.errors import SettingError
from pixonomy.images.resize import RESIZE_VERSION, ResizeSpec
from pixonomy.progress import Context
from pixonomy.results.data_results import PrepareResult
from pixonomy.storage.address import require_local
from pixonomy.storage.artefact import FolderArtefact
from pixonomy.storage.files import printable, read_json, remove

_DEFAULT = Context()
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
    context: Context = _DEFAULT,
) -> PrepareResult:
    """Decode and resize every usable picture that has a split.

    Returns:
        A PrepareResult.

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
    artefact = FolderArtefact(
        output, _STAGE, _PLAN_FILE, ARRAYS_FILE, leftover=WORK_FOLDER, within=("[0-9]*",)
    )

    def build() -> None:
        left_out = write_arrays(manifest, output, settings, fingerprint, context)
        if left_out:
            context.report(f"{left_out} pictures could not be decoded and are left out.")

    artefact.make(fingerprint, lambda: _clear(output), build, overwrite, context.report)
    return _summary(output, wanted, began)


def _check(settings: ArraySettings) -> None:
    """Refuse impossible settings before anything is written under the name."""
    if not settings.sizes:
        raise SettingError("Name at least one size in pixels, such as --size 64.")
    for size in settings.sizes:
        ResizeSpec(size, settings.fit)


def _clear(output: Path) -> None:
    """Remove the arrays at `output`, and nothing that somebody else has put beside them."""
    ours = [path for pattern in _OURS for path in output.glob(pattern)]
    # The plan goes last: a kill in between must not leave a folder nobody owns.
    for path in [*ours, output / _PLAN_FILE]:
        remove(path)


def _summary(output: Path, wanted: int, began: float) -> PrepareResult:
    about: ArraysRecord = read_json(output / ARRAYS_FILE)
    seconds = time.monotonic() - began
    return PrepareResult(
        arrays=printable(output),
        rows=about["rows"],
        problems=wanted - about["rows"],
        sizes=tuple(about["sizes"]),
        seconds=round(seconds, 3),
        images_per_second=round(about["rows"] / max(seconds, 1e-9), 1),
    )
