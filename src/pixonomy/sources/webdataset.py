"""Reads labels and groups of images from the texts beside them, as WebDatasets have them.

Of an image each text counts that has its whole name (a.front.jpg, a.front.json), then those of
its sample. A label is what the `.json` has under the first of `LABEL_KEYS`, else what the `.cls`,
`.class`, `.label` or `.txt` says, if that is one short line.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from pixonomy.sources.label_text import (
    NOTHING,
    ReadLabel,
    clean,
    decode_text,
    label_of_text,
    label_of_value,
    plain_keys,
)
from pixonomy.sources.member import spell
from pixonomy.sources.passed_over import PassedOver
from pixonomy.sources.tar_members import TarMember
from pixonomy.sources.tar_samples import JSON, LABEL_TEXTS, TXT, Sample

LABEL_KEYS = (
    "label", "labelname", "labeltext", "class", "classname", "cls", "clsname", "category",
    "categoryname", "categoryid", "classid", "labelid", "target", "labels",
)  # fmt: skip
"""Keys of a `.json` that hold the label, without case and signs: `class_name` is "classname"."""
GROUP_KEYS = ("group", "groupid", "productid")
CAPTIONS = "captions (.txt)"

_LONGEST_JSON = 1024 * 1024  # bytes
_LONGEST_TEXT = 800  # bytes
_MOST_FAR = 100_000  # texts far from their images that are remembered: some 50 MB
_NAMED, _LONGEST_KEY = 8, 40  # keys named in a sentence, and letters of each


@dataclass
class Annotation:
    """What the texts of a sample say of an image.

    Attributes:
        source: the ending of the text that has the label.
        several: the labels, where there are several: none of them counts.
        keys: of a `.json` without a label.
        used: the headers of the texts that were of use.
    """

    label: str | None = None
    group: str | None = None
    source: str = ""
    several: str = ""
    keys: tuple[str, ...] = ()
    used: set[int] = field(default_factory=set)

    def take(self, found: ReadLabel, source: str, member: TarMember) -> None:
        """Take a label, if there is none so far."""
        if self.label is None and found.label is not None:
            self.label, self.source, self.several = found.label, source, ""
            self.used.add(member.header)
        elif self.label is None:
            self.several = self.several or found.several


_NO_ANNOTATION = Annotation()


@dataclass
class Texts:
    """The texts of an archive, those included that lie far from their images.

    Attributes:
        file: the archive.
        far: texts where no image of their key lies, by key.
        has_captions: whether each `.txt` describes its image: then none is a label.
    """

    file: BinaryIO
    far: dict[str, dict[tuple[str, str], TarMember]] = field(default_factory=dict)
    has_captions: bool = False
    _far_headers: set[int] = field(default_factory=set)

    def keep(self, sample: Sample) -> None:
        """Remember the texts of a sample without images, as far as memory shall go."""
        if len(self._far_headers) + len(sample.texts) <= _MOST_FAR:
            self.far.setdefault(sample.key, {}).update(sample.texts)
            self._far_headers.update(member.header for member in sample.texts.values())

    def is_far(self, text: TarMember) -> bool:
        """Tell whether a text is one of those far from their images."""
        return text.header in self._far_headers

    def read(self, sample: Sample, stem: str) -> Annotation:
        """Return what is said of an image of a sample."""
        texts = {**self.far.get(sample.key, {}), **sample.texts} if self.far else sample.texts
        if not texts:
            return _NO_ANNOTATION
        annotation = Annotation()
        plain: list[tuple[ReadLabel, TarMember]] = []
        for inner in dict.fromkeys((stem, "")):
            if (inner, JSON) in texts:
                plain.extend(self._read_json(texts[inner, JSON], annotation))
            for kind in LABEL_TEXTS:
                member = texts.get((inner, kind))
                if member is not None and not (kind == TXT and self.has_captions):
                    annotation.take(self._read_text(member), kind, member)
        for found, member in plain:
            annotation.take(found, JSON, member)
        return annotation

    def _read_json(
        self, member: TarMember, annotation: Annotation
    ) -> list[tuple[ReadLabel, TarMember]]:
        """Take label and group of a JSON object; return the label that any other JSON is."""
        try:
            content = json.loads(decode_text(self._read(member, _LONGEST_JSON)))
        except (ValueError, RecursionError):
            return []
        if not isinstance(content, dict):
            return [(label_of_value(content), member)]
        fields = plain_keys(content)
        annotation.take(_first(fields, LABEL_KEYS), JSON, member)
        if annotation.label is None and not annotation.several:
            annotation.keys = tuple(clean(key)[:_LONGEST_KEY] for key in list(content)[:_NAMED])
        group = _first(fields, GROUP_KEYS).label
        if group is not None and annotation.group is None:
            annotation.group = group
            annotation.used.add(member.header)
        return []

    def _read_text(self, member: TarMember) -> ReadLabel:
        return label_of_text(self._read(member, _LONGEST_TEXT))

    def _read(self, member: TarMember, longest: int) -> bytes:
        if member.size > longest:
            return b""
        self.file.seek(member.offset)
        return self.file.read(member.size)


def _first(fields: dict[str, object], keys: Iterable[str]) -> ReadLabel:
    """Return the first label under some keys, or the several of which none counts."""
    for key in keys:
        found = label_of_value(fields[key]) if key in fields else NOTHING
        if found != NOTHING:
            return found
    return NOTHING


@dataclass
class Oddities:
    """What a person should know of the texts of an archive, counted while it is walked."""

    several: int = 0
    example: str = ""
    without: int = 0
    keys: tuple[str, ...] = ()
    unlabelled: int = 0
    lone: str = ""
    captions: int = 0
    crowded: int = 0
    crowd: tuple[str, ...] = ()

    def see_sample(self, sample: Sample) -> None:
        """Look at the images of a sample: masks and views are images as others are."""
        if len(sample.images) > 1:
            self.crowded += 1
            names = [spell(member.name) for member, _ in sample.images[:2]]
            self.crowd = self.crowd or tuple(names)

    def see(self, annotation: Annotation) -> None:
        """Look at what was told of an image."""
        if annotation.label is not None:
            return
        self.unlabelled += 1
        if annotation.several:
            self.several += 1
            self.example = self.example or annotation.several
        elif annotation.keys:
            self.without += 1
            self.keys = self.keys or annotation.keys

    def pass_over(self, sample: Sample, used: set[int], texts: Texts, others: PassedOver) -> None:
        """Count the texts of a sample that were of no use; those far away are counted later."""
        for (_, kind), member in sample.texts.items():
            if member.header in used or texts.is_far(member):
                continue
            self._count(kind, texts, others)
            if not sample.images and not self.lone:
                self.lone = spell(member.name)

    def pass_over_far(self, used: set[int], texts: Texts, others: PassedOver) -> None:
        """Count the texts far from their images that were of no use."""
        for found in texts.far.values():
            for (_, kind), member in found.items():
                if member.header not in used:
                    self._count(kind, texts, others)

    def _count(self, kind: str, texts: Texts, others: PassedOver) -> None:
        is_caption = kind == TXT and texts.has_captions
        self.captions += is_caption
        others.add(CAPTIONS if is_caption else f".{kind}")

    def sentences(self, archive: str) -> list[str]:
        """Return what is to be told."""
        remarks = []
        if self.several:
            remarks.append(
                f"{self.several} pictures in {archive} have several labels, such as "
                f"{self.example}: none of them was taken; give each picture one."
            )
        if self.without:
            remarks.append(
                f"The .json of {self.without} pictures in {archive} has no label under a known key "
                f"(label, class, class_name, category …); its keys are {', '.join(self.keys)}: "
                "call the one that holds the label `label`."
            )
        if self.crowded:
            remarks.append(
                f"{self.crowded} samples in {archive} hold several pictures, such as "
                f"{' and '.join(self.crowd)}: each is a row with the label of its sample. Are they "
                "masks, pack the samples without them."
            )
        if self.captions:
            remarks.append(
                f"The .txt beside the pictures of {archive} were not taken as labels: they differ "
                "from picture to picture, as captions do, or few pictures have one."
            )
        if self.lone and self.unlabelled:
            remarks.append(
                f"{self.lone} in {archive} lies where no picture of its name does, and "
                f"{self.unlabelled} pictures have no label: pack each picture and its texts side "
                "by side (`tar --sort=name`)."
            )
        return remarks
