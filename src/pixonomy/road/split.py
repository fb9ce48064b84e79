"""A manifest goes in; a manifest with train, validation and test comes out."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pixonomy.artefact import is_finished
from pixonomy.curation.duplicates import group_duplicates
from pixonomy.curation.split import SplitShares, assign_splits, small_categories
from pixonomy.files import hash_file, printable
from pixonomy.manifest import Manifest, read_manifest, write_manifest
from pixonomy.progress import Surroundings
from pixonomy.road.index import found_fingerprint

_DEFAULT = Surroundings()


def split(
    manifest: Path,
    output: Path,
    shares: SplitShares | None = None,
    overwrite: bool = False,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Group copies of the same picture, then deal whole groups to the three splits.

    Returns:
        {manifest, rows, groups, categories, problems, splits, damage}.

    Raises:
        SettingError: if `manifest` is none, or `output` is something else.
        DataError: if there are fewer than two categories to learn.
    """
    shares = shares or SplitShares()
    source = read_manifest(manifest)
    fingerprint = {"stage": "split", "manifest": hash_file(manifest), **asdict(shares)}
    if is_finished(printable(output), found_fingerprint(output), fingerprint, overwrite):
        finished = read_manifest(output)
    else:
        grouped = group_duplicates(source, surroundings.cores, surroundings.progress)
        assigned = assign_splits(grouped, shares)
        finished = Manifest(assigned.rows, assigned.base, fingerprint)
        write_manifest(output, finished)
    _tell(finished, surroundings)
    return {"manifest": printable(output), **finished.summary()}


def _tell(manifest: Manifest, surroundings: Surroundings) -> None:
    summary = manifest.summary()
    if summary["problems"]:
        reasons = manifest.rows.drop_nulls("problem").select("image_id", "problem")
        name, problem = reasons.row(0)
        surroundings.say(
            f"Pictures left out: {summary['problems']}; the first is {name}: {problem}."
        )
    small = small_categories(manifest)
    if small:
        named = ", ".join(small[:5]) + (", …" if len(small) > 5 else "")
        surroundings.say(
            f"Categories with fewer than three pictures: {len(small)} ({named}). They are kept, "
            "but cannot be tested well; add pictures to them."
        )
