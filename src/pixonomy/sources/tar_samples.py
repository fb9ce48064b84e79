"""Groups the members of a tar into WebDataset samples: neighbours with one key.

The key is a name up to the first dot of its last part, as the `webdataset` library has it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from pixonomy.sources.damage import Damage
from pixonomy.sources.folders import Remembered, read_folders
from pixonomy.sources.names import is_image, is_junk
from pixonomy.sources.passed_over import JUNK, LINKS, LOOKED_AT, PassedOver
from pixonomy.sources.tar_links import LinkedTar
from pixonomy.sources.tar_members import TarMember

JSON = "json"
TXT = "txt"
LABEL_TEXTS = ("cls", "class", "label", TXT)
"""Endings of texts that are a label and nothing else; the first of a sample counts."""

_MOST_MEMBERS = 1000  # of a sample; what follows is taken as the next one


@dataclass
class Sample:
    """Neighbours with one key.

    Attributes:
        folders: that they lie in.
        images: each with what stands between the key and its last ending.
        texts: by the same and the last ending.
        others: members whose ending tells nothing, in a sample without an image so far.
    """

    key: str
    folders: tuple[str, ...] = ()
    members: int = 0
    images: list[tuple[TarMember, str]] = field(default_factory=list)
    texts: dict[tuple[str, str], TarMember] = field(default_factory=dict)
    others: list[tuple[TarMember, str]] = field(default_factory=list)


def find_samples(tar: LinkedTar, others: PassedOver) -> Iterator[Sample | Damage]:
    """Yield the samples that hold images or texts; damage comes last.

    A member whose ending tells nothing is an image if its first bytes say so, and no other
    member of its sample is one by its ending.

    Args:
        others: counts what is neither an image nor a text.
    """
    sample = Sample("")
    known = Remembered(read_folders)
    for member in tar.scan():
        if isinstance(member, Damage):
            yield from _finish(sample, tar.file, others)
            yield member
            return
        path, _, name = member.name.rpartition("/")
        if member.kind == "other" or name in ("", ".", ".."):
            continue
        folders, is_inside = known.get(path)
        if is_inside or is_junk(name):
            others.add(JUNK)
            continue
        stem, _, ending = name.partition(".")
        key = "/".join((*folders, stem))
        if key != sample.key or sample.members == _MOST_MEMBERS:
            yield from _finish(sample, tar.file, others)
            sample = Sample(key, folders)
        _add(sample, member, name, ending.lower())
    yield from _finish(sample, tar.file, others)


def _add(sample: Sample, member: TarMember, name: str, ending: str) -> None:
    sample.members += 1
    inner, _, kind = ending.rpartition(".")
    if is_image(name):
        sample.images.append((member, inner))
    elif (kind == JSON or kind in LABEL_TEXTS) and member.kind == "file":
        sample.texts[inner, kind] = member
    else:
        sample.others.append((member, inner))


def _finish(sample: Sample, file: BinaryIO, others: PassedOver) -> Iterator[Sample]:
    if sample.others:
        _scan_others(sample, file, others)
    if sample.images or sample.texts:
        yield sample


def _scan_others(sample: Sample, file: BinaryIO, others: PassedOver) -> None:
    is_looked_at = not sample.images

    def read_start(member: TarMember) -> bytes:
        file.seek(member.offset)
        return file.read(min(member.size, LOOKED_AT))

    for member, inner in sample.others:
        if member.kind in ("link", "symlink"):
            others.add(LINKS)
            continue
        name = member.name.rpartition("/")[2]
        may_be = is_looked_at and member.kind == "file"
        if others.is_meant(name, False, member, read_start if may_be else None):
            sample.images.append((member, inner))
