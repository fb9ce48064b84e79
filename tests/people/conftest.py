"""What people bring: a case is an input, how it is made, and what is right for it."""

import csv
import hashlib
import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
import tifffile
from PIL import Image

import pixonomy
from conftest import SHAPES, as_bytes, draw_shape
from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import SPLITS, Manifest
from pixonomy.dataset.read import read_all
from pixonomy.results.data_results import ManifestResult

Named = Path | Sequence[Path] | None
Build = Callable[[Path], Named]
MOST = 24  # pictures of one category, drawn for a case


@dataclass(frozen=True)
class Case:
    """An input and what is right for it.

    Attributes:
        build: writes the input into an empty folder and returns what a person would name; None:
            the folder itself.
        labels: usable pictures of each category; None: not compared.
        splits: usable pictures in train, validation and test.
        unlabelled: usable pictures without a category.
        told: patterns, each to be found in what is said, passed over or a row's problem.
        refused: patterns, each to be found in the one sentence that refuses the input.
        is_drawn: each picture has to be one that was drawn for its category; compared with labels.
        is_packable: what it says of folders holds in a zip and in a tar as well.
    """

    name: str
    build: Build
    labels: Mapping[str, int] | None = None
    splits: tuple[int, int, int] = (0, 0, 0)
    unlabelled: int = 0
    problems: int = 0
    missing: int = 0
    told: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    is_drawn: bool = True
    is_packable: bool = False


class Cases(list[Case]):
    """The cases of one kind."""

    def add(
        self, name: str, labels: Mapping[str, int] | None = None, **right: object
    ) -> Callable[[Build], Build]:
        """Return a decorator of the function that builds a case; see `Case`."""

        def keep(build: Build) -> Build:
            self.append(Case(name, build, labels, **right))  # type: ignore[arg-type]
            return build

        return keep

    def each(self, are_packed: bool = False) -> pytest.MarkDecorator:
        """Return the parametrization of a test function over the cases."""
        cases = [case for case in self if case.is_packable or not are_packed]
        return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


@cache
def image(label: str, number: int = 0, format: str = "JPEG", size: int = 48) -> bytes:
    """Draw a picture that is known as one of a category."""
    seed = zlib.crc32(label.encode())
    shape = draw_shape(SHAPES[seed % len(SHAPES)], seed % 100_000 * MOST + number, size)
    return as_bytes(shape, format)


def put(path: Path, data: bytes | str = b"") -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def fill(folder: Path, label: str, count: int = 3, start: int = 0, ending: str = ".jpg") -> None:
    """Write pictures of a category directly into a folder: `000.jpg`, `001.jpg`, …"""
    for number in range(start, start + count):
        put(folder / f"{number:03d}{ending}", image(label, number))


def fill_all(folder: Path, labels: Sequence[str], count: int = 3, start: int = 0) -> None:
    """Write a folder of pictures for each category."""
    for label in labels:
        fill(folder / label, label, count, start)


def put_tar(path: Path, members: Mapping[str, bytes], format: int = tarfile.GNU_FORMAT) -> Path:
    """Write a tar of files."""
    with tarfile.open(put(path), "w", format=format) as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def put_zip(path: Path, members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    """Write a zip of files."""
    with zipfile.ZipFile(put(path), "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def named(labels: Sequence[str], count: int = 3, pattern: str = "{}/{}.jpg") -> dict[str, bytes]:
    """Return pictures by the names that they have in an archive."""
    return {
        pattern.format(label, number): image(label, number)
        for label in labels
        for number in range(count)
    }


def pack(folder: Path, ending: str) -> Path:
    """Pack what lies in a folder into an archive beside it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    members = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    write = put_tar if ending == ".tar" else put_zip
    return write(folder.parent / f"packed{ending}", members)


def fill_rows(here: Path, labels: Sequence[str]) -> list[tuple[str, str]]:
    """Write three pictures of each category into folders that say nothing; return the rows."""
    rows = []
    for number, label in enumerate(labels):
        fill(here / f"p{number}", label)
        rows += [(f"p{number}/{one:03d}.jpg", label) for one in range(3)]
    return rows


def put_text(
    here: Path,
    labels: Sequence[str],
    encoding: str = "utf-8",
    newline: str = "\n",
    header: Sequence[str] = ("path", "label"),
    **dialect: object,
) -> Path:
    """Write a table of text with a dialect of Python's csv module."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=newline, **dialect)  # type: ignore[arg-type]
    writer.writerow(header)
    writer.writerows(fill_rows(here, labels))
    return put(here / "t.csv", stream.getvalue().encode(encoding))


def put_lines(here: Path, labels: Sequence[str], header: str, line: str, end: str = "") -> Path:
    """Write a line a picture; `{path}`, `{label}` and `{n}` stand in `line`."""
    rows = fill_rows(here, labels)
    lines = [line.format(path=path, label=label, n=n) for n, (path, label) in enumerate(rows)]
    return put(here / "t.csv", "\n".join([header, *lines]) + end)


def as_image(data: bytes) -> Image.Image:
    """Open a drawn picture."""
    return Image.open(io.BytesIO(data))


def check(case: Case, folder: Path, ending: str | None = None) -> None:
    """Index the input of a case and compare what comes out with what is right.

    Args:
        ending: of an archive that the input is packed into; None: it is taken as it is.
    """
    here, said = folder / "in", list[str]()
    here.mkdir()
    sources = case.build(here) or here
    if ending is not None:
        sources = pack(here, ending)
    listed = [sources] if isinstance(sources, Path) else list(sources)
    output = folder / "manifest.parquet"
    columns = pixonomy.TableColumns(**case.columns)  # type: ignore[arg-type]
    if columns.root is not None:
        columns = replace(columns, root=here / columns.root)
    choices = pixonomy.IndexChoices(columns=columns)
    context = pixonomy.Context(report=said.append)
    if case.refused:
        _check_refused(case, lambda: pixonomy.index(listed, output, choices, False, context))
        return
    result = pixonomy.index(listed, output, choices, False, context)
    told = [*said, *(f"{reason} {count}" for reason, count in result["passed_over"].items())]
    _compare(case, pixonomy.read_manifest(output), result, told)


def _check_refused(case: Case, index: Callable[[], object]) -> None:
    with pytest.raises(pixonomy.PixonomyError) as caught:
        index()
    sentence = str(caught.value)
    assert "\n" not in sentence
    for pattern in case.refused:
        assert re.search(pattern, sentence, re.IGNORECASE), f"{pattern!r} is not in {sentence!r}"


def _compare(case: Case, manifest: Manifest, result: ManifestResult, told: list[str]) -> None:
    usable = manifest.usable
    labels = Counter(usable["label"].drop_nulls())
    splits = tuple(usable.filter(split=split).height for split in SPLITS)
    problems = manifest.rows["problem"].drop_nulls().to_list()
    about = f"{dict(labels)}, splits {splits}, problems {problems}, told {told}"
    if case.labels is not None:
        assert dict(labels) == dict(case.labels), about
        assert usable["label"].null_count() == case.unlabelled, about
        assert splits == case.splits, about
        assert len(problems) == case.problems, about
    assert result.missing == case.missing, about
    passed_over = result.passed_over
    assert {name: passed_over.get(name) for name in case.passed_over} == case.passed_over, about
    for pattern in case.told:
        everything = "\n".join([*told, *problems])
        assert re.search(pattern, everything, re.IGNORECASE), f"{pattern!r} is not told: {about}"
    if case.is_drawn and case.labels is not None:
        _check_images(usable, manifest.base)


def _check_images(rows: pl.DataFrame, base: Path) -> None:
    """Check that each row leads to the very bytes that were drawn for its category."""
    labelled = rows.drop_nulls("label")
    for place, data in read_all(locate(labelled, base)):
        label = labelled["label"][place]
        known = {hashlib.sha256(image(label, number)).digest() for number in range(MOST)}
        assert isinstance(data, bytes), f"{labelled['uri'][place]}: {data}"
        assert hashlib.sha256(data).digest() in known, f"{labelled['uri'][place]} is no {label}"


# A picture that shows which way it lies and what its colours are.
Levels = npt.NDArray[np.uint8]
Y, X = np.mgrid[:48, :64]
SCENE: Levels = np.stack([40 + 3 * X, 220 - 4 * Y, 60 + X + 2 * Y], -1).astype(np.uint8)


def save(pixels: Levels | Image.Image, format: str, **options: Any) -> bytes:
    """Encode pixels."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    return as_bytes(image, format, **options)


def save_jpeg(pixels: Levels | Image.Image, **options: Any) -> bytes:
    """Encode pixels so that they hardly change."""
    return save(pixels, "JPEG", quality=97, subsampling=0, **options)


def save_tiff(values: npt.NDArray[Any], **options: Any) -> bytes:
    """Encode values of any type."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, **options)
    return stream.getvalue()


def segment(marker: int, data: bytes) -> bytes:
    """Write a segment of a JPEG."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def make_with_thumbnail() -> bytes:
    """Write a JPEG with a white thumbnail in its EXIF."""
    small = save_jpeg(np.full((16, 16, 3), 255, np.uint8))
    tags = b"Exif\0\0II*\0\x08\0\0\0\0\0" + struct.pack("<I", 14) + struct.pack("<H", 2)
    tags += struct.pack("<HHIIHHII", 0x201, 4, 1, 44, 0x202, 4, 1, len(small)) + bytes(4)
    data = save_jpeg(SCENE)
    return data[:2] + segment(0xE1, tags + small) + data[2:]
