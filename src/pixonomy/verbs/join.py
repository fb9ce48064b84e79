"""Makes one manifest of several."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict, cast

import polars as pl

from pixonomy.dataset.counts import outcome_counts
from pixonomy.dataset.manifest import (
    SUMMED,
    Manifest,
    describe,
    hash_manifest,
    manifest_artefact,
    read_about,
    stored_taxonomy,
)
from pixonomy.errors import SettingError
from pixonomy.joining.join_notes import (
    note_columns,
    note_ids,
    note_shared,
    note_splits,
    note_unhashed,
)
from pixonomy.joining.join_taxonomies import join_trees
from pixonomy.joining.merge_rows import Merged, merge_rows
from pixonomy.joining.open_manifests import (
    OpenManifest,
    OpenManifests,
    name_manifests,
    open_manifests,
)
from pixonomy.joining.rename_ids import Renamed, rename_groups, rename_images
from pixonomy.joining.shared_images import MANIFEST, find_shared
from pixonomy.joining.write_joined import count_united, write_joined
from pixonomy.progress import Context
from pixonomy.results.data_results import JoinResult
from pixonomy.sources.label_names import remark_labels
from pixonomy.storage.address import require_local
from pixonomy.storage.files import printable
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import scan_parquet

_DEFAULT = Context()
_ROWS = 500_000  # counted at a time


class _Notes(TypedDict):
    """What a joined manifest is stored with: the fields of its `JoinResult`, but for the counts."""

    joined: list[dict[str, object]]
    shared_images: int
    conflicting_labels: int
    reviewed_labels: int
    conflicting_splits: int
    left_out: int
    united_groups: int
    notes: list[str]


def join(
    manifests: Sequence[Path],
    output: Path,
    same_groups: bool = False,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> JoinResult:
    """Write one manifest of all rows of several.

    An image that stands in several (the same file and range, or the same SHA-256 where it is
    known) becomes one row, see `joining.merge_rows`. Ids that would collide get the name of their
    manifest as a prefix, see `joining.rename_ids`. Columns are those of all, splits stay, and the
    column `joined_from` names the manifest a row comes from.

    Args:
        same_groups: equal group ids mean the same group in all manifests.

    Returns:
        A JoinResult.

    Raises:
        SettingError: if fewer than two manifests are named, one is none, `output` is one of them
            or something else, or a column is of types that cannot become one.
    """
    require_local(output)
    paths = _distinct(manifests, output)
    fingerprint: Fingerprint = {
        "stage": "join",
        "manifests": {
            f"{place} {name}": hash_manifest(path)
            for place, (path, name) in enumerate(zip(paths, name_manifests(paths), strict=True), 1)
        },
        "same_groups": same_groups,
    }
    manifest_artefact(output).make(
        fingerprint,
        lambda: _write(paths, output, same_groups, fingerprint, context),
        overwrite,
        context.report,
    )
    about = read_about(output)
    notes = cast(_Notes, about["notes"] if about is not None else {})
    for sentence in notes["notes"]:
        context.report(sentence)
    counted = outcome_counts(_slices(output))
    for sentence in remark_labels(counted.usable_labels):
        context.report(sentence)
    none = {"passed_over": {}, "missing": 0, "damage": []}
    content = {"manifest": printable(output), **counted.summary(), **none, **notes}
    return JoinResult.from_json(content)


def _distinct(manifests: Sequence[Path], output: Path) -> list[Path]:
    """Leave out what was named before, be it by another name."""
    by_place: dict[str, Path] = {}
    for path in manifests:
        require_local(path)
        by_place.setdefault(os.path.realpath(path), path)
    if len(by_place) < 2:
        raise SettingError(
            f"Name two manifests or more to join, not {len(by_place)}: pixonomy join A.parquet "
            "B.parquet -o C.parquet."
        )
    if os.path.realpath(output) in by_place:
        raise SettingError(
            f"{printable(output)} is one of the manifests that are joined; choose another name."
        )
    return list(by_place.values())


def _write(
    paths: Sequence[Path],
    output: Path,
    same_groups: bool,
    fingerprint: Fingerprint,
    context: Context,
) -> None:
    with open_manifests(paths) as opened:
        manifests = opened.manifests
        context.progress("joining, step", 0, 4)
        merged = merge_rows(manifests, find_shared(manifests))
        context.progress("joining, step", 1, 4)
        renamed = {
            "image_id": rename_images(manifests, merged),
            "group_id": rename_groups(manifests, merged, "group_id", same_groups),
            "duplicate_group": rename_groups(manifests, merged, "duplicate_group"),
        }
        context.progress("joining, step", 2, 4)
        united = count_united(manifests, merged, renamed, "group_id")
        trees = {one.name: stored_taxonomy(one.about, one.path) for one in manifests}
        joined = join_trees(trees, {one.name: _count_labels(one) for one in manifests})
        notes: _Notes = {
            "joined": _describe(manifests, merged, renamed),
            "shared_images": merged.images,
            "conflicting_labels": merged.labels.images,
            "reviewed_labels": merged.reviewed,
            "conflicting_splits": merged.splits.images,
            "left_out": merged.left_out,
            "united_groups": united,
            "notes": _list_notes(opened, merged, renamed, united, joined.remarks),
        }
        context.progress("joining, step", 3, 4)
        about = Manifest(pl.DataFrame(), opened.base, fingerprint, joined.tree, {**notes})
        write_joined(output, manifests, merged, renamed, describe(about))
        context.progress("joining, step", 4, 4)


def _list_notes(
    opened: OpenManifests,
    merged: Merged,
    renamed: Mapping[str, Renamed],
    united: int,
    remarks: Sequence[str],
) -> list[str]:
    """Return what was done, and what is not known, in sentences."""
    manifests = opened.manifests
    return [
        *note_shared(merged),
        *note_unhashed(manifests),
        *note_ids(manifests, renamed, united),
        *note_columns(opened),
        *remarks,
        *note_splits(manifests),
    ]


def _describe(
    manifests: Sequence[OpenManifest], merged: Merged, renamed: Mapping[str, Renamed]
) -> list[dict[str, object]]:
    images, groups = renamed["image_id"], renamed["group_id"]
    return [
        {
            "manifest": printable(one.path),
            "rows": one.rows.select(pl.len()).collect().item(),
            "shared": merged.dropped.filter(pl.col(MANIFEST) == number).height,
            "image_prefix": images.prefixes[number],
            "group_prefix": groups.prefixes[number],
            "repeated_images": images.repeated[number],
            "repeated_groups": groups.repeated[number],
        }
        for number, one in enumerate(manifests)
    ]


def _count_labels(one: OpenManifest) -> dict[str, int]:
    counts = one.rows.select("label").drop_nulls().group_by("label").len()
    return dict(counts.sort("label").collect(engine="streaming").iter_rows())


def _slices(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the columns that are counted, some rows at a time."""
    with scan_parquet(path) as rows:
        total = rows.select(pl.len()).collect().item()
        for start in range(0, total, _ROWS):
            yield rows.select(SUMMED).slice(start, _ROWS).collect()
