"""Labels images of detection sets: one category an image, by the boxes drawn over it.

Read is the layout of YOLO: for `images/x.jpg` a text `labels/x.txt` (or `x.txt` beside it) with a
line "class x y width height" for each box, and the names of the classes in a file beside.
Annotations of other kinds (Pascal VOC, COCO) are reported, not read.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

from pixonomy.dataset.location import uri_to_path
from pixonomy.errors import DataError
from pixonomy.sources.damage import Indexed
from pixonomy.sources.listing import Listing
from pixonomy.sources.names import label_of
from pixonomy.storage.files import printable, storage_errors

_IMAGES, _LABELS = "images", "labels"
_LONGEST = 256 * 1024  # bytes of a text with boxes, or of a file with names
_NAME_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "labels.txt", "classes.names")
_NAME_TABLES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_NUMBERS_A_BOX = 5


@dataclass(frozen=True)
class Boxes:
    """Where the boxes of the images of a folder lie.

    Attributes:
        is_beside: whether each text lies beside its image, not in `labels/`.
        names: of the classes, by their number; empty where no file tells them.
    """

    is_beside: bool
    names: dict[int, str]


def find_boxes(listing: Listing) -> Boxes | None:
    """Tell whether the images of a folder have texts with boxes; None where they have none.

    Raises:
        StorageError: if a text cannot be read.
    """
    folders = {one.parts: one for one in listing.folders}
    texts = [parts for (parts, ending) in listing.texts if ending == ".txt"]
    for is_beside in (False, True):
        for parts in texts:
            images = folders.get(parts if is_beside else _swap(parts, _LABELS, _IMAGES) or ("",))
            if images is None:
                continue
            for name in images.names[:_NUMBERS_A_BOX]:
                path = _text_of(images.path / name, is_beside)
                if path.is_file() and _read_classes(path):
                    return Boxes(is_beside, _find_names(images.path, len(parts)))
    return None


def find_annotations(listing: Listing) -> str | None:
    """Name annotations of kinds that are not read, if there are any."""
    counts = {
        ending: sum(count for (_, one), count in listing.texts.items() if one == ending)
        for ending in (".xml", ".json")
    }
    kinds = {".xml": "as of Pascal VOC", ".json": "as of COCO"}
    named = [
        f"{count} {ending} files ({kinds[ending]}, perhaps)"
        for ending, count in counts.items()
        # A text for every second image, or one for all of them in a folder of its own.
        if 2 * count >= listing.count or (count and _have_a_folder(listing, ending))
    ]
    return " and ".join(named) or None


def _have_a_folder(listing: Listing, ending: str) -> bool:
    return any(
        parts and parts[-1].lower().startswith("annotation") and one == ending
        for parts, one in listing.texts
    )


def label_by_boxes(indexed: Indexed, boxes: Boxes, base: Path) -> Indexed:
    """Label each image by the one class of its boxes; without boxes it has no label.

    Raises:
        DataError: if an image has boxes of several classes.
        StorageError: if a text cannot be read.
    """
    labels: list[str | None] = []
    for uri in indexed.rows["uri"]:
        path = base / uri_to_path(uri)
        text = _text_of(path, boxes.is_beside)
        classes = sorted(_read_classes(text) or ()) if text.is_file() else []
        names = [boxes.names.get(one, str(one)) for one in classes]
        if len(names) > 1:
            raise DataError(
                f"{printable(text)} has boxes of several classes ({', '.join(names[:3])}): a "
                "classifier needs one category a picture. Cut the boxes out as pictures, or name "
                "one category for each in a table."
            )
        labels.append(names[0] if names else None)
    rows = indexed.rows.with_columns(
        pl.Series("label", labels, pl.String), pl.lit("boxes").alias("label_source")
    )
    without = rows["label"].null_count()
    numbers = "" if boxes.names else " No file names the classes, so their numbers are the labels."
    remark = (
        f"Each picture has the class of its boxes as its category; {without} have no box.{numbers}"
    )
    return Indexed(rows, passed_over=indexed.passed_over, remarks=(*indexed.remarks, remark))


def _text_of(image: Path, is_beside: bool) -> Path:
    if is_beside:
        return image.with_suffix(".txt")
    parts = _swap(image.parent.parts, _IMAGES, _LABELS) or image.parent.parts
    return Path(*parts, f"{image.stem}.txt")


def _swap(parts: tuple[str, ...], old: str, new: str) -> tuple[str, ...] | None:
    """Call the last folder of a name otherwise."""
    for place in range(len(parts) - 1, -1, -1):
        if parts[place].lower() == old:
            return (*parts[:place], new, *parts[place + 1 :])
    return None


def _read_classes(path: Path) -> set[int] | None:
    """Return the classes of the boxes in a text; None if it holds something else than boxes."""
    classes = set()
    with storage_errors(path), path.open("rb") as file:
        lines = file.read(_LONGEST).decode("ascii", "replace").splitlines()
    for line in lines:
        numbers = line.split()
        if not numbers:
            continue
        try:
            values = [float(one) for one in numbers]
        except ValueError:
            return None
        if len(values) < _NUMBERS_A_BOX or not numbers[0].isdecimal():
            return None
        classes.add(int(numbers[0]))
    return classes


def _find_names(folder: Path, depth: int) -> dict[int, str]:
    """Look for the names of classes in a folder and in those above it, up to the source."""
    for here in [folder, *folder.parents][: depth + 2]:
        for name in _NAME_LISTS:
            lines = _read_text(here / name)
            if lines is not None:
                named = [line.strip() for line in lines.splitlines()]
                return {number: label_of(one) for number, one in enumerate(named) if one}
        for name in _NAME_TABLES:
            text = _read_text(here / name)
            if text is not None:
                return _read_yaml(text)
    return {}


def _read_text(path: Path) -> str | None:
    with storage_errors(path):
        if not path.is_file() or path.stat().st_size > _LONGEST:
            return None
        return path.read_text(encoding="utf-8", errors="replace")


def _read_yaml(text: str) -> dict[int, str]:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    pairs = names.items() if isinstance(names, dict) else ()
    return {
        int(number): label_of(str(name))
        for number, name in pairs
        if str(number).isdecimal() and isinstance(name, str | int)
    }
