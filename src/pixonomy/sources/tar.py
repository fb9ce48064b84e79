"""Lists the images in a tar as manifest rows: WebDataset samples, or plain folders of images.

Of a WebDataset sample (neighbours whose names are equal up to the first dot) each image is a row,
whose label and group come from the texts beside it (`webdataset`); else its group is the sample.
The split is that of the whole shard.

A tar without one label is read as folders on disk are: split, category, each image alone.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from pixonomy.errors import DataError
from pixonomy.images.pixels import MAX_BYTES
from pixonomy.sources.damage import Damage, Indexed
from pixonomy.sources.folders import Remembered
from pixonomy.sources.layout import Layout, LayoutFinder
from pixonomy.sources.member import (
    Member,
    explain_loose,
    in_batches,
    open_archive,
    spell,
    uri_of,
)
from pixonomy.sources.packed import explain_packed
from pixonomy.sources.passed_over import PassedOver
from pixonomy.sources.tar_links import LinkedTar
from pixonomy.sources.tar_members import TarMember, is_tar
from pixonomy.sources.tar_samples import TXT, find_samples
from pixonomy.sources.webdataset import Annotation, Oddities, Texts
from pixonomy.sources.zip_directory import find_directory
from pixonomy.storage.files import printable

_MOST_TEXTS = 10_000  # that are looked at
_HANDFUL = 5
_WORDS = 3  # names of categories mostly have fewer, captions more
_ALONE, _NEARLY_ALL = 0.5, 0.9


@dataclass
class Captions:
    """Is shown texts, and tells whether they differ from image to image as captions do.

    Attributes:
        count: how many have been seen.
    """

    count: int = 0
    _counts: Counter[bytes] = field(default_factory=Counter)
    _words: int = 0

    @property
    def is_full(self) -> bool:
        """Whether enough have been seen."""
        return self.count >= _MOST_TEXTS

    def add(self, text: str) -> None:
        """Look at the text of one image."""
        if not self.is_full:
            self._counts[blake2b(text.encode(), digest_size=8).digest()] += 1
            self.count += 1
            self._words += len(text.split())

    def are_captions(self) -> bool:
        """Tell whether they are captions.

        They are if nearly all are different; also if more than half are said of one image only
        and have three words or more. Of a handful of images or less, all have to be different
        and to have five words or more.
        """
        if not self.count:
            return False
        alone = sum(count == 1 for count in self._counts.values()) / self.count
        words = self._words / self.count
        if self.count <= _HANDFUL:
            return alone == 1 and words >= _HANDFUL
        return alone > _NEARLY_ALL or (alone > _ALONE and words >= _WORDS)


_LINK = "a link to another file that was not found in the tar"
_PROBLEMS = {"link": _LINK, "symlink": _LINK, "sparse": "a sparse file, stored in pieces"}


def index_tar(
    archive: Path, base: Path, split: str | None = None, category: str | None = None
) -> Iterator[Indexed]:
    """List the images of a tar as byte ranges in it, in batches of at most 50,000 rows.

    Rows have image_id, group_id, uri (relative to `base`), offset and length in bytes, member,
    encoding (null), label, label_source, split and problem. What was whole before damage is kept.
    A link to a member has that member's bytes.

    Args:
        split: of the images whose folders in the tar name none.
        category: of the images, where nothing names theirs and all lie directly in the tar.

    Raises:
        DataError: if it is no tar, or a compressed one, or its images lie in splits without
            categories.
        StorageError: if it cannot be read.
    """
    uri = uri_of(archive, base)
    with open_archive(archive) as file:
        _check(file, archive)
        tar, texts = LinkedTar(file), Texts(file)
        layout = _find_layout(tar, texts)
        if layout is not None and layout.loose is not None:
            raise DataError(explain_loose(archive, layout.loose))
        others = PassedOver(remarks=list(layout.remarks) if layout is not None else [])
        one = _Tar(archive, uri, tar, texts, layout, split, category)
        yield from in_batches(_find_members(one, others), uri, others)


@dataclass(frozen=True)
class _Tar:
    """A tar and what its rows are told from; see `index_tar`. It has no layout as a WebDataset."""

    path: Path
    uri: str
    members: LinkedTar
    texts: Texts
    layout: Layout | None
    split: str | None
    category: str | None


def _check(file: BinaryIO, archive: Path) -> None:
    if is_tar(file):
        return
    file.seek(0)
    packed = explain_packed(archive, file.read(8))
    if packed is not None:
        raise DataError(packed)
    if find_directory(file) is not None:
        raise DataError(f"{printable(archive)} is a zip, not a tar: let its name end in .zip.")
    raise DataError(f"{printable(archive)} is no tar.")


def _find_layout(tar: LinkedTar, texts: Texts) -> Layout | None:
    """Tell what the folders inside mean; None for a WebDataset, whose texts hold the labels."""
    first = _scan(tar, texts)
    if first.is_wanting and texts.far:  # once more, with the texts that lie far off
        return _scan(tar, texts, is_again=True).layout(texts)
    return first.layout(texts)


@dataclass
class _Scan:
    """What is seen of the samples until it is clear what they are.

    Attributes:
        is_labelled: whether a text other than a `.txt` has told a label.
        is_wanting: whether there is an image without a label.
    """

    finder: LayoutFinder = field(default_factory=LayoutFinder)
    captions: Captions = field(default_factory=Captions)
    images: int = 0
    is_labelled: bool = False
    is_wanting: bool = False

    def see(self, folders: tuple[str, ...], annotation: Annotation) -> None:
        self.images += 1
        self.finder.add(folders)
        if annotation.source == TXT and annotation.label is not None:
            self.captions.add(annotation.label)
        elif annotation.label is not None or annotation.several:
            self.is_labelled = True
        else:
            self.is_wanting = True

    def is_clear(self) -> bool:
        if self.is_wanting or not (self.is_labelled or self.captions.is_full):
            return False
        if self.captions.is_full:
            return self.is_labelled or not self.captions.are_captions()
        return not self.captions.count

    def layout(self, texts: Texts) -> Layout | None:
        """Return the layout, or None, and tell the texts whether their `.txt` are captions."""
        layout = self.finder.find()
        is_rare = not self.is_labelled and 2 * self.captions.count < self.images
        texts.has_captions = self.captions.are_captions() or (
            is_rare and self.captions.count > 0 and not layout.is_flat
        )
        has_labels = self.captions.count > 0 and not texts.has_captions
        return None if self.is_labelled or has_labels else layout


def _scan(tar: LinkedTar, texts: Texts, is_again: bool = False) -> _Scan:
    seen = _Scan()
    for sample in find_samples(tar, PassedOver()):
        if isinstance(sample, Damage):
            break
        if not sample.images and not is_again:
            texts.keep(sample)
        for _, stem in sample.images:
            seen.see(sample.folders, texts.read(sample, stem))
        if not texts.far and seen.is_clear():
            break
    return seen


def _find_members(one: _Tar, others: PassedOver) -> Iterator[Member | Damage]:
    oddities, names = Oddities(), _Names()
    places = Remembered(one.layout.read) if one.layout is not None else None
    category = one.category if one.layout is not None and one.layout.is_flat else None
    far: set[int] = set()
    for sample in find_samples(one.members, others):
        if isinstance(sample, Damage):
            yield sample
            continue
        place = places.get(sample.folders) if places is not None else None
        used: set[int] = set()
        if place is None:
            oddities.see_sample(sample)
        for image, stem in sample.images:
            annotation = one.texts.read(sample, stem)
            used |= annotation.used
            if place is not None and place.passed_over is not None:
                others.add(place.passed_over)
                continue
            oddities.see(annotation)
            name = names.read(image)
            if place is None:
                group = annotation.group or f"{one.uri}#{spell(sample.key)}"
                yield _to_member(image, name, annotation.label, "webdataset", one.split, group)
            else:
                label = place.label or category
                split = place.split or one.split
                yield _to_member(image, name, label, "folder", split, annotation.group)
        if sample.texts:
            oddities.pass_over(sample, used, one.texts, others)
        if one.texts.far:
            far |= used
    oddities.pass_over_far(far, one.texts, others)
    archive = printable(one.path.name)
    others.remarks += [*oddities.sentences(archive), *names.sentences(archive)]


def _to_member(
    image: TarMember,
    name: str,
    label: str | None,
    source: str,
    split: str | None,
    group: str | None,
) -> Member:
    problem = _PROBLEMS.get(image.kind)
    if image.size > MAX_BYTES:
        problem = f"larger than {MAX_BYTES // 1024**2} MiB"
    has_bytes = problem is None
    offset, length = (image.offset, image.size) if has_bytes else (None, None)
    return Member(name, image.header, offset, length, None, label, source, split, group, problem)


@dataclass
class _Names:
    """Names that are not UTF-8: how many, and the first."""

    count: int = 0
    example: str = ""

    def read(self, image: TarMember) -> str:
        """Return an image's name as text."""
        if image.name.isascii():
            return image.name
        name = spell(image.name)
        if name != image.name:
            self.count += 1
            self.example = self.example or name
        return name

    def sentences(self, archive: str) -> list[str]:
        if not self.count:
            return []
        return [
            f"The names of {self.count} pictures in {archive} are not UTF-8; they were read as "
            f"Windows-1252, such as {self.example!r}. If that looks wrong, unpack it, rename the "
            "files (`convmv -f ENCODING -t UTF-8 -r --notest FOLDER`) and name the folder."
        ]
