"""A tar goes in: WebDataset samples, or plain folders of pictures; manifest rows come out.

Of a WebDataset sample (neighbours whose names are equal up to the first dot) each picture is a row:

- label: of the `.json` beside it, under the first of `LABEL_KEYS` that holds text or a number;
  else what the `.cls` or the `.txt` says, if that is one short line.
- group: of the `.json`, under the first of `GROUP_KEYS`; else the sample.
- split: what the name of the shard says: train-*, validation-*, val-*, test-*.

A file of the picture's whole name (a.front.jpg, a.front.json) goes before one of the sample.
A tar without one label is read as folders on disk are: split, category, each picture alone.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pixonomy.errors import DataError
from pixonomy.files import printable
from pixonomy.sources.damage import Damage, Indexed
from pixonomy.sources.member import Member, in_batches, open_archive, uri_of
from pixonomy.sources.names import (
    Layout,
    LayoutFinder,
    is_hidden,
    is_picture,
    split_member,
    split_of_shard,
)
from pixonomy.sources.tar_members import TarMember, is_tar, walk_tar

LABEL_KEYS = ("label", "class", "cls", "category", "category_id", "class_id", "target")
GROUP_KEYS = ("group", "group_id", "product_id")

_MOST_MEMBERS = 1000  # of a sample; what follows is taken as the next one
_LONGEST_JSON = 1024 * 1024  # bytes
_LONGEST_LABEL = 200  # letters; a text file that says more is no label
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_PROBLEMS = {"link": "a link to another file", "sparse": "a sparse file, stored in pieces"}


@dataclass
class _Sample:
    """Neighbours with one key; `texts` by what stands between the key and the last ending."""

    key: str
    members: int = 0
    pictures: list[tuple[TarMember, str]] = field(default_factory=list)
    texts: dict[tuple[str, str], TarMember] = field(default_factory=dict)


@dataclass(frozen=True)
class _Told:
    """What the texts of a sample say of a picture."""

    label: str | None = None
    group: str | None = None


def index_tar(archive: Path, base: Path) -> Iterator[Indexed]:
    """List the pictures of a tar as byte ranges in it, in batches of at most 50,000 rows.

    Rows have image_id, group_id, uri (relative to `base`), offset and length in bytes, member,
    encoding (null), label, label_source, split and problem. What was whole before damage is kept.

    Raises:
        DataError: if it is no tar, or a compressed one.
        StorageError: if it cannot be read.
    """
    uri, split = uri_of(archive, base), split_of_shard(archive, base)
    with open_archive(archive) as file:
        _check(file, archive)
        layout = _find_layout(file)
        yield from in_batches(_find_members(file, layout, uri, split), uri)


def _check(file: BinaryIO, archive: Path) -> None:
    if is_tar(file):
        return
    file.seek(0)
    start = file.read(8)
    for mark, packer in _PACKED.items():
        if start.startswith(mark):
            raise DataError(
                f"{printable(archive)} is compressed with {packer}: unpack it to a plain .tar, "
                "whose pictures can be read in place."
            )
    raise DataError(f"{printable(archive)} is no tar.")


def _find_layout(file: BinaryIO) -> Layout | None:
    """Tell what the folders inside mean; None for a WebDataset, whose texts hold the labels."""
    finder = LayoutFinder()
    for sample in _find_samples(file):
        if isinstance(sample, Damage):
            break
        for picture, stem in sample.pictures:
            if _read_texts(file, sample, stem).label is not None:
                return None
            finder.add(split_member(picture.name)[:-1])
    return finder.find(is_archive=True)


def _find_members(
    file: BinaryIO, layout: Layout | None, uri: str, split: str | None
) -> Iterator[Member | Damage]:
    for sample in _find_samples(file):
        if isinstance(sample, Damage):
            yield sample
            continue
        for picture, stem in sample.pictures:
            told = _read_texts(file, sample, stem)
            group = told.group
            if layout is None:
                label, inner = told.label, None
                group = group or printable(f"{uri}#{sample.key}")
            else:
                label, inner = layout.read(split_member(picture.name)[:-1])
            source = "webdataset" if layout is None else "folder"
            yield _to_member(picture, label, source, inner or split, group)


def _to_member(
    picture: TarMember, label: str | None, source: str, split: str | None, group: str | None
) -> Member:
    problem = _PROBLEMS.get(picture.kind)
    return Member(
        printable(picture.name),
        picture.header,
        None if problem else picture.offset,
        None if problem else picture.size,
        label=label,
        label_source=source,
        split=split,
        group_id=group,
        problem=problem,
    )


def _find_samples(file: BinaryIO) -> Iterator[_Sample | Damage]:
    """Yield the samples that hold pictures; damage comes last."""
    sample = _Sample("")
    for member in walk_tar(file):
        if isinstance(member, Damage):
            if sample.pictures:
                yield sample
            yield member
            return
        parts = split_member(member.name)
        if member.kind == "other" or not parts or is_hidden(parts):
            continue
        stem, dot, ending = parts[-1].partition(".")
        if not dot:  # WebDataset passes over such members
            continue
        key = "/".join([*parts[:-1], stem])
        if key != sample.key or sample.members == _MOST_MEMBERS:
            if sample.pictures:
                yield sample
            sample = _Sample(key)
        _add(sample, member, ending.lower())
    if sample.pictures:
        yield sample


def _add(sample: _Sample, member: TarMember, ending: str) -> None:
    sample.members += 1
    inner, _, kind = ending.rpartition(".")
    if is_picture(f"{sample.key}.{ending}"):
        sample.pictures.append((member, inner))
    elif kind in ("json", "cls", "txt") and member.kind == "file":
        sample.texts[inner, kind] = member


def _read_texts(file: BinaryIO, sample: _Sample, stem: str) -> _Told:
    """Return what the texts of a picture, and else those of its whole sample, say."""
    label = group = None
    for inner in dict.fromkeys((stem, "")):
        if (inner, "json") in sample.texts:
            content = _read_json(file, sample.texts[inner, "json"])
            label = label or _first(content, LABEL_KEYS)
            group = group or _first(content, GROUP_KEYS)
        for kind in ("cls", "txt"):
            if label is None and (inner, kind) in sample.texts:
                label = _read_line(file, sample.texts[inner, kind])
    return _Told(label, group)


def _read_json(file: BinaryIO, member: TarMember) -> dict[str, Any]:
    if member.size > _LONGEST_JSON:
        return {}
    try:
        content = json.loads(_read(file, member))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {key.lower(): value for key, value in content.items()}


def _first(content: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = content.get(key)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            text = _clean(str(value))
            if text:
                return text
    return None


def _read_line(file: BinaryIO, member: TarMember) -> str | None:
    if member.size > 4 * _LONGEST_LABEL:
        return None
    text = _clean(_read(file, member).decode("utf-8", "replace"))
    return text if len(text) <= _LONGEST_LABEL and len(text.splitlines()) == 1 else None


def _read(file: BinaryIO, member: TarMember) -> bytes:
    file.seek(member.offset)
    return file.read(member.size)


def _clean(text: str) -> str:
    # JSON may hold halves of surrogate pairs, which no table can.
    return text.encode("utf-8", "replace").decode("utf-8").strip()
