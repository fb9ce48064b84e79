"""A state as one file, made while the service runs, and back into a folder: whole or not at all."""

import io
import sqlite3
import stat
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from pixonomy.errors import DataError, PixonomyError, SettingError
from pixonomy.goals.goal_fields import GoalFields
from pixonomy.state.backup import backup
from pixonomy.state.restore import restore
from pixonomy.state.store import Store
from pixonomy.state.tokens import TokenStore
from pixonomy.storage.address import Address
from stores import ANSWERED, IMAGE, Place


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return a state with a saver, two uploads, a goal and a token."""
    with closing(Store.open(tmp_path / "state")) as store:
        fill(store)
        TokenStore(store.database).new("app", "classify")
    return tmp_path / "state"


def fill(store: Store, key: str = "cookie:a") -> None:
    saver = store.make_saver(key)
    upload = store.keep_upload(saver.id, ANSWERED, True, False, IMAGE)
    store.keep_upload(saver.id, ANSWERED, False, True, IMAGE + b"2")
    store.add_goal(saver.id, GoalFields("Trip"), upload.id)


def test_what_is_restored_is_what_was_kept(kept: Path, tmp_path: Path) -> None:
    made = backup(kept, tmp_path / "backup.tar")
    assert (made.savers, made.uploads, made.goals, made.tokens) == (1, 2, 1, 1)
    assert (made.images, made.missing, made.images_at) == (2, 0, None)
    assert stat.S_IMODE((tmp_path / "backup.tar").stat().st_mode) == 0o600
    restored = restore(tmp_path / "backup.tar", tmp_path / "new")
    assert (restored.images, restored.goals, restored.tokens) == (2, 1, 1)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    with closing(Store.open(kept)) as old, closing(Store.open(tmp_path / "new")) as new:
        saver = new.find_saver("cookie:a")
        assert saver is not None
        assert saver == old.find_saver("cookie:a")
        assert new.goals(saver.id) == old.goals(saver.id)
        assert new.uploads(saver.id) == old.uploads(saver.id)
        images = [new.image(saver.id, one.id) for one in new.uploads(saver.id)]
        assert images == [IMAGE + b"2", IMAGE]
        assert new.secret == old.secret
        assert TokenStore(new.database).names() == ("app",)
        new.delete_saver(saver.id)
        assert old.image(saver.id, old.uploads(saver.id)[0].id) is not None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar", "new", "state"]


def test_a_service_that_goes_on_writing_is_copied_as_of_one_moment(tmp_path: Path) -> None:
    is_over = threading.Event()

    def write() -> None:
        number = 0
        while not is_over.is_set():
            fill(store, f"cookie:{number}")
            number += 1

    with closing(Store.open(tmp_path / "state")) as store:
        fill(store)
        thread = threading.Thread(target=write)
        thread.start()
        try:
            made = [backup(tmp_path / "state", tmp_path / f"{turn}.tar") for turn in range(4)]
        finally:
            is_over.set()
            thread.join()
    for turn, one in enumerate(made):
        assert one.missing == 0
        restored = restore(tmp_path / f"{turn}.tar", tmp_path / f"restored {turn}")
        assert (restored.savers, restored.images) == (one.savers, one.images)
    assert made[0].savers <= made[-1].savers


def test_an_image_that_is_not_there_is_counted_as_missing(kept: Path, tmp_path: Path) -> None:
    next((kept / "images").rglob("*.jpg")).unlink()
    made = backup(kept, tmp_path / "backup.tar")
    assert (made.images, made.missing) == (1, 1)
    assert restore(tmp_path / "backup.tar", tmp_path / "new").images == 1


def test_images_in_a_folder_of_their_own_are_copied_and_restored_beside_the_database(
    tmp_path: Path,
) -> None:
    images = Address(tmp_path / "elsewhere")
    with closing(Store.open(tmp_path / "state", images=images)) as store:
        fill(store)
    assert backup(tmp_path / "state", tmp_path / "backup.tar").images == 2
    restore(tmp_path / "backup.tar", tmp_path / "new")
    assert len(list((tmp_path / "new" / "images").rglob("*.jpg"))) == 2


def test_images_in_s3_are_named_and_not_copied(storage: object, tmp_path: Path) -> None:
    images = Address.parse("s3://bucket/kept")
    with closing(Place(tmp_path / "state", images=images).open()) as store:
        fill(store)
    made = backup(tmp_path / "state", tmp_path / "backup.tar")
    assert (made.images, made.missing, made.images_at) == (0, 0, "s3://bucket/kept")
    assert restore(tmp_path / "backup.tar", tmp_path / "new").goals == 1


def test_a_folder_without_a_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"no database at .*pg_dump"):
        backup(tmp_path / "none", tmp_path / "backup.tar")
    assert not (tmp_path / "none").exists()
    assert not (tmp_path / "backup.tar").exists()


def test_nothing_is_written_over(kept: Path, tmp_path: Path) -> None:
    output = tmp_path / "backup.tar"
    backup(kept, output)
    before = output.read_bytes()
    with pytest.raises(SettingError, match="choose another name"):
        backup(kept, output)
    with pytest.raises(SettingError, match="is not empty"):
        restore(output, kept)
    assert output.read_bytes() == before
    (tmp_path / "empty").mkdir()
    assert restore(output, tmp_path / "empty").goals == 1


def test_a_backup_that_breaks_off_anywhere_restores_nothing(kept: Path, tmp_path: Path) -> None:
    backup(kept, tmp_path / "backup.tar")
    whole = (tmp_path / "backup.tar").read_bytes()
    end = whole.rindex(b'"format"')  # the last member; behind it are zeros alone
    for length in range(0, end, max(1, end // 40)):
        (tmp_path / "part.tar").write_bytes(whole[:length])
        with pytest.raises(DataError, match="no backup that can be restored"):
            restore(tmp_path / "part.tar", tmp_path / "new")
        assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".*partial*"))


def pack(file: Path, members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(file, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = len(content), kind, "/etc/passwd"
            tar.addfile(member, io.BytesIO(content))
    return file


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"../escaped": b"x"},
        {"/tmp/escaped": b"x"},
        {"images/ab/../../escaped.jpg": b"x"},
        {"state.sqlite": b"no database", "backup.json": b'{"format": 1, "images": 0}'},
        {"backup.json": b'{"format": 1, "images": 0}'},
        {"backup.json": b"[" * 10_000},
        {"backup.json": b'{"format": 1, "images": 5}'},
        {"backup.json": b"x" * 100_000},
    ],
)
def test_a_file_of_anything_else_restores_nothing(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    file = pack(tmp_path / "odd.tar", members)
    with pytest.raises(DataError, match="no backup that can be restored"):
        restore(file, tmp_path / "new" / "state")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["odd.tar"]


def test_links_in_a_backup_are_not_followed(tmp_path: Path) -> None:
    file = pack(tmp_path / "odd.tar", {"state.sqlite": b""}, tarfile.SYMTYPE)
    with pytest.raises(DataError, match=r"it holds 'state\.sqlite'"):
        restore(file, tmp_path / "new")


def test_a_backup_of_a_newer_release_is_refused(kept: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(kept / "state.sqlite")) as rows:
        rows.execute("UPDATE alembic_version SET version_num = '7'")
        rows.commit()
    backup(kept, tmp_path / "backup.tar")
    with pytest.raises(PixonomyError, match="the database version 7"):
        restore(tmp_path / "backup.tar", tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("small_disk", [256], indirect=True)
def test_a_full_disk_leaves_no_part_of_a_backup(kept: Path, small_disk: Path) -> None:
    with closing(Store.open(kept)) as store:
        saver = store.make_saver("cookie:b")
        store.keep_upload(saver.id, ANSWERED, True, False, b"x" * 300_000)
    with pytest.raises(PixonomyError, match="The disk is full"):
        backup(kept, small_disk / "backup.tar")
    assert list(small_disk.iterdir()) == []
