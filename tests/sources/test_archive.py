import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pixonomy.errors import DataError
from pixonomy.sources.archive import index_archive, is_archive


def tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("cat/1.jpg")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"one"))
    return stream.getvalue()


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("cat/1.jpg", b"one")
    return stream.getvalue()


@pytest.mark.parametrize("name", ["x.tar", "x.zip", "x.tar.gz", "x.tgz"])
@pytest.mark.parametrize("content", [tar(), zipped()], ids=["tar", "zip"])
def test_archives_are_read_whatever_they_are_called(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    (batch,) = index_archive(tmp_path / name, tmp_path, "train")
    assert batch.rows.select("member", "label", "split").rows() == [("cat/1.jpg", "cat", "train")]


PACKED_TAR = gzip.compress(tar())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "x.tar",
            gzip.compress(tar(), mtime=0),
            r"compressed with gzip: unpack it .*gunzip -k x\.tar",
        ),
        ("x.tar.gz", PACKED_TAR, r"plain \.tar \(`gunzip -k x\.tar\.gz`\)"),
        ("x.zip", gzip.compress(zipped()), "compressed with gzip"),
        ("x.bson.gz", gzip.compress(b"x"), r"plain \.bson"),
        ("x.7z", b"7z\xbc\xaf\x27\x1c" + bytes(30), "7z x"),
        ("x.zip.001", zipped()[:40], "cat x.zip"),
        ("x.zip", zipped()[:40], "cut or damaged"),
        ("x.zip", b"hello", r"x\.zip is no zip\."),
        ("x.tar", b"hello", r"x\.tar is no tar\."),
        ("x.tgz", b"hello", r"x\.tgz is no tar\."),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        list(index_archive(tmp_path / name, tmp_path))
    assert "\n" not in str(caught.value)


def test_archives_are_known_by_name() -> None:
    names = ["a.TAR", "a.zip", "a.tar.gz", "a.rar", "a.z01"]
    assert all(is_archive(Path(name)) for name in names)
    assert not any(is_archive(Path(name)) for name in ("a.bson", "a.jpg", "a", "a.csv"))
