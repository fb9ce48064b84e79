from pathlib import Path

import pytest

from pixonomy.sources.packed import explain_packed, is_packed


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.tar.gz", "compressed with gzip: unpack it to a plain .tar (`gunzip -k x.tar.gz`)"),
        ("x.TGZ", "compressed with gzip: unpack it to a plain .tar"),
        ("x.tar.bz2", "(`bunzip2 -k x.tar.bz2`)"),
        ("x.txz", "compressed with xz: unpack it to a plain .tar (`unxz -k x.txz`)"),
        ("x.tar.zst", "(`unzstd x.tar.zst`)"),
        ("x.bson.gz", "unpack it to a plain .bson (`gunzip -k x.bson.gz`)"),
        ("x.zip.gz", "plain .zip"),
        ("x.csv.gz", "plain .csv"),
        ("x.gz", "unpack it to a plain file"),
        ("x.7z", "compressed with 7-Zip: unpack it (`7z x x.7z`) and name the folder"),
        ("x.rar", "(`unrar x x.rar`) and name the folder"),
        ("x.part1.rar", "part of a RAR archive"),
        ("x.r00", "part of a RAR archive"),
        ("x.zip.001", "join the parts in their order (`cat x.zip.[0-9]* > x.zip`)"),
        ("x.z01", "(`zip -s 0 x.zip --out whole.zip`)"),
    ],
)
def test_packed_files_and_parts_are_known_by_name_with_a_way_out(name: str, said: str) -> None:
    assert is_packed(Path(name))
    sentence = explain_packed(Path("in") / name)
    assert sentence is not None
    assert sentence.startswith(f"in/{name} is ")
    assert said in sentence
    assert sentence.count("\n") == 0


@pytest.mark.parametrize(
    ("start", "packer"),
    [(b"\x1f\x8b\x08", "gzip"), (b"BZh9", "bzip2"), (b"Rar!\x1a\x07\x01", "RAR"),
     (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"\x04\x22\x4d\x18", "lz4")],
)  # fmt: skip
def test_the_first_bytes_go_before_the_name(start: bytes, packer: str) -> None:
    sentence = explain_packed(Path("x.tar"), start + bytes(8))
    assert sentence is not None
    assert f"compressed with {packer}" in sentence
    assert explain_packed(Path("x.tar.gz"), b"plain text") is None


@pytest.mark.parametrize("name", ["x.tar", "x.zip", "x.2024", "x.jpg", "x", "x.z1", "001"])
def test_others_are_not_packed(name: str) -> None:
    assert not is_packed(Path(name))
    assert explain_packed(Path(name)) is None
