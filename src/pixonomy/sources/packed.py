"""Says how to unpack a packed file, or a part of an archive, that cannot be read as it is."""

import re
from pathlib import Path

from pixonomy.storage.files import printable

_PACKERS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"LZIP": "lzip",
    b"\x1f\x9d": "compress",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
}
_COMMANDS = {
    "gzip": "gunzip -k", "bzip2": "bunzip2 -k", "xz": "unxz -k", "zstd": "unzstd", "lz4": "unlz4",
    "lzip": "lzip -dk", "lzma": "unlzma -k", "brotli": "brotli -d", "compress": "uncompress",
    "7-Zip": "7z x", "RAR": "unrar x",
}  # fmt: skip
_ENDINGS = {
    ".gz": "gzip", ".tgz": "gzip", ".taz": "gzip", ".bz2": "bzip2", ".tbz": "bzip2",
    ".tbz2": "bzip2", ".tb2": "bzip2", ".xz": "xz", ".txz": "xz", ".zst": "zstd", ".zstd": "zstd",
    ".tzst": "zstd", ".lz4": "lz4", ".lz": "lzip", ".tlz": "lzma", ".lzma": "lzma",
    ".br": "brotli", ".z": "compress", ".7z": "7-Zip", ".rar": "RAR", ".cbr": "RAR",
}  # fmt: skip
_TARS = (".tgz", ".taz", ".tbz", ".tbz2", ".tb2", ".txz", ".tzst", ".tlz")
_FOLDERS = ("7-Zip", "RAR")  # what they hold are many files, not one
_WITHOUT_MAGIC = ("brotli", "lzma")
_PART = re.compile(r"\.(?:\d{3}|z\d\d|r\d\d|part\d+\.rar)", re.IGNORECASE)


def is_packed(file: Path) -> bool:
    """Tell by its name whether a file is packed, or a part of an archive that was cut."""
    return file.suffix.lower() in _ENDINGS or _is_part(file)


def _is_part(file: Path) -> bool:
    return any(_PART.fullmatch("".join(file.suffixes[-count:])) for count in (1, 2))


def explain_packed(file: Path, start: bytes = b"") -> str | None:
    """Return how to unpack a file.

    Args:
        start: its first bytes, eight or more, which go before the name. Without any, or where a
            packer leaves no mark, the name tells.

    Returns:
        None if it is not packed.
    """
    if _is_part(file):
        return _explain_part(file)
    packer = next((name for magic, name in _PACKERS.items() if start.startswith(magic)), None)
    named = _ENDINGS.get(file.suffix.lower())
    if packer is None and (not start or named in _WITHOUT_MAGIC):
        packer = named
    if packer is None:
        return None
    name = printable(file)
    command = f"`{_COMMANDS[packer]} {printable(file.name)}`"
    if packer in _FOLDERS:
        return f"{name} is compressed with {packer}: unpack it ({command}) and name the folder."
    return (
        f"{name} is compressed with {packer}: unpack it to a plain {_inner_ending(file)} "
        f"({command}), whose pictures can be read in place."
    )


def _inner_ending(file: Path) -> str:
    if file.suffix.lower() in _TARS or file.suffix.lower() not in _ENDINGS:
        return ".tar"
    return Path(file.stem).suffix.lower() or "file"


def _explain_part(file: Path) -> str:
    name, stem = printable(file), printable(Path(file.name).stem)
    if re.fullmatch(r"\.z\d\d", file.suffix, re.IGNORECASE):
        return (
            f"{name} is a part of a zip that was cut: join the parts "
            f"(`zip -s 0 {stem}.zip --out whole.zip`) and name the whole."
        )
    if re.fullmatch(r"\.\d{3}", file.suffix):
        return (
            f"{name} is a part of a file that was cut: join the parts in their order "
            f"(`cat {stem}.[0-9]* > {stem}`) and name the whole."
        )
    return f"{name} is a part of a RAR archive: unpack it (`unrar x`) and name the folder."
