"""Says in sentences what joining manifests has changed, and what to look at before going on."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pixonomy.joining.merge_rows import Difference, Merged
from pixonomy.joining.open_manifests import JOINED_FROM, OpenManifest, OpenManifests
from pixonomy.joining.rename_ids import Renamed
from pixonomy.pages.wording import counted

_NAMED = 5  # columns in a sentence


def note_shared(merged: Merged) -> Iterator[str]:
    """Say what became of images that stand in several manifests."""
    if not merged.images:
        return
    yield (
        f"{counted(merged.images, 'picture stands', 'pictures stand')} in several manifests, by "
        "place or by SHA-256: one row each, of the manifest named first."
    )
    if merged.labels.images:
        reviewed = f" but for {merged.reviewed:,} that a reviewer gave" if merged.reviewed else ""
        yield (
            f"Labels differ for {_describe(merged.labels)}: those of the manifest named first "
            f"count{reviewed}."
        )
    if merged.splits.images:
        yield (
            f"Splits differ for {_describe(merged.splits)}: the later of train, validation and "
            "test counts, so that nothing tested is trained on."
        )
    if merged.left_out:
        yield (
            f"Left out in one manifest and not in another: {counted(merged.left_out, 'picture')}; "
            "they stay left out."
        )


def note_unhashed(manifests: Sequence[OpenManifest]) -> Iterator[str]:
    """Say how many images could be compared by their bytes, where not all could."""
    counts = [
        one.rows.select(pl.len(), known=pl.col("sha256").count()).collect(engine="streaming")
        for one in manifests
    ]
    total, known = (sum(one[name][0] for one in counts) for name in ("len", "known"))
    if known < total:
        yield (
            f"Copies at other places are found by SHA-256, which {known:,} of {total:,} pictures "
            "have; `pixonomy split` and `pixonomy audit` find the others."
        )


def note_ids(
    manifests: Sequence[OpenManifest], renamed: Mapping[str, Renamed], united: int
) -> Iterator[str]:
    """Say which ids were changed, and why."""
    images, groups = renamed["image_id"], renamed["group_id"]
    for number, one in enumerate(manifests):
        if images.prefixes[number]:
            yield (
                f"{one.name}: its image ids begin with {images.prefixes[number]!r} now; other "
                f"pictures' ids in earlier manifests: {images.repeated[number]:,}."
            )
        if groups.prefixes[number]:
            yield (
                f"{one.name}: its group ids begin with {groups.prefixes[number]!r} now; "
                f"{groups.repeated[number]:,} stood in earlier manifests, and no shared picture "
                "shows that they mean the same (--same-groups if they do)."
            )
        elif number in groups.alike:
            yield f"{one.name}: its group ids are taken to mean what earlier manifests mean."
    if united:
        yield (
            f"{counted(united, 'group', 'groups')} became part of another one with which a picture "
            "is shared."
        )


def note_columns(opened: OpenManifests) -> Iterator[str]:
    """Say which columns only some of the manifests have, and which became text."""
    names = dict.fromkeys(name for one in opened.manifests for name in one.own)
    lacking = {
        name: [one.name for one in opened.manifests if name in one.own]
        for name in names
        if name != JOINED_FROM and not all(name in one.own for one in opened.manifests)
    }
    if lacking:
        shown = [f"{name} ({', '.join(have)})" for name, have in [*lacking.items()][:_NAMED]]
        more = len(lacking) - _NAMED
        yield (
            "Columns that only some have, empty in the rows of the others: "
            f"{', '.join([*shown, *([f'and {more} more'] if more > 0 else [])])}."
        )
    if opened.as_text:
        yield (
            f"Columns of several types, which became text: {', '.join(opened.as_text[:_NAMED])}."
        )


def note_splits(manifests: Sequence[OpenManifest]) -> Iterator[str]:
    """Warn where `split` would put all of one manifest into training, for another has splits."""
    usable = pl.col("problem").is_null() & pl.col("label").is_not_null()
    splits = [
        set(one.rows.filter(usable).select(pl.col("split").unique()).collect()["split"]) - {None}
        for one in manifests
    ]
    if not any(found - {"train"} for found in splits):
        return
    without = [one.name for one, found in zip(manifests, splits, strict=True) if not found]
    if without:
        yield (
            f"{', '.join(without)}: no splits, while another manifest has some: `pixonomy split` "
            "would leave all these pictures to training and validation. Split it first where it "
            "is to be tested, too."
        )


def _describe(found: Difference) -> str:
    return (
        f"{counted(found.images, 'picture')}, such as {found.example} ({', '.join(found.values)})"
    )
