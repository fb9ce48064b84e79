"""Folders of pictures in a zip become rows whose ranges hold the pictures, packed or not."""

import io
import random
import stat
import zipfile
import zlib
from pathlib import Path

import polars as pl
import pytest

from conftest import as_bytes, draw_shape
from pixonomy.dataset.location import DEFLATE, STORED, locate, with_checksum
from pixonomy.dataset.read import read_bytes
from pixonomy.errors import DataError, UndecodableImage
from pixonomy.images.pixels import MAX_BYTES
from pixonomy.sources.zip import index_zip

HEIC = b"\0\0\0\x18ftypheic" + bytes(40)
CIFAR = (Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "cifar10.zip").resolve()


def pack(path: Path, content: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def rows_of(archive: Path, base: Path | None = None) -> pl.DataFrame:
    batches = list(index_zip(archive, base or archive.parent))
    assert [batch.damage for batch in batches if batch.damage] == []
    return pl.concat(batch.rows for batch in batches)


@pytest.mark.parametrize(
    ("method", "encoding"), [(zipfile.ZIP_STORED, STORED), (zipfile.ZIP_DEFLATED, DEFLATE)]
)
def test_stored_and_deflated_members_are_ranges_that_hold_their_bytes(
    tmp_path: Path, method: int, encoding: str
) -> None:
    content = {"cat/1.jpg": b"one" * 500, "dog/2.png": b"two", "dog/3.jpg": random.randbytes(999)}
    rows = rows_of(pack(tmp_path / "sub" / "x.zip", content, method), tmp_path)
    assert dict(rows.select("member", "label").iter_rows()) == {
        "cat/1.jpg": "cat",
        "dog/2.png": "dog",
        "dog/3.jpg": "dog",
    }
    assert set(rows["uri"]) == {"sub/x.zip"}
    checksums = [zlib.crc32(data) for data in content.values()]
    assert rows["encoding"].to_list() == [with_checksum(encoding, one) for one in checksums]
    assert rows["problem"].null_count() == rows["split"].null_count() == 3
    assert [read_bytes(one) for one in locate(rows, tmp_path)] == list(content.values())


def test_folders_inside_mean_what_they_mean_on_disk(tmp_path: Path) -> None:
    content = {"train/cat/1.jpg": b"1", "Val/dog/a/2.jpg": b"2", "test/3.jpg": b"3"}
    rows = rows_of(pack(tmp_path / "x.zip", content))
    assert rows.select("label", "split").rows() == [
        ("cat", "train"),
        ("dog", "validation"),
        (None, "test"),
    ]


def test_a_folder_around_everything_is_passed_over(tmp_path: Path) -> None:
    rows = rows_of(pack(tmp_path / "x.zip", {"photos/cat/1.jpg": b"1", "photos/dog/2.jpg": b"2"}))
    assert rows["label"].to_list() == ["cat", "dog"]


def test_a_member_streamed_into_the_zip_is_found_behind_its_local_header(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # sizes stand behind the members
        archive.writestr("cat/1.jpg", b"12345")
        archive.writestr("cat/2.jpg", b"678")
    (tmp_path / "x.zip").write_bytes(pipe.data)
    rows = rows_of(tmp_path / "x.zip")
    assert [read_bytes(one) for one in locate(rows, tmp_path)] == [b"12345", b"678"]


def test_names_of_windows_and_names_that_climb_out_are_only_names(tmp_path: Path) -> None:
    content = {"cat\\1.jpg": b"1", "../../dog/2.jpg": b"2", "/etc/3.jpg": b"3"}
    rows = rows_of(pack(tmp_path / "x.zip", content))
    assert rows["label"].to_list() == ["cat", "dog", "etc"]
    assert [read_bytes(one) for one in locate(rows, tmp_path)] == [b"1", b"2", b"3"]


def test_folders_hidden_members_and_other_files_are_passed_over(tmp_path: Path) -> None:
    content = {
        "cat/": b"", "cat/1.jpg": b"1", "__MACOSX/cat/._1.jpg": b"", "__MACOSX/cat/1.jpg": b"",
        ".git/2.jpg": b"", "cat/.3.jpg": b"", "cat/Thumbs.db": b"", "odd.jpg/": b"",
    }  # fmt: skip
    (batch,) = index_zip(pack(tmp_path / "x.zip", content), tmp_path)
    assert batch.rows["member"].to_list() == ["cat/1.jpg"]
    assert batch.passed_over == {"hidden or system files": 5}


def test_other_methods_and_encryption_are_problems(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("cat/1.jpg", b"1")
        archive.writestr("cat/2.jpg", b"2", zipfile.ZIP_BZIP2)
        archive.writestr("cat/3.jpg", b"3", zipfile.ZIP_LZMA)
    data = bytearray((tmp_path / "x.zip").read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    rows = rows_of(tmp_path / "x.zip")
    assert rows["problem"].to_list() == [
        "the zip's member is encrypted",
        "the zip's member is compressed with bzip2, not stored or deflated",
        "the zip's member is compressed with LZMA, not stored or deflated",
    ]
    assert rows["offset"].null_count() == rows["length"].null_count() == 3


def test_members_over_the_cap_are_problems_and_those_that_lie_are_read_only_so_far(
    tmp_path: Path,
) -> None:
    with (
        zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("cat/1.jpg", "w") as member,
    ):
        for _ in range(300):
            member.write(bytes(1024**2))
    (row,) = rows_of(tmp_path / "x.zip").iter_rows(named=True)
    assert (row["offset"], row["problem"]) == (None, "larger than 160 MiB")
    size = (300 * 1024**2).to_bytes(4, "little")
    data = (tmp_path / "x.zip").read_bytes()
    assert MAX_BYTES < 300 * 1024**2
    (tmp_path / "x.zip").write_bytes(data.replace(size, b"\7\0\0\0"))
    (location,) = locate(rows_of(tmp_path / "x.zip"), tmp_path)
    with pytest.raises(UndecodableImage, match="damaged or too large"):
        read_bytes(location)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_bytes_that_do_not_have_their_checksum_are_a_reason(tmp_path: Path, method: int) -> None:
    data = random.Random(5).randbytes(5000)  # deflate leaves them as they are
    pack(tmp_path / "x.zip", {"cat/1.jpg": data, "cat/2.jpg": b"2"}, method)
    rows = rows_of(tmp_path / "x.zip")
    content = bytearray((tmp_path / "x.zip").read_bytes())
    content[rows["offset"][0] + 2500] ^= 1
    (tmp_path / "x.zip").write_bytes(content)
    first, second = locate(rows, tmp_path)
    with pytest.raises(UndecodableImage, match="its checksum differs"):
        read_bytes(first)
    assert read_bytes(second) == b"2"


def test_manifests_without_checksums_are_still_read(tmp_path: Path) -> None:
    content = {"cat/1.jpg": b"one" * 500}
    for method, encoding in ((zipfile.ZIP_STORED, None), (zipfile.ZIP_DEFLATED, DEFLATE)):
        rows = rows_of(pack(tmp_path / "x.zip", content, method))
        rows = rows.with_columns(encoding=pl.lit(encoding, pl.String))
        assert read_bytes(locate(rows, tmp_path)[0]) == b"one" * 500


def test_members_in_one_another_are_problems_and_two_names_of_one_are_not(tmp_path: Path) -> None:
    whole = pack(tmp_path / "x.zip", {f"cat/{n}.jpg": bytes([n]) * 99 for n in range(3)})
    content = bytearray(whole.read_bytes())
    headers = [content.index(b"PK\3\4", at) for at in (0, 100, 250)]
    entries = [content.index(b"PK\1\2")]
    entries += [content.index(b"PK\1\2", entries[0] + 4)]
    for base, at in ((headers[0], 18), (entries[0], 20)):  # the first holds the second
        content[base + at : base + at + 8] = (250).to_bytes(4, "little") * 2
    whole.write_bytes(content)
    problems = rows_of(whole)["problem"].to_list()
    assert problems == ["the zip's member overlaps others, as in a zip bomb", None, None]
    content = bytearray(pack(whole, {"cat/1.jpg": b"same", "cat/2.jpg": b"same"}).read_bytes())
    second = content.rindex(b"PK\1\2")
    content[second + 42 : second + 46] = bytes(4)
    whole.write_bytes(content)
    rows = rows_of(whole)
    assert rows["problem"].to_list() == [None, None]
    assert [read_bytes(one) for one in locate(rows, tmp_path)] == [b"same", b"same"]


def test_names_in_no_known_encoding_are_told_with_a_way_out(tmp_path: Path) -> None:
    whole = pack(tmp_path / "x.zip", {"a?/1.jpg": b"1", "b?/2.jpg": b"2", "c/3.jpg": b"3"})
    content = whole.read_bytes().replace(b"a?/", b"a\xe9/").replace(b"b?/", b"b\xe8/")
    whole.write_bytes(content)
    (batch,) = index_zip(whole, tmp_path)
    assert batch.rows["label"].to_list() == ["a\N{GREEK CAPITAL LETTER THETA}",
                                             "b\N{GREEK CAPITAL LETTER PHI}", "c"]  # fmt: skip
    (remark,) = batch.remarks
    assert "The names of 2 pictures in x.zip are in no known encoding" in remark
    assert "--metadata-encoding cp932 -e x.zip" in remark


def test_links_and_other_archives_inside_are_told(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("cat/2.jpg")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("cat/1.jpg", b"1")
        archive.writestr(link, b"1.jpg")
        archive.writestr("more.zip", b"PK")
    (batch,) = index_zip(tmp_path / "x.zip", tmp_path)
    assert batch.rows["problem"].to_list() == [None, "the zip's member is a link to another file"]
    assert batch.passed_over == {".zip": 1}
    assert "Archives inside an archive are not read (.zip 1)" in batch.remarks[0]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_pictures_without_a_known_ending_are_known_by_their_first_bytes(
    tmp_path: Path, method: int
) -> None:
    data = as_bytes(draw_shape("circle", 1))
    content = {"cat/IMG_1": data, "cat/2.jpg": data, "cat/notes": b"x", "cat/3.heic": HEIC}
    (batch,) = index_zip(pack(tmp_path / "x.zip", content, method), tmp_path)
    assert batch.rows["member"].to_list() == ["cat/IMG_1", "cat/2.jpg"]
    assert batch.passed_over == {"no ending": 1, ".heic": 1}
    assert "a HEIC picture (1 file)" in batch.remarks[0]


def test_pictures_directly_in_the_zip_have_the_category_of_the_whole(tmp_path: Path) -> None:
    (batch,) = index_zip(pack(tmp_path / "cat.zip", {"1.jpg": b"1"}), tmp_path, "train", "cat")
    assert batch.rows.select("label", "split").rows() == [("cat", "train")]
    (batch,) = index_zip(pack(tmp_path / "x.zip", {"dog/1.jpg": b"1"}), tmp_path, None, "cat")
    assert batch.rows["label"].to_list() == ["dog"]


def test_pictures_in_splits_without_categories_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.zip .*train.*--root FOLDER"):
        list(index_zip(pack(tmp_path / "x.zip", {"train/1.jpg": b"", "test/2.jpg": b""}), tmp_path))


def test_the_last_part_of_several_and_a_tar_are_told(tmp_path: Path) -> None:
    content = bytearray(pack(tmp_path / "x.zip", {"cat/1.jpg": b"1"}).read_bytes())
    content[content.rindex(b"PK\5\6") + 4] = 2
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"last part .*x\.z01.*zip -s 0 x\.zip --out"):
        list(index_zip(tmp_path / "x.zip", tmp_path))
    (tmp_path / "x.zip").write_bytes(bytes(1024))
    with pytest.raises(DataError, match="is a tar, not a zip"):
        list(index_zip(tmp_path / "x.zip", tmp_path))


def test_damaged_deflated_bytes_are_a_reason(tmp_path: Path) -> None:
    pack(tmp_path / "x.zip", {"cat/1.jpg": b"one" * 500}, zipfile.ZIP_DEFLATED)
    rows = rows_of(tmp_path / "x.zip")
    data = bytearray((tmp_path / "x.zip").read_bytes())
    data[rows["offset"][0]] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(UndecodableImage, match="damaged"):
        read_bytes(locate(rows, tmp_path)[0])


def test_a_cut_zip_and_no_zip_are_told_in_a_sentence(tmp_path: Path) -> None:
    content = pack(tmp_path / "x.zip", {"cat/1.jpg": b"1" * 99}).read_bytes()
    for cut in range(4, len(content) - 1):
        (tmp_path / "x.zip").write_bytes(content[:cut])
        with pytest.raises(DataError, match="directory that ends every zip is missing"):
            list(index_zip(tmp_path / "x.zip", tmp_path))
    (tmp_path / "x.zip").write_bytes(b"no zip at all" * 100)
    with pytest.raises(DataError, match=r"x\.zip is no zip\."):
        list(index_zip(tmp_path / "x.zip", tmp_path))


def test_a_zip_without_pictures_is_one_batch_without_rows(tmp_path: Path) -> None:
    assert rows_of(pack(tmp_path / "x.zip", {})).height == 0
    assert rows_of(pack(tmp_path / "x.zip", {"notes.txt": b"1"})).height == 0


def test_no_flipped_byte_crashes_or_leads_outside(tmp_path: Path) -> None:
    generator = random.Random(3)
    names = [f"train/{'cat' if n % 2 else 'dog'}/{n}.jpg" for n in range(12)]
    content = {name: generator.randbytes(generator.randrange(400)) for name in names}
    whole = pack(tmp_path / "x.zip", content, zipfile.ZIP_DEFLATED).read_bytes()
    for _ in range(500):
        changed = bytearray(whole)
        changed[generator.randrange(len(whole))] ^= generator.randrange(1, 256)
        (tmp_path / "x.zip").write_bytes(changed)
        try:
            batches = list(index_zip(tmp_path / "x.zip", tmp_path))
        except DataError:
            continue
        rows = pl.concat(batch.rows for batch in batches)
        assert rows.height + sum(batch.damage is not None for batch in batches) <= 13
        assert ((rows["offset"] + rows["length"]).drop_nulls() <= len(whole)).all()
        assert (rows["offset"].drop_nulls() >= 0).all()
        for one in locate(rows.filter(pl.col("problem").is_null()), tmp_path):
            try:
                read_bytes(one)
            except UndecodableImage:
                continue


@pytest.mark.real_data
@pytest.mark.skipif(not CIFAR.is_file(), reason="the real pictures are not at hand")
def test_sixty_thousand_members_are_found() -> None:
    rows = rows_of(CIFAR)
    assert dict(rows["split"].value_counts().iter_rows()) == {"train": 50_000, "test": 10_000}
    assert rows["label"].n_unique() == 10
    with zipfile.ZipFile(CIFAR) as oracle:
        for one in locate(rows[::1000], CIFAR.parent):
            assert one.member is not None
            assert read_bytes(one) == oracle.read(one.member)
