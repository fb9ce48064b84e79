"""Tars of pictures with texts beside them: where the label is, and what is no label."""

import json
from collections.abc import Callable
from pathlib import Path

from people.conftest import Case, Cases, Named, check, image, put, put_tar

CASES = Cases()
LABELS = ("cat", "dog")
PETS = dict.fromkeys(LABELS, 3)


def put_samples(here: Path, ending: str, write: Callable[[str, int], object]) -> Path:
    """Write a shard of samples: a picture and a text each."""
    members = {}
    for place, label in enumerate(LABELS):
        for number in range(3):
            text = write(label, number)
            key = f"{place}{number}"
            members[f"{key}.jpg"] = image(label, number)
            members[f"{key}.{ending}"] = (
                text if isinstance(text, str) else json.dumps(text)
            ).encode()
    return put_tar(here / "t.tar", members)


IDS = {"cat": 3, "dog": 12}
TEXTS: dict[str, tuple[str, Callable[[str, int], object]]] = {
    "a list of one label": ("json", lambda label, _: {"label": [label]}),
    "an id and a name": ("json", lambda label, _: {"label": {"id": IDS[label], "name": label}}),
    "class_name": ("json", lambda label, _: {"class_name": label, "score": 0.5}),
    "a .label": ("label", lambda label, _: f"{label}\n"),
    "a .cls with blanks": ("cls", lambda label, _: f"  {label} \r\n"),
    "a .txt with few words": ("txt", lambda label, _: label),
}
for _name, (_ending, _write) in TEXTS.items():

    def _build_samples(
        here: Path, ending: str = _ending, write: Callable[[str, int], object] = _write
    ) -> Path:
        return put_samples(here, ending, write)

    CASES.add(f"labels of a WebDataset: {_name}", PETS)(_build_samples)


@CASES.add("labels of a WebDataset: floats", {"3": 3, "12": 3}, is_drawn=False)
def _(here: Path) -> Named:
    return put_samples(here, "json", lambda label, _: {"label": float(IDS[label])})


@CASES.add("captions are no categories", {}, unlabelled=6, told=("caption",))
def _(here: Path) -> Named:
    return put_samples(here, "txt", lambda label, n: f"a photo of a {label} on {n} chairs")


@CASES.add("a .json without a label names its keys", {}, unlabelled=6, told=("animal, score",))
def _(here: Path) -> Named:
    return put_samples(here, "json", lambda label, _: {"animal": label, "score": 1})


@CASES.add("several labels in a WebDataset", {}, unlabelled=6, told=("several labels",))
def _(here: Path) -> Named:
    return put_samples(here, "json", lambda label, n: {"label": [label, f"tag {n % 2}"]})


@CASES.add("all texts behind all pictures", PETS)
def _(here: Path) -> Named:
    images = {f"{label}{n}.jpg": image(label, n) for label in LABELS for n in range(3)}
    texts = {name.replace(".jpg", ".cls"): name[:3].encode() for name in images}
    return put_tar(here / "t.tar", {**images, **texts})


@CASES.add("dots in the names of a WebDataset", PETS)
def _(here: Path) -> Named:
    members = {}
    for place, label in enumerate(LABELS):
        for number in range(3):
            members[f"img.v2.{place}{number}.jpg"] = image(label, number)
            members[f"img.v2.{place}{number}.cls"] = label.encode()
    return put_tar(here / "t.tar", members)


@CASES.add("capitals in the endings of a WebDataset", PETS)
def _(here: Path) -> Named:
    members = {}
    for place, label in enumerate(LABELS):
        for number in range(3):
            members[f"{place}{number}.JPG"] = image(label, number)
            members[f"{place}{number}.JSON"] = json.dumps({"Label": label}).encode()
    return put_tar(here / "t.tar", members)


@CASES.add("a mask beside each picture of a WebDataset", told=("seg|mask|several pictures",))
def _(here: Path) -> Named:
    members = {}
    for place, label in enumerate(LABELS):
        for number in range(3):
            members[f"{place}{number}.jpg"] = image(label, number)
            members[f"{place}{number}.seg.png"] = image("mask", number, "PNG")
            members[f"{place}{number}.cls"] = label.encode()
    return put_tar(here / "t.tar", members)


@CASES.add("labels that are null, empty or a list of none", {}, unlabelled=3, told=("label",))
def _(here: Path) -> Named:
    members = {}
    for number, label in enumerate(("null", '""', "[]")):
        members[f"{number}.jpg"] = image("cat", number)
        members[f"{number}.json"] = f'{{"label": {label}}}'.encode()
    return put_tar(here / "t.tar", members)


@CASES.add("a folder of shards, one of them packed", {"cat": 2}, told=("gz",))
def _(here: Path) -> None:
    for number in range(2):
        members = {f"{number}.jpg": image("cat", number), f"{number}.cls": b"cat"}
        put_tar(here / f"shard-{number:05d}.tar", members)
    put(here / "shard-00002.tar.gz", b"\x1f\x8b\x08" + bytes(90))


@CASES.each()
def test_labels_beside_pictures(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)
