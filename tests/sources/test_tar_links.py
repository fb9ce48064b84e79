"""Links lead to what `tar` makes of them, and hostile ones lead nowhere."""

import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.sources.damage import Damage
from pixonomy.sources.tar_links import LinkedTar
from pixonomy.sources.tar_members import TarMember

FILE, HARD, SOFT = tarfile.REGTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE
Members = list[tuple[str, bytes, str]]


def pack(members: Members, format: int = tarfile.GNU_FORMAT) -> io.BytesIO:
    """Write files, whose third part is their content, and links, whose third is their target."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as archive:
        for name, type, more in members:
            info = tarfile.TarInfo(name)
            info.type = type
            info.size = len(more) if type == FILE else 0
            info.linkname = more if type != FILE else ""
            archive.addfile(info, io.BytesIO(more.encode()))
    return stream


def read(stream: io.BytesIO) -> dict[str, str | None]:
    """Return the content by name; None where a link leads nowhere."""
    found: dict[str, str | None] = {}
    for one in LinkedTar(stream).scan():
        assert isinstance(one, TarMember)
        data = stream.getvalue()[one.offset : one.offset + one.size].decode()
        found[one.name] = data if one.kind == "file" else None
    return found


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([("b/2", HARD, "a/1")], "one"),
        ([("b/2", HARD, "./a/1")], "one"),
        ([("./b/2", HARD, "/a/1")], "one"),
        ([("b/2", SOFT, "../a/1")], "one"),
        ([("a/2", SOFT, "1")], "one"),
        ([("b/2", SOFT, "/a/1")], "one"),
        ([("b/2", SOFT, "../late")], "late"),
        ([("x", SOFT, "a/1"), ("b/2", SOFT, "../x")], "one"),
        ([("x", HARD, "a/1"), ("b/2", HARD, "x")], "one"),
        ([("x", SOFT, "late"), ("b/2", HARD, "x")], "late"),
        ([("b/2", SOFT, "../../a/1")], None),
        ([("b/2", HARD, "none")], None),
        ([("b/2", SOFT, "/etc/passwd")], None),
        ([("b/2", HARD, "b/2")], None),
        ([("x", SOFT, "b/2"), ("b/2", SOFT, "../x")], None),
        ([("b/2", HARD, "")], None),
    ],
)
def test_links_lead_to_members(format: int, links: Members, expected: str | None) -> None:
    members = [("a/1", FILE, "one"), *links, ("late", FILE, "late")]
    found = read(pack(members, format))
    assert found[links[-1][0]] == expected
    assert found["a/1"] == "one"


def test_a_long_target_is_followed() -> None:
    for format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        name = "folder/" * 40 + "1.jpg"
        found = read(pack([(name, FILE, "one"), ("b", HARD, name)], format))
        assert found["b"] == "one"


def test_a_link_keeps_its_own_name_and_header() -> None:
    stream = pack([("a", FILE, "one"), ("b", HARD, "a")])
    first, second = LinkedTar(stream).scan()
    assert isinstance(first, TarMember)
    assert isinstance(second, TarMember)
    assert (second.name, second.offset) == ("b", first.offset)
    assert second.header > first.header


def test_very_many_links_are_followed_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixonomy.sources.tar_links._MOST_LINKS", 3)
    members = [("a", FILE, "one"), *((str(number), HARD, "a") for number in range(6))]
    assert list(read(pack(members)).values()) == ["one"] * 4 + [None] * 3


def test_damage_behind_a_link_leaves_what_was_found() -> None:
    content = pack([("a", FILE, "one"), ("b", HARD, "a")]).getvalue()[:1536]
    *members, damage = LinkedTar(io.BytesIO(content)).scan()
    assert [one.kind for one in members if isinstance(one, TarMember)] == ["file", "file"]
    assert isinstance(damage, Damage)


NAMES = st.sampled_from(["a", "b", "d/a", "d/b"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NAMES, st.sampled_from([FILE, HARD]), NAMES), max_size=8))
def test_hard_links_are_those_that_the_standard_library_unpacks(
    tmp_path_factory: pytest.TempPathFactory, members: Members
) -> None:
    seen: set[str] = set()
    whole = []
    for name, type, more in members:
        if name not in seen and (type == FILE or more in seen):
            seen.add(name)
            whole.append((name, type, more))
    stream = pack(whole)
    folder = tmp_path_factory.mktemp("unpacked")
    stream.seek(0)
    with tarfile.open(fileobj=stream) as archive:
        archive.extractall(folder, filter="fully_trusted")
    expected = {
        os.path.relpath(Path(here, name), folder): Path(here, name).read_text()
        for here, _, names in os.walk(folder)
        for name in names
    }
    assert read(stream) == expected
