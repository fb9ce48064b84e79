"""Decides which of the folders above the images are categories and which are splits.

One set of rules for folders on disk and for those in archives. Told apart are, below folders that
merely wrap everything: categories; splits above categories; categories above splits.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pixonomy.sources.folder_tree import FEW, WRAPS, Folder
from pixonomy.sources.layout_remarks import (
    explain_folds,
    explain_loose,
    list_folders,
    remark_categories,
    remark_merged,
    remark_splits,
)
from pixonomy.sources.names import label_of
from pixonomy.sources.splits import find_splits, split_word
from pixonomy.storage.files import printable

_MOST_FOLDERS = 200_000  # told apart; what lies deeper in a tree of more belongs to its top folder
_ANNOTATIONS = frozenset(
    "label labels mask masks annotation annotations bbox bboxes gt groundtruth segmentation "
    "segmentationclass segmentationobject".split()
)
"""Beside one of those, folders called so hold what was drawn over the images."""


@dataclass(frozen=True)
class Place:
    """What the folders of an image say of it.

    Attributes:
        passed_over: why the image does not belong to the data set; None where it does.
    """

    label: str | None = None
    split: str | None = None
    passed_over: str | None = None


@dataclass(frozen=True)
class Layout:
    """Which folders above an image say what.

    Attributes:
        around: the folders that everything lies in; what lies beside them is passed over.
        splits: the split of each split folder there; empty where there are none.
        wrapped: by split folder, the folders in it that everything in it lies in.
        inner_splits: by category, the split of each split folder in it.
        drawn: folders of masks and such, from the source on: they are passed over.
        loose: why the images have no category though splits are there; None where they have.
        remarks: sentences that a person should read.
    """

    around: tuple[str, ...] = ()
    splits: Mapping[str, str | None] = field(default_factory=dict)
    wrapped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inner_splits: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    drawn: frozenset[tuple[str, ...]] = frozenset()
    is_flat: bool = False
    loose: str | None = None
    remarks: tuple[str, ...] = ()

    def read(self, folders: Sequence[str]) -> Place:
        """Return what the folders between the source and an image, outermost first, say of it."""
        for end in range(1, len(folders) + 1) if self.drawn else ():
            if tuple(folders[:end]) in self.drawn:
                return Place(passed_over=f"{printable(folders[end - 1])}/ beside the pictures")
        depth = len(self.around)
        if tuple(folders[:depth]) != self.around:
            return Place(passed_over=f"{_name(folders)}beside {'/'.join(self.around)}/")
        inner = tuple(folders[depth:])
        split = None
        if self.splits:
            if not inner or inner[0] not in self.splits:
                return Place(passed_over=f"{_name(inner)}beside {list_folders(self.splits)}")
            split = self.splits[inner[0]]
            wrapped = self.wrapped.get(inner[0], ())
            inner = inner[1:]
            if wrapped and inner[: len(wrapped)] != wrapped:
                return Place(split=split)
            inner = inner[len(wrapped) :]
        if not inner:
            return Place(split=split)
        if len(inner) > 1:
            split = self.inner_splits.get(inner[0], {}).get(inner[1], split)
        return Place(label_of(inner[0]), split)


class LayoutFinder:
    """Is shown the folders of every image and tells their layout; its memory stays small."""

    def __init__(self) -> None:
        """Begin without images."""
        self._counts: Counter[tuple[str, ...]] = Counter()

    def add(self, folders: Sequence[str], count: int = 1) -> None:
        """Look at the folders between the source and `count` images, outermost first."""
        key = tuple(folders)
        if key not in self._counts and len(self._counts) >= _MOST_FOLDERS:
            key = key[:1]
        self._counts[key] += count

    def find(self) -> Layout:
        """Return the layout of the images seen."""
        return find_layout(self._grow())

    def _grow(self) -> Folder:
        root = Folder()
        for folders, count in sorted(self._counts.items()):
            here = root
            for name in folders:
                here = here.folders.setdefault(name, Folder())
            here.images += count
        return root


def find_layout(root: Folder) -> Layout:
    """Return the layout of a source; see `Layout`."""
    drawn = frozenset(_prune(root, ()))
    for around, folder in _descend(root):
        layout = _read_splits(around, folder)
        if layout is not None:
            return replace(layout, drawn=drawn)
    around, folder = _unwrap(root)
    inner = {name: find_splits(list(one.folders)) for name, one in folder.folders.items()}
    inner = {name: splits for name, splits in inner.items() if len(set(splits.values())) > 1}
    if 2 * len(inner) <= len(folder.folders):
        inner = {}
    return Layout(
        around,
        inner_splits=inner,
        drawn=drawn,
        is_flat=not folder.folders,
        loose=explain_folds(folder, inner),
        remarks=(*remark_categories(folder, inner), *remark_merged(folder.folders)),
    )


def _name(folders: Sequence[str]) -> str:
    return f"{printable(folders[0])}/ " if folders else ""


def _prune(folder: Folder, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Leave out masks beside the images they belong to, which are neither images nor a label.

    Yields:
        The folders that were left out.
    """
    names = {name.lower() for name in folder.folders}
    if names & WRAPS and names & _ANNOTATIONS:
        for name in [name for name in folder.folders if name.lower() in _ANNOTATIONS]:
            del folder.folders[name]
            yield (*place, name)
    for name, inner in folder.folders.items():
        yield from _prune(inner, (*place, name))


def _descend(root: Folder) -> Iterator[tuple[tuple[str, ...], Folder]]:
    """Yield the folders in which splits may lie: the source, and what wraps (nearly) everything."""
    around: tuple[str, ...] = ()
    while True:
        yield around, root
        inside = [name for name, folder in root.folders.items() if _holds_splits(folder)]
        if len(inside) != 1:
            inside = list(_unwrap(root)[0][:1])
        if not inside:
            return
        around, root = (*around, inside[0]), root.folders[inside[0]]


def _holds_splits(folder: Folder) -> bool:
    """Tell whether two splits lie in a folder, or in what wraps all of it, with folders in them."""
    _, folder = _unwrap(folder)
    splits = find_splits(list(folder.folders))
    return len(set(splits.values())) > 1 and any(folder.folders[one].folders for one in splits)


def _read_splits(around: tuple[str, ...], folder: Folder) -> Layout | None:
    """Return the layout if a folder holds splits; None if its folders are something else."""
    splits = find_splits(list(folder.folders))
    if not splits:
        return None
    wrapped = _unwrap_splits(folder, list(splits))
    inside = {name: _go(folder.folders[name], wrapped[name]) for name in splits}
    is_deep = any(one.folders for one in inside.values())
    others = [name for name in folder.folders if name not in splits]
    kinds = set(splits.values())
    beside = sum(folder.folders[name].total for name in others)
    is_wrapper = any(one.is_wrapper for one in inside.values())
    if others and len(kinds) == 1 and not (is_wrapper and beside <= FEW * folder.total):
        return None  # a category "train" among others
    if not is_deep and not others and len(kinds) == 1 and "train" not in kinds:
        return Layout(around, splits, wrapped)  # images to ask about: no category is known
    if not is_deep:
        return Layout(around, splits, wrapped, loose=explain_loose(around, splits, inside))
    names = {name for one in inside.values() for name in one.folders}
    remarks = [*remark_splits(splits, inside), *remark_merged(names)]
    return Layout(around, splits, wrapped, remarks=tuple(remarks))


def _unwrap_splits(folder: Folder, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what is passed through inside each split folder: `train/train/cat`."""
    found = {}
    for name in names:
        others = {
            one
            for other in names
            if other != name and len(folder.folders[other].folders) > 1
            for one in folder.folders[other].folders
        }
        wrapped, _ = _unwrap(folder.folders[name], others, split_word(name))
        found[name] = wrapped
    return found


def _unwrap(
    folder: Folder, known: set[str] | None = None, word: str | None = None
) -> tuple[tuple[str, ...], Folder]:
    """Go down through folders that wrap everything.

    Args:
        known: names that are categories in other places, and so here.
        word: of the split that the folder is; one called so again wraps, whatever lies in it.
    """
    around: tuple[str, ...] = ()
    while len(folder.folders) == 1:
        ((name, inner),) = folder.folders.items()
        if name in (known or ()) or folder.images > FEW * folder.total:
            break
        is_named_so = name.lower() in WRAPS or (word is not None and split_word(name) == word)
        if not inner.is_wrapper and not (is_named_so and not inner.folders):
            break
        around, folder = (*around, name), inner
    return around, folder


def _go(folder: Folder, names: Sequence[str]) -> Folder:
    for name in names:
        folder = folder.folders[name]
    return folder
