"""WebDataset samples and plain tars of folders become rows whose ranges hold the pictures."""

import gzip
import io
import json
import os
import random
import re
import tarfile
from pathlib import Path

import polars as pl
import pytest
import webdataset.tariterators as wds
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import as_bytes, draw_shape
from pixonomy.dataset.location import locate
from pixonomy.dataset.read import read_bytes
from pixonomy.errors import DataError
from pixonomy.images.pixels import MAX_BYTES
from pixonomy.sources.damage import Damage
from pixonomy.sources.tar import Captions, index_tar

Content = list[tuple[str, bytes]]


def pack(path: Path, content: Content, format: int = tarfile.GNU_FORMAT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=format) as archive:
        for name, data in content:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def rows_of(archive: Path, base: Path | None = None) -> pl.DataFrame:
    batches = list(index_tar(archive, base or archive.parent))
    assert [batch.damage for batch in batches if batch.damage] == []
    return pl.concat(batch.rows for batch in batches)


def labels_of(archive: Path) -> dict[str, str | None]:
    return dict(rows_of(archive).select("member", "label").iter_rows())


def test_pictures_are_ranges_of_the_tar_that_hold_their_bytes(tmp_path: Path) -> None:
    content = [("a.jpg", b"one"), ("a.cls", b"7"), ("b.png", b"two"), ("b.cls", b"8\n")]
    rows = rows_of(pack(tmp_path / "sub" / "x.tar", content), tmp_path)
    assert rows.select("uri", "label", "split", "encoding", "problem").rows() == [
        ("sub/x.tar", "7", None, None, None),
        ("sub/x.tar", "8", None, None, None),
    ]
    assert [read_bytes(one) for one in locate(rows, tmp_path)] == [b"one", b"two"]
    assert rows["group_id"].to_list() == ["sub/x.tar#a", "sub/x.tar#b"]
    assert rows["image_id"].is_unique().all()


@pytest.mark.parametrize(
    ("texts", "label"),
    [
        ({"cls": b" 7\n"}, "7"),
        ({"txt": b"a cat"}, "a cat"),
        ({"json": b'{"label": "cat"}'}, "cat"),
        ({"json": b'{"Category_ID": 1000012345}'}, "1000012345"),
        ({"json": b'{"class": 3, "caption": "x"}', "cls": b"9"}, "3"),
        ({"json": b'{"label": null, "cls": ""}', "cls": b"9"}, "9"),
        ({"json": b'{"label": true}', "txt": b"cat"}, "cat"),
        ({"json": b'{"label": ["cat"]}'}, "cat"),
        ({"json": b'["cat"]'}, "cat"),
        ({"json": b'["cat"]', "cls": b"9"}, "9"),
        ({"json": b"{broken", "cls": b"9"}, "9"),
        ({"json": b"[" * 100_000, "cls": b"9"}, "9"),
        ({"json": b'{"label": ' + b"9" * 5000 + b"}", "cls": b"9"}, "9"),
        ({"json": b'{"label": "\\ud800"}', "cls": b"9"}, "?"),
        ({"json": b'{"label": "x"}' + b" " * 2_000_000, "cls": b"9"}, "9"),
        ({"cls": b"caf\xe9"}, "caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ({"txt": b"a long story\nof two lines"}, None),
        ({"txt": b"x" * 201}, None),
        ({"cls": b""}, None),
    ],
)
def test_labels_are_read_from_the_texts_beside_a_picture(
    tmp_path: Path, texts: dict[str, bytes], label: str | None
) -> None:
    other = [("z.jpg", b"1"), ("z.cls", b"z")]  # makes it a WebDataset
    for content in ([("x/a.jpg", b"1")], []):
        members = [(f"x/a.{kind}", text) for kind, text in texts.items()]
        image = [] if content else [("x/a.jpg", b"1")]
        archive = pack(tmp_path / "x.tar", [*content, *members, *image, *other])
        assert labels_of(archive) == {"x/a.jpg": label, "z.jpg": "z"}


def test_several_pictures_of_a_sample_are_rows_of_one_group(tmp_path: Path) -> None:
    content = [
        ("a.front.jpg", b"1"),
        ("a.BACK.JPG", b"2"),
        ("a.cls", b"5"),
        ("a.back.json", b'{"label": "reverse"}'),
        ("b.0.jpg", b"3"),
        ("b.json", b'{"label": 6, "product_id": 44}'),
    ]
    (batch,) = index_tar(pack(tmp_path / "x.tar", content), tmp_path)
    assert "1 samples in x.tar hold several pictures, such as a.front.jpg and" in batch.remarks[0]
    assert batch.rows.select("member", "label", "group_id").rows() == [
        ("a.front.jpg", "5", "x.tar#a"),
        ("a.BACK.JPG", "reverse", "x.tar#a"),
        ("b.0.jpg", "6", "44"),
    ]


@pytest.mark.parametrize("key", ["group", "group_id", "Product_Id"])
def test_a_group_in_the_json_holds_across_shards(tmp_path: Path, key: str) -> None:
    for shard in ("a.tar", "b.tar"):
        content = [("1.jpg", b"1"), ("1.json", json.dumps({"label": "x", key: "g"}).encode())]
        assert rows_of(pack(tmp_path / shard, content))["group_id"].to_list() == ["g"]


def test_the_split_of_the_whole_shard_is_that_of_its_samples(tmp_path: Path) -> None:
    archive = pack(tmp_path / "x.tar", [("a.jpg", b"1"), ("a.cls", b"0")])
    for split in ("train", "validation", None):
        (batch,) = index_tar(archive, tmp_path, split)
        assert batch.rows["split"].to_list() == [split]


def test_folders_in_a_tar_without_labels_mean_what_they_mean_on_disk(tmp_path: Path) -> None:
    content = [
        ("./train/cat/IMG.1.jpg", b"1"),
        ("train/cat/IMG.2.jpg", b"2"),
        ("test/dog/3.jpg", b""),
    ]
    rows = rows_of(pack(tmp_path / "x.tar", content))
    assert rows.select("label", "split", "label_source").rows() == [
        ("cat", "train", "folder"),
        ("cat", "train", "folder"),
        ("dog", "test", "folder"),
    ]
    assert rows["group_id"].is_unique().all()


def test_a_json_without_a_label_leaves_the_folders_their_meaning(tmp_path: Path) -> None:
    content = [
        ("cat/1.jpg", b"1"),
        ("cat/1.json", b'{"width": 5, "group": "g"}'),
        ("dog/2.jpg", b""),
    ]
    (batch,) = index_tar(pack(tmp_path / "x.tar", content), tmp_path, "train")
    assert batch.rows.select("label", "split").rows() == [("cat", "train"), ("dog", "train")]
    assert batch.rows["group_id"][0] == "g"
    assert "its keys are width, group: call the one" in batch.remarks[0]


def test_hidden_members_and_other_files_are_passed_over_and_counted(tmp_path: Path) -> None:
    content = [
        ("cat/._1.jpg", b""), ("cat/1.jpg", b"1"), ("__MACOSX/cat/1.jpg", b""), ("README", b"x"),
        ("cat/2.mp4", b""), ("cat/.thumbs/3.jpg", b""), ("cat/4.jpg", b"2"), ("a/notes.txt", b"x"),
    ]  # fmt: skip
    (batch,) = index_tar(pack(tmp_path / "x.tar", content), tmp_path)
    assert batch.rows["member"].to_list() == ["cat/1.jpg", "cat/4.jpg"]
    expected = {"hidden or system files": 3, "no ending": 1, ".mp4": 1, ".txt": 1}
    assert batch.passed_over == expected


def test_pictures_without_a_known_ending_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    data = as_bytes(draw_shape("circle", 1))
    content = [
        ("cat/IMG_1", data), ("cat/IMG_2.jpg?w=640", data), ("cat/3.jpg", data),
        ("cat/3.bin", data), ("dog/notes", b"none"), ("dog/4", as_bytes(draw_shape("cross", 1))),
    ]  # fmt: skip
    (batch,) = index_tar(pack(tmp_path / "x.tar", content), tmp_path)
    members = ["cat/IMG_1", "cat/IMG_2.jpg?w=640", "cat/3.jpg", "dog/4"]
    assert batch.rows["member"].to_list() == members
    assert batch.passed_over == {".bin": 1, "no ending": 1}


def test_texts_that_served_are_not_passed_over_and_others_are(tmp_path: Path) -> None:
    content = [("a.jpg", b"1"), ("a.cls", b"3"), ("a.txt", b"A cat."), ("a.json", b'{"w": 1}')]
    (batch,) = index_tar(pack(tmp_path / "x.tar", content), tmp_path)
    assert batch.rows["label"].to_list() == ["3"]
    assert batch.passed_over == {".txt": 1, ".json": 1}
    assert batch.remarks == ()


def test_captions_are_no_labels_and_are_told(tmp_path: Path) -> None:
    content = []
    for number in range(12):
        content += [(f"cat/{number}.jpg", b"1"), (f"cat/{number}.txt", f"cat no {number}".encode())]
    content += [("dog/1.jpg", b"1"), ("dog/2.jpg", b"2")]
    (batch,) = index_tar(pack(tmp_path / "x.tar", content), tmp_path)
    assert batch.rows["label"].to_list() == ["cat"] * 12 + ["dog"] * 2
    assert batch.passed_over == {"captions (.txt)": 12}
    assert "as captions do" in batch.remarks[0]


def test_a_few_notes_beside_pictures_do_not_take_the_folders_their_meaning(tmp_path: Path) -> None:
    content = [(f"{label}/{n}.jpg", b"1") for label in ("cat", "dog") for n in range(9)]
    (batch,) = index_tar(pack(tmp_path / "x.tar", [*content, ("dog/8.txt", b"blurred")]), tmp_path)
    assert batch.rows["label"].to_list() == ["cat"] * 9 + ["dog"] * 9
    assert len(batch.remarks) == 1


@pytest.mark.parametrize("first", ["jpg", "cls"])
def test_texts_far_from_their_pictures_are_read(tmp_path: Path, first: str) -> None:
    images = [(f"{number}.jpg", b"1") for number in range(6)]
    texts = [(f"{number}.cls", b"%d" % (number % 2)) for number in reversed(range(6))]
    content = [*images, *texts] if first == "jpg" else [*texts, *images]
    (batch,) = index_tar(pack(tmp_path / "x.tar", [*content, ("README.txt", b"x")]), tmp_path)
    assert batch.rows["label"].to_list() == ["0", "1"] * 3
    assert batch.passed_over == {".txt": 1}


def test_a_text_far_behind_what_was_read_already_is_named(tmp_path: Path) -> None:
    content = [("a.jpg", b"1"), ("a.cls", b"x"), ("b.jpg", b"2"), ("c.jpg", b"3"), ("b.cls", b"y")]
    (batch,) = index_tar(pack(tmp_path / "x.tar", content), tmp_path)
    assert batch.rows["label"].to_list() == ["x", None, None]
    assert "b.cls in x.tar lies where no picture" in batch.remarks[0]


def test_several_labels_are_never_one_category(tmp_path: Path) -> None:
    content = []
    for number, text in enumerate([b'{"label": ["a", "b"]}', b"{}", b'{"label": "c"}']):
        content += [(f"x/{number}.jpg", b"1"), (f"x/{number}.json", text)]
    (batch,) = index_tar(pack(tmp_path / "x.tar", content), tmp_path)
    assert batch.rows["label"].to_list() == [None, None, "c"]
    assert '1 pictures in x.tar have several labels, such as ["a", "b"]' in batch.remarks[0]


def test_links_to_members_give_their_bytes(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name, type, target, data in (
            ("cat/1.jpg", tarfile.REGTYPE, "", b"one"),
            ("dog/1.jpg", tarfile.LNKTYPE, "cat/1.jpg", b""),
            ("dog/2.jpg", tarfile.SYMTYPE, "../cat/1.jpg", b""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = type, target, len(data)
            archive.addfile(info, io.BytesIO(data))
    rows = rows_of(tmp_path / "x.tar")
    assert rows.select("label", "problem").rows() == [("cat", None), ("dog", None), ("dog", None)]
    assert rows["image_id"].is_unique().all()
    assert [read_bytes(one) for one in locate(rows, tmp_path)] == [b"one"] * 3


def test_members_over_the_cap_are_problems(tmp_path: Path) -> None:
    info = tarfile.TarInfo("cat/1.jpg")
    info.size = MAX_BYTES + 1
    with (tmp_path / "x.tar").open("wb") as file:  # a hole, no bytes
        file.write(info.tobuf())
        file.truncate(512 + info.size + 512 - info.size % 512 + 1024)
    (row,) = rows_of(tmp_path / "x.tar").iter_rows(named=True)
    assert (row["offset"], row["problem"]) == (None, "larger than 160 MiB")


def test_pictures_in_splits_without_categories_are_refused(tmp_path: Path) -> None:
    archive = pack(tmp_path / "x.tar", [("train/1.jpg", b"1"), ("test/2.jpg", b"2")])
    with pytest.raises(DataError, match=r"x\.tar .*train.*--root FOLDER"):
        list(index_tar(archive, tmp_path))


def test_links_and_sparse_files_called_like_pictures_are_problems(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for name, type in (("a/1.jpg", tarfile.SYMTYPE), ("a/2.jpg", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = type, "/etc/passwd"
            archive.addfile(info)
        sparse = tarfile.TarInfo("a/3.jpg")
        sparse.pax_headers = {"GNU.sparse.major": "1"}
        archive.addfile(sparse)
        device = tarfile.TarInfo("a/4.jpg")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    rows = rows_of(tmp_path / "x.tar")
    lost = "a link to another file that was not found in the tar"
    problems = [lost, lost, "a sparse file, stored in pieces"]
    assert rows["problem"].to_list() == problems
    assert rows["offset"].null_count() == rows["length"].null_count() == 3


def test_names_that_climb_out_are_only_names(tmp_path: Path) -> None:
    archive = pack(tmp_path / "x.tar", [("../../cat/1.jpg", b"1"), ("/etc/2.jpg", b"2")])
    assert labels_of(archive) == {"../../cat/1.jpg": "cat", "/etc/2.jpg": "etc"}


def test_names_that_are_not_utf_8_are_two_samples_and_can_be_read(tmp_path: Path) -> None:
    names = [os.fsdecode(b"\xe9.jpg"), os.fsdecode(b"\xe8.jpg")]
    labels = [os.fsdecode(b"\xe9.cls"), os.fsdecode(b"\xe8.cls")]
    content = [(names[0], b"1"), (labels[0], b"e"), (names[1], b"2"), (labels[1], b"f")]
    archive = pack(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.tar")), content)
    (batch,) = index_tar(archive, archive.parent)
    rows = batch.rows
    assert rows["label"].to_list() == ["e", "f"]
    assert rows["member"].to_list() == ["é.jpg", "è.jpg"]
    assert rows["group_id"].n_unique() == 2
    assert "The names of 2 pictures" in batch.remarks[0]
    assert [read_bytes(one) for one in locate(rows, tmp_path)] == [b"1", b"2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"x" * 5000, mtime=0), "compressed with gzip: unpack it"),
        (b"BZh91AY&SY" + bytes(600), "compressed with bzip2"),
        (b"\xfd7zXZ\0" + bytes(600), "compressed with xz"),
        (b"\x28\xb5\x2f\xfd" + bytes(600), "compressed with zstd"),
        (b"PK\5\6" + bytes(18), "is a zip, not a tar"),
        (b"hello", "is no tar"),
        (b"hello" * 500, "is no tar"),
    ],
)
def test_what_is_no_plain_tar_is_told_in_a_sentence(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "x.tar").write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(index_tar(tmp_path / "x.tar", tmp_path))


def test_a_tar_without_pictures_is_one_batch_without_rows(tmp_path: Path) -> None:
    assert rows_of(pack(tmp_path / "x.tar", [])).height == 0
    assert rows_of(pack(tmp_path / "x.tar", [("notes.txt", b"1")])).height == 0


def test_a_sample_of_very_many_members_is_taken_in_parts(tmp_path: Path) -> None:
    content = [(f"a.{number}.jpg", b"") for number in range(2500)]
    rows = rows_of(pack(tmp_path / "x.tar", [*content, ("a.cls", b"1")]))
    assert rows.height == 2500


KEYS = st.sampled_from(["a", "b", "x/a", "x.y/a", "x/b"])
ENDINGS = st.sampled_from(["jpg", "PNG", "0.jpg", "cls", "json", "txt", "bin"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(KEYS, ENDINGS), max_size=12))
def test_samples_are_those_of_the_webdataset_library(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[str, str]]
) -> None:
    content = [(f"{key}.{ending}", b"%d" % number) for number, (key, ending) in enumerate(members)]
    content = [("first.jpg", b"0"), ("first.cls", b"1"), *dict(content).items()]
    archive = pack(tmp_path_factory.mktemp("tar") / "x.tar", content)
    with archive.open("rb") as stream:
        files = wds.tar_file_expander([{"url": "x", "stream": stream}])
        expected = [
            (f"x.tar#{sample['__key__']}", sample[ending])
            for sample in wds.group_by_keys(files)
            for ending in sample
            if ending.endswith(("jpg", "png"))
        ]
    rows = rows_of(archive)
    data = [read_bytes(one) for one in locate(rows, archive.parent)]
    assert list(zip(rows["group_id"], data, strict=True)) == expected


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, pl.DataFrame]:
    generator = random.Random(0)
    content = []
    for number in range(30):
        content.append((f"{number:03d}.jpg", generator.randbytes(generator.randrange(1500))))
        content.append((f"{number:03d}.json", json.dumps({"label": f"c{number % 3}"}).encode()))
    archive = pack(tmp_path_factory.mktemp("whole") / "x.tar", content, tarfile.PAX_FORMAT)
    return archive.read_bytes(), rows_of(archive)


def check(archive: Path, expected: pl.DataFrame, before: int) -> list[Damage]:
    """Check ranges, and that samples that lie before a byte are there; return the damage."""
    batches = list(index_tar(archive, archive.parent))
    rows = pl.concat(batch.rows for batch in batches)
    size = archive.stat().st_size
    ends = (rows["offset"] + rows["length"]).drop_nulls()
    assert (rows["offset"].drop_nulls() >= 0).all()
    assert (ends <= size).all()
    kept = expected.filter(pl.col("offset") + pl.col("length") + 2048 <= before)
    assert rows.head(kept.height).equals(kept)
    return [batch.damage for batch in batches if batch.damage]


def test_a_tar_cut_anywhere_keeps_what_was_whole_and_names_the_place(
    tmp_path: Path, whole: tuple[bytes, pl.DataFrame]
) -> None:
    content, expected = whole
    end = len(content.rstrip(b"\0")) + 1024  # behind it nothing is lost
    generator = random.Random(1)
    for cut in [generator.randrange(512, end - 1024) for _ in range(200)]:
        (tmp_path / "x.tar").write_bytes(content[:cut])
        (damage,) = check(tmp_path / "x.tar", expected, cut)
        assert 0 <= damage.offset <= cut
        assert re.search("the file ends", damage.message)


def test_no_flipped_byte_crashes_or_leads_outside(
    tmp_path: Path, whole: tuple[bytes, pl.DataFrame]
) -> None:
    content, expected = whole
    generator = random.Random(2)
    for _ in range(500):
        place, mask = generator.randrange(512, len(content)), generator.randrange(1, 256)
        changed = bytearray(content)
        changed[place] ^= mask
        (tmp_path / "x.tar").write_bytes(changed)
        check(tmp_path / "x.tar", expected, place)


def judge(texts: list[str]) -> bool:
    captions = Captions()
    for text in texts:
        captions.add(text)
    return captions.are_captions()


SENTENCE = "a photo of a man on bike {}"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], False),
        (["cat"], False),
        (["cat", "dog", "horse"], False),
        (["great white shark", "tiger shark", "great white shark"], False),
        ([SENTENCE.format(number) for number in range(3)], True),
        ([SENTENCE.format(number) for number in range(50)], True),
        ([SENTENCE.format(number // 2 if number < 20 else number) for number in range(50)], True),
        ([SENTENCE.format(number % 10) for number in range(50)], False),
        ([f"sku-{number}" for number in range(50)], True),
        ([f"class{number % 40}" for number in range(60)], False),
        ([f"class{number * number % 1009}" for number in range(700)], False),
        ([str(number % 7) for number in range(6)], True),
    ],
)
def test_captions_are_told_from_labels(texts: list[str], expected: bool) -> None:
    assert judge(texts) == expected


def test_no_more_texts_are_remembered_than_needed() -> None:
    captions = Captions()
    for number in range(20_000):
        captions.add(str(number))
    assert captions.is_full
    assert captions.count == 10_000
