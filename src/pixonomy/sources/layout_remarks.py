"""Words what a person should know of how a folder's splits and categories were read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pixonomy.sources.folder_tree import Folder
from pixonomy.sources.names import label_of
from pixonomy.storage.files import printable

_PLAIN = frozenset("train training validation valid val test testing".split())
"""Names of split folders that nobody has to be told of."""
_NAMED = 5  # folders named in a sentence


def explain_loose(
    around: Sequence[str], splits: Mapping[str, str | None], inside: Mapping[str, Folder]
) -> str:
    """Say that splits hold images without categories.

    Args:
        around: the folders that the splits lie in.
        inside: by split folder, the folder in it that holds its images.
    """
    counts = ", ".join(f"{one.images} in {name}/" for name, one in inside.items())
    place = f" of {'/'.join(around)}/" if around else ""
    contain = "split {} holds" if len(splits) == 1 else "splits {} hold"
    return (
        f"the {contain.format(list_folders(splits) + place)} pictures without a folder for their "
        f"category ({counts})"
    )


def explain_folds(folder: Folder, inner: Mapping[str, Mapping[str, str | None]]) -> str | None:
    """Say that folders hold splits of the same categories each: folds, sites, versions.

    Args:
        inner: by folder, the splits in it.

    Returns:
        None where they are categories, as far as can be seen.
    """
    names = [
        {label_of(one) for split in splits for one in folder.folders[name].folders[split].folders}
        for name, splits in inner.items()
    ]
    if len(names) < 2 or len(names[0]) < 2 or any(one != names[0] for one in names):
        return None
    return (
        f"the folders {list_folders(inner)} each hold splits of the same categories "
        f"({', '.join(sorted(names[0])[:_NAMED])}), so that one of them is a data set by itself: "
        "name it as the source"
    )


def remark_splits(splits: Mapping[str, str | None], inside: Mapping[str, Folder]) -> Iterator[str]:
    """Say which splits have no categories, and what is not plainly called what it was read as."""
    for name, folder in inside.items():
        if not folder.folders and folder.images:
            yield (
                f"{printable(name)}/ holds {folder.images} pictures without a folder for their "
                "category: nothing is known of them but the split."
            )
    yield from _remark_untrained(splits, inside)
    yield from _remark_deeper(
        {name: one for folder in inside.values() for name, one in folder.folders.items()}
    )
    odd = {name: split for name, split in splits.items() if name.lower() not in _PLAIN and split}
    if odd:
        named = ", ".join(f"{printable(name)}/ as {split}" for name, split in odd.items())
        yield f"Folders are read as splits: {named}."


def _remark_untrained(
    splits: Mapping[str, str | None], inside: Mapping[str, Folder]
) -> Iterator[str]:
    trained = {
        label_of(one) for name in inside if splits[name] == "train" for one in inside[name].folders
    }
    untrained = [
        f"{printable(one)} (in {printable(name)}/)"
        for name, folder in inside.items()
        for one in folder.folders
        if trained and label_of(one) not in trained
    ]
    if untrained:
        yield f"Categories without training pictures: {', '.join(untrained[:_NAMED])}."


def remark_categories(
    folder: Folder, inner: Mapping[str, Mapping[str, str | None]]
) -> Iterator[str]:
    """Say of a folder of categories which hold splits, or what may be categories themselves."""
    if inner:
        example = next(iter(inner))
        names = list_folders(inner[example])
        yield (
            f"Each category holds its splits, as {printable(example)}/ does: {names}; "
            f"{len(inner)} of {len(folder.folders)} categories are read so."
        )
        return
    yield from _remark_deeper(folder.folders)


def _remark_deeper(folders: Mapping[str, Folder]) -> Iterator[str]:
    deeper = [
        f"{printable(name)}/{printable(next(iter(one.folders)))}"
        for name, one in folders.items()
        if len(one.folders) > 1 and one.is_wrapper
    ]
    if deeper:
        yield (
            f"Folders below a category belong to it ({', '.join(deeper[:2])}); are they the "
            "categories, leave the folders above them out."
        )


def remark_merged(names: Iterable[str]) -> Iterator[str]:
    """Say which folders become one category because their names differ in no letter."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(label_of(name), []).append(name)
    merged = [label for label, folders in alike.items() if len(folders) > 1]
    if merged:
        yield (
            f"Folders whose names differ in blanks or the form of their letters alone are one "
            f"category: {', '.join(map(repr, merged[:_NAMED]))}."
        )


def list_folders(names: Mapping[str, object]) -> str:
    """Return the names of folders as a sentence has them: `train/, val/ and test/`."""
    shown = [f"{printable(name)}/" for name in list(names)[:_NAMED]]
    if len(names) > _NAMED:
        shown.append("…")
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
