import io
import tarfile

from pixonomy.sources.damage import Damage
from pixonomy.sources.passed_over import PassedOver
from pixonomy.sources.tar_links import LinkedTar
from pixonomy.sources.tar_samples import Sample, find_samples

JPEG = b"\xff\xd8\xff\xe0"


def pack(*members: tuple[str, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream


def find(stream: io.BytesIO) -> tuple[list[Sample], PassedOver]:
    others = PassedOver()
    samples = [one for one in find_samples(LinkedTar(stream), others) if isinstance(one, Sample)]
    return samples, others


def test_neighbours_with_one_key_are_a_sample_of_pictures_and_texts() -> None:
    samples, _ = find(
        pack(("x/a.jpg", b""), ("x/a.1.png", b""), ("x/a.json", b""), ("x/b.cls", b""))
    )
    assert [one.key for one in samples] == ["x/a", "x/b"]
    assert [inner for _, inner in samples[0].images] == ["", "1"]
    assert list(samples[0].texts) == [("", "json")]
    assert list(samples[1].texts) == [("", "cls")]


def test_a_member_whose_ending_tells_nothing_counts_where_no_other_is_a_picture() -> None:
    samples, others = find(
        pack(("a.img", JPEG), ("a.cls", b"1"), ("b.jpg", JPEG), ("b.depth", JPEG), ("c", JPEG))
    )
    assert [member.name for one in samples for member, _ in one.images] == ["a.img", "b.jpg", "c"]
    assert others.counts == {".depth": 1}


def test_links_that_lead_nowhere_and_are_called_like_no_picture_are_counted() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("train")
        info.type, info.linkname = tarfile.SYMTYPE, "/data/train"
        archive.addfile(info)
    samples, others = find(stream)
    assert samples == []
    assert others.counts == {"links": 1}


def test_damage_comes_behind_what_was_whole() -> None:
    content = pack(("a.jpg", b"1"), ("a.cls", b"2"), ("b.jpg", b"3")).getvalue()
    sample, other, damage = find_samples(LinkedTar(io.BytesIO(content[:2561])), PassedOver())
    assert isinstance(sample, Sample)
    assert isinstance(other, Sample)
    assert isinstance(damage, Damage)
