"""Zips and tars as people pack them: links, names in many encodings, labels beside the pictures."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from people.conftest import (
    Case,
    Cases,
    Named,
    check,
    fill_all,
    image,
    named,
    pack,
    put,
    put_tar,
    put_zip,
)

CASES = Cases()
LABELS = ("cat", "dog")
PETS = dict.fromkeys(LABELS, 3)


def put_links(path: Path, names: list[str], links: dict[str, str], is_soft: bool = False) -> Path:
    """Write a tar of cats and of links to them, in the order of `names`."""
    with tarfile.open(path, "w") as tar:
        for number, name in enumerate(names):
            member = tarfile.TarInfo(name)
            if name in links:
                member.type = tarfile.SYMTYPE if is_soft else tarfile.LNKTYPE
                member.linkname = links[name]
                tar.addfile(member)
            else:
                data = image("cat", number)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return path


# google/fuse-archive#27, libarchive/libarchive#3384: such members are easily lost.
@CASES.add("hard links behind what they link to", {"cat": 3})
def _(here: Path) -> Named:
    names = ["cat/0.jpg", "cat/1.jpg", "cat/copy.jpg"]
    return put_links(here / "t.tar", names, {"cat/copy.jpg": "cat/0.jpg"})


@CASES.add("a hard link before what it links to, and a link to a link", {"cat": 4})
def _(here: Path) -> Named:
    links = {"cat/a.jpg": "cat/z.jpg", "cat/b.jpg": "./cat/a.jpg"}
    return put_links(here / "t.tar", ["cat/a.jpg", "cat/b.jpg", "cat/y.jpg", "cat/z.jpg"], links)


@CASES.add("a hard link to nothing", {"cat": 2}, problems=1, told=("link",))
def _(here: Path) -> Named:
    names = ["cat/0.jpg", "cat/1.jpg", "cat/copy.jpg"]
    return put_links(here / "t.tar", names, {"cat/copy.jpg": "cat/gone.jpg"})


@CASES.add("a symbolic link inside the tar", {"cat": 3})
def _(here: Path) -> Named:
    names = ["cat/0.jpg", "cat/1.jpg", "cat/copy.jpg"]
    return put_links(here / "t.tar", names, {"cat/copy.jpg": "0.jpg"}, is_soft=True)


@CASES.add("a symbolic link out of the tar", {"cat": 2}, problems=1, told=("link",))
def _(here: Path) -> Named:
    names = ["cat/0.jpg", "cat/1.jpg", "cat/copy.jpg"]
    return put_links(here / "t.tar", names, {"cat/copy.jpg": "../../etc/passwd"}, is_soft=True)


@CASES.add("a tar of the folder itself, with long names in pax headers", {"x" * 120: 3, "dog": 3})
def _(here: Path) -> Named:
    members = named(("x" * 120, "dog"), 3, "./{}/{}" + "y" * 120 + ".jpg")
    return put_tar(here / "t.tar", members, tarfile.PAX_FORMAT)


@CASES.add("a tar with names in another encoding than UTF-8", {"pâté": 3, "pêtè": 3})
def _(here: Path) -> Named:
    with tarfile.open(here / "t.tar", "w", format=tarfile.USTAR_FORMAT, encoding="cp1252") as tar:
        for name, data in named(("pâté", "pêtè")).items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return here / "t.tar"


def put_raw_zip(
    path: Path, names: dict[bytes, bytes], extra: Callable[[bytes], bytes] | None = None
) -> Path:
    """Write a zip of pictures under names whose encoding no flag tells."""
    body, directory = bytearray(), bytearray()
    for name, data in names.items():
        more = extra(name) if extra is not None else b""
        crc, place = zlib.crc32(data), len(body)
        sizes = (0, 0, 0, 0, crc, len(data), len(data), len(name), len(more))
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, *sizes) + name + more + data
        entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *sizes, 0, 0, 0, 0, place)
        directory += entry + name + more
    count = len(names)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return put(path, bytes(body + directory + end))


def encoded(labels: tuple[str, ...], encoding: str) -> dict[bytes, bytes]:
    return {name.encode(encoding): data for name, data in named(labels).items()}


# splitbrain/php-archive#14: umlauts that a Windows of before has packed.
@CASES.add("a zip of Windows' own, in code page 437", {"Käfer": 3, "Kröte": 3})
def _(here: Path) -> Named:
    return put_raw_zip(here / "t.zip", encoded(("Käfer", "Kröte"), "cp437"))


@CASES.add("a Mac's zip: UTF-8 without the flag", {"Käfer": 3, "Kröte": 3})
def _(here: Path) -> Named:
    return put_raw_zip(here / "t.zip", encoded(("Käfer", "Kröte"), "utf-8"))


@CASES.add("Unicode names in the extra field 0x7075", {"санузел": 3, "кухня": 3})
def _(here: Path) -> Named:
    def tell(name: bytes) -> bytes:
        text = name.decode("cp866").encode()
        return struct.pack("<HHBL", 0x7075, 5 + len(text), 1, zlib.crc32(name)) + text

    return put_raw_zip(here / "t.zip", encoded(("санузел", "кухня"), "cp866"), tell)


@CASES.add("names in an encoding that nothing tells", told=("encoding|letters|names",))
def _(here: Path) -> Named:
    return put_raw_zip(here / "t.zip", encoded(("猫の写真", "犬の写真"), "shift_jis"))


@CASES.add("backslashes between folders", PETS)
def _(here: Path) -> Named:
    members = encoded(LABELS, "ascii").items()
    return put_raw_zip(here / "t.zip", {n.replace(b"/", b"\\"): data for n, data in members})


@CASES.add("a Mac's companions and a .DS_Store", PETS, told=("hidden or system",))
def _(here: Path) -> Named:
    others = {"__MACOSX/cat/._0.jpg": b"\0\5\x16\7" + bytes(80), "cat/.DS_Store": b"\0\0\0\1"}
    return put_zip(here / "t.zip", {**named(LABELS), **others}, zipfile.ZIP_DEFLATED)


@CASES.add("zips inside a zip", refused=("zip", "unpack|inside|member"))
def _(here: Path) -> Named:
    fill_all(here / "cat", ("cat",))
    inner = pack(here / "cat", ".zip").read_bytes()
    return put_zip(here / "t.zip", {"cat.zip": inner, "dog.zip": inner})


@CASES.add("a zip beside the pictures in a zip", PETS, passed_over={".zip": 1})
def _(here: Path) -> Named:
    return put_zip(here / "t.zip", {**named(LABELS), "masks.zip": b"PK\5\6" + bytes(18)})


@CASES.add("a zip behind a password", problems=6, labels={}, told=("password|encrypted",))
def _(here: Path) -> Named:
    data = bytearray(put_zip(here / "t.zip", named(LABELS)).read_bytes())
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(mark, at + 4)
    return put(here / "t.zip", bytes(data))


@CASES.add("members that overlap", {"cat": 1}, problems=11, told=("overlap",))
def _(here: Path) -> Named:
    data = bytearray(put_zip(here / "t.zip", named(("cat",), 12)).read_bytes())
    at, places = data.find(b"PK\1\2"), []
    while at >= 0:
        places.append(at)
        at = data.find(b"PK\1\2", at + 4)
    for place in places:  # each member holds all that follow it
        start = struct.unpack_from("<L", data, place + 42)[0]
        end = places[0] - start - 40
        struct.pack_into("<LL", data, place + 20, end, end)
        struct.pack_into("<LL", data, start + 18, end, end)
    return put(here / "t.zip", bytes(data))


@CASES.add("a zip that was cut", refused=(r"t\.zip", "cut|end|director"))
def _(here: Path) -> Named:
    path = put_zip(here / "t.zip", named(LABELS))
    return put(path, path.read_bytes()[:-60])


@CASES.add("a tar that was cut", refused=("byte", "--salvage"))
def _(here: Path) -> Named:
    path = put_tar(here / "t.tar", named(LABELS))
    return put(path, path.read_bytes()[:4000])


PACKED = {  # by name: the first bytes
    "t.tar.gz": b"\x1f\x8b\x08",
    "t.tgz": b"\x1f\x8b\x08",
    "t.tar.bz2": b"BZh9",
    "t.tar.xz": b"\xfd7zXZ\0",
    "t.tar.zst": b"\x28\xb5\x2f\xfd",
    "t.7z": b"7z\xbc\xaf\x27\x1c",
    "t.rar": b"Rar!\x1a\x07\0",
    "t.tar": b"\x1f\x8b\x08",
    "t.zip.001": b"PK\3\4",
    "t.z01": b"PK\3\4",
}
for _name, _start in PACKED.items():

    def _build(here: Path, name: str = _name, start: bytes = _start) -> Path:
        return put(here / name, start + bytes(600))

    CASES.add(f"{_name} is packed, or a part", refused=("unpack|join|read", r"t\."))(_build)


class Stream(io.BytesIO):
    """Takes bytes and never goes back, as a download does."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError


@CASES.add("a zip that was streamed: sizes behind the members", PETS)
def _(here: Path) -> Named:
    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in named(LABELS).items():
            archive.writestr(name, data)
    return put(here / "t.zip", stream.getvalue())


@CASES.add("a zip that unpacks itself", PETS)
def _(here: Path) -> Named:
    data = put_zip(here / "t.zip", named(LABELS)).read_bytes()
    return put(here / "t.zip", b"MZ" + bytes(3000) + data)


@CASES.add("a zip with a comment", PETS)
def _(here: Path) -> Named:
    with zipfile.ZipFile(put_zip(here / "t.zip", named(LABELS)), "a") as archive:
        archive.comment = b"PK\5\6 made by a shop" * 9
    return here / "t.zip"


@CASES.add("a method of packing that is rare", labels={}, problems=6, told=("bzip2|method|pack",))
def _(here: Path) -> Named:
    return put_zip(here / "t.zip", named(LABELS), zipfile.ZIP_BZIP2)


@CASES.add("two tars joined to one", PETS)
def _(here: Path) -> Named:
    parts = [put_tar(here / f"{one}.tar", named((one,))).read_bytes() for one in LABELS]
    return put(here / "joined" / "t.tar", b"".join(parts))


@CASES.add("pictures without endings, and HEIC, in a tar", PETS, told=("HEIC",))
def _(here: Path) -> Named:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400)
    return put_tar(here / "t.tar", {**named(LABELS, 3, "{}/{}"), "cat/IMG_1.HEIC": heic})


@CASES.each()
def test_archives_as_people_pack_them(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)
