"""Lists the images below a folder as manifest rows, one an image file.

Which folder means what is decided by `layout`; images that a `metadata.csv` names are labelled by
it (`imagefolder`), and labels in boxes drawn over the images are read by `detection`.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars as pl

from pixonomy.dataset.location import path_to_uri, relative_to
from pixonomy.dataset.seen import MISSING
from pixonomy.errors import DataError
from pixonomy.sources.damage import Indexed
from pixonomy.sources.detection import find_annotations, find_boxes, label_by_boxes
from pixonomy.sources.imagefolder import index_metadata
from pixonomy.sources.layout import Layout, LayoutFinder
from pixonomy.sources.listing import FolderOfImages, Listing, list_folder
from pixonomy.sources.shards import SHARD_ENDINGS
from pixonomy.storage.files import printable

_NAMED = 5  # folders named in a reason
_WAYS_OUT = {
    (".csv", ".tsv", ".jsonl", ".ndjson"): "A table of pictures is named itself, with --root",
    (".bson",): "A catalogue is named itself",
    (".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar"): "Packed files have to be unpacked first",
}
"""What to do about files that lie in a folder without images, by their endings."""
_SCHEMA: dict[str, pl.DataType] = {
    "uri": pl.String(),
    "offset": pl.Int64(),
    "length": pl.Int64(),
    "label": pl.String(),
    "label_source": pl.String(),
    "split": pl.String(),
    "problem": pl.String(),
    "modified_ns": pl.Int64(),
}


def index_folder(
    folder: Path, base: Path, split: str | None = None, category: str | None = None
) -> Indexed:
    """List the images below `folder`, their `uri`s relative to `base`.

    Args:
        split: of the images whose folders name none.
        category: of the images, where all lie directly in the folder.

    Returns:
        Rows with image_id, group_id, uri, offset, length, label, label_source, split, problem and
        modified_ns. Images beside the category folders have a null label.

    Raises:
        DataError: if there is not one image file, or the images lie in splits without
            categories.
        StorageError: if a folder cannot be read.
    """
    listing = list_folder(folder.absolute())
    if not listing.folders:
        raise DataError(_explain_nothing(folder, listing))
    described = index_metadata(listing, base, split) if listing.metadata else None
    if described is not None:
        for table in listing.metadata:  # it was read
            listing.others.counts[table.suffix.lower()] -= 1
        return _with_others(described, listing)
    finder = LayoutFinder()
    for one in listing.folders:
        finder.add(one.parts, len(one.names))
    layout = finder.find()
    boxes = find_boxes(listing) if layout.loose or layout.is_flat else None
    if layout.loose and boxes is None:
        raise DataError(_explain_loose(folder, layout.loose, listing))
    indexed = _to_rows(listing, layout, base, split, category if layout.is_flat else None)
    if boxes is not None:
        indexed = label_by_boxes(indexed, boxes, base)
    elif (annotations := find_annotations(listing)) is not None:
        beside = f"Beside the pictures lie {annotations}, which are not read."
        indexed = replace(indexed, remarks=(*indexed.remarks, beside))
    return _with_others(indexed, listing)


def _to_rows(
    listing: Listing, layout: Layout, base: Path, split: str | None, category: str | None
) -> Indexed:
    columns: dict[str, list[object]] = {name: [] for name in _SCHEMA}
    passed_over: Counter[str] = Counter()
    for one in listing.folders:
        place = layout.read(one.parts)
        if place.passed_over is not None:
            passed_over[place.passed_over] += len(one.names)
            continue
        count = len(one.names)
        columns["uri"].extend(uris_of(one, base))
        columns["length"].extend(one.sizes)
        columns["modified_ns"].extend(one.modified_ns)
        columns["label"].extend([place.label or category] * count)
        columns["split"].extend([place.split or split] * count)
        columns["problem"].extend(map(one.faults.get, one.names))
    count = len(columns["uri"])
    columns["offset"], columns["label_source"] = [0] * count, ["folder"] * count
    rows = pl.DataFrame(columns, schema=_SCHEMA).sort("uri")
    ids = pl.col("uri")
    rows = rows.with_columns(ids.alias("image_id"), ids.alias("group_id"))
    missing = rows.filter(pl.col("problem") == MISSING).height
    return Indexed(rows, passed_over=passed_over, missing=missing, remarks=layout.remarks)


def uris_of(folder: FolderOfImages, base: Path) -> list[str]:
    """Return the `uri` of each image in a folder, in the order of its names."""
    place = relative_to(folder.path, base)
    prefix = path_to_uri(place / "?")[:-1]
    if prefix.isprintable() and not prefix.startswith("percent:"):
        uris = [prefix + name for name in folder.names]
        if all(map(str.isprintable, folder.names)):  # no halves of bytes that are not UTF-8
            return uris
    return [path_to_uri(place / name) for name in folder.names]


def _with_others(indexed: Indexed, listing: Listing) -> Indexed:
    """Add what was passed over in the whole folder."""
    passed_over = Counter(indexed.passed_over)
    for ending, count in (+listing.others.counts).items():
        name = ending[1:].capitalize()
        is_shard = ending in SHARD_ENDINGS
        passed_over[f"{name} files beside pictures" if is_shard else ending] += count
    for reason, folders in (
        ("empty folders", listing.barren),
        ("folders without pictures", listing.bare),
    ):
        if folders:
            passed_over[f"{reason}: {_list(folders)}"] += len(folders)
    remarks = listing.others.advices()
    return Indexed(
        indexed.rows,
        passed_over=passed_over,
        missing=indexed.missing,
        remarks=(*indexed.remarks, *remarks),
    )


def _list(folders: list[tuple[str, ...]]) -> str:
    named = [printable("/".join(parts)) for parts in folders[:_NAMED]]
    return ", ".join([*named, "…"] if len(folders) > _NAMED else named)


def _explain_nothing(folder: Path, listing: Listing) -> str:
    counts = listing.others.counts
    seen = ", ".join(f"{ending} {count}" for ending, count in counts.most_common(_NAMED))
    advice = [str(format) for format in listing.others.unread]
    advice += [way_out for endings, way_out in _WAYS_OUT.items() if counts.keys() & set(endings)]
    others = f" It holds other files: {seen}." if seen else " It holds no files."
    named = f" {'; '.join(advice)}." if advice else ""
    return (
        f"No pictures found in {printable(folder)}: expected one folder per category with "
        f"files such as .jpg or .png inside.{others}{named}"
    )


def _explain_loose(folder: Path, loose: str, listing: Listing) -> str:
    annotations = find_annotations(listing)
    beside = f" Beside them lie {annotations}, which are not read." if annotations else ""
    table = printable(listing.table or "TABLE.csv")
    return (
        f"In {printable(folder)} {loose}.{beside} Put each category into a folder of its "
        f"own, or name the categories in a table: `pixonomy index {table} --root FOLDER`, or a "
        "metadata.csv with the columns file_name and label beside the pictures."
    )
