"""What the texts of a sample say of its pictures, and what is told of odd ones."""

import io
import json
from typing import Any

import pytest

from pixonomy.sources.passed_over import PassedOver
from pixonomy.sources.tar_members import TarMember
from pixonomy.sources.tar_samples import Sample
from pixonomy.sources.webdataset import Annotation, Oddities, Texts


def make(texts: dict[str, bytes], key: str = "a") -> tuple[Sample, Texts]:
    """Lay texts, by what follows the key, one behind another."""
    stream, sample = io.BytesIO(), Sample(key)
    for name, data in texts.items():
        inner, _, kind = name.rpartition(".")
        place = stream.tell()
        member = TarMember(f"{key}.{name}", place, place, len(data), "file")
        sample.texts[inner, kind] = member
        stream.write(data or b" ")
    sample.images.append((TarMember(f"{key}.jpg", 10**6, 0, 0, "file"), ""))
    return sample, Texts(stream)


def read(texts: dict[str, bytes], stem: str = "") -> Annotation:
    sample, reader = make(texts)
    return reader.read(sample, stem)


def as_json(**content: Any) -> bytes:
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("texts", "label", "source"),
    [
        ({"json": as_json(class_name="cat")}, "cat", "json"),
        ({"json": as_json(labelName="cat")}, "cat", "json"),
        ({"json": as_json(label={"id": 3, "name": "cat"})}, "cat", "json"),
        ({"json": as_json(label=["1"])}, "1", "json"),
        ({"json": as_json(label=3.0, class_name="cat")}, "3", "json"),
        ({"json": as_json(label=float("nan")), "cls": b"5"}, "5", "cls"),
        ({"json": b'["1"]'}, "1", "json"),
        ({"json": b'["1"]', "cls": b"5"}, "5", "cls"),
        ({"json": b"3"}, "3", "json"),
        ({"label": b"cat"}, "cat", "label"),
        ({"class": b"cat"}, "cat", "class"),
        ({"txt": b"A cat.", "cls": b"3"}, "3", "cls"),
        ({"json": as_json(label=["a", "b"]), "cls": b"3"}, "3", "cls"),
        ({"txt": b"0 0.5 0.5 0.2 0.2"}, None, ""),
    ],
)
def test_labels(texts: dict[str, bytes], label: str | None, source: str) -> None:
    told = read(texts)
    assert (told.label, told.source, told.several) == (label, source, "")
    assert bool(told.used) == (label is not None)


def test_a_text_of_the_pictures_whole_name_goes_before_one_of_the_sample() -> None:
    texts = {"front.cls": b"1", "cls": b"2", "json": as_json(group="g")}
    assert (read(texts, "front").label, read(texts).label) == ("1", "2")
    assert read(texts, "front").group == "g"


def test_captions_are_not_read_as_labels() -> None:
    sample, reader = make({"txt": b"cat"})
    reader.has_captions = True
    assert reader.read(sample, "").label is None


def test_texts_far_from_their_picture_are_remembered_up_to_a_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample, reader = make({"cls": b"7"})
    reader.keep(sample)
    alone = Sample("a", images=sample.images)
    assert reader.read(alone, "").label == "7"
    assert reader.is_far(sample.texts["", "cls"])
    monkeypatch.setattr("pixonomy.sources.webdataset._MOST_FAR", 1)
    other, _ = make({"cls": b"8"}, "b")
    reader.keep(other)
    assert list(reader.far) == ["a"]


def test_keys_of_a_json_without_a_label_are_named() -> None:
    told = read({"json": as_json(width=3, species="cat", group="g")})
    assert (told.label, told.group, told.keys) == (None, "g", ("width", "species", "group"))
    odd = Oddities()
    odd.see(told)
    (sentence,) = odd.sentences("x.tar")
    assert "its keys are width, species, group" in sentence


def test_what_was_of_no_use_is_counted_once_wherever_it_lies() -> None:
    sample, reader = make({"cls": b"7", "txt": b"x", "json": b"{"})
    far, _ = make({"txt": b"y"}, "b")
    far.texts["", "txt"] = TarMember("b.txt", 10**5, 0, 0, "file")
    reader.keep(far)
    others, odd = PassedOver(), Oddities()
    used = reader.read(sample, "").used
    odd.pass_over(sample, used, reader, others)
    odd.pass_over(Sample("b", texts=far.texts), set(), reader, others)
    odd.pass_over_far(used, reader, others)
    assert others.counts == {".txt": 2, ".json": 1}
    assert odd.sentences("x.tar") == []
