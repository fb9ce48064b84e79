"""The store as a whole: savers, counts, what is deleted, swept and expires, and its readiness."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from object_store import Storage
from pixonomy.errors import SettingError
from pixonomy.goals.goal_fields import GoalFields
from pixonomy.state.kept_images import image_name
from pixonomy.state.saver_records import Answered, SavedGoal
from pixonomy.state.state_errors import StateUnavailable
from pixonomy.state.state_tables import counts, events, metadata, savers
from pixonomy.state.store import Store
from pixonomy.storage.address import Address
from postgres import PostgreSQL
from stores import ANSWERED, IMAGE, ON_BOTH_DATABASES, Place

SECRET = "a-secret-that-is-nowhere-on-the-disk"


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def image_names(store: Store) -> list[str]:
    return [name for batch in store.images.scan() for name in batch]


def count_rows(store: Store) -> dict[str, int]:
    with store.database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def test_a_saver_is_found_by_the_key_and_nothing_stored_is_the_key(tmp_path: Path) -> None:
    place = Place(tmp_path / "state")
    with closing(place.open()) as store:
        assert store.find_saver(f"cookie:{SECRET}") is None
        saver = store.make_saver(f"cookie:{SECRET}")
        assert store.make_saver(f"cookie:{SECRET}") == saver
        assert store.find_saver(f"cookie:{SECRET}") == saver
        assert store.find_saver(f"subject:{SECRET}") is None
        assert SECRET.encode() not in all_bytes(tmp_path)


@ON_BOTH_DATABASES
def test_many_that_make_one_saver_at_once_make_one(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: store.make_saver("cookie:a"), range(16)))
    assert len(made) == 1
    assert count_rows(store)["savers"] == 1


@ON_BOTH_DATABASES
def test_answers_are_counted_by_day_and_say_nothing_of_whom(store: Store) -> None:
    unsure = Answered("goals 1", None, "none", 1.0)
    for _ in range(3):
        store.count(ANSWERED, "answered")
    store.count(ANSWERED, "corrected", "home")
    store.count(unsure, "none")
    with store.database.read() as connection:
        rows = connection.execute(select(counts).order_by(counts.c.number.desc(), counts.c.event))
        found = [tuple(row)[1:] for row in rows]
    assert found == [
        ("goals 1", "travel", "sure", 9, "answered", "", 3),
        ("goals 1", "travel", "sure", 9, "corrected", "home", 1),
        ("goals 1", "", "none", 9, "none", "", 1),
    ]
    assert count_rows(store)["savers"] == 0


@ON_BOTH_DATABASES
def test_many_that_count_at_once_lose_no_count(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.count(ANSWERED, "answered"), range(80)))
    with store.database.read() as connection:
        assert connection.execute(select(counts.c.number)).scalars().all() == [80]


def test_everything_of_a_saver_is_deleted_at_once_and_nothing_of_others(store: Store) -> None:
    owner, other = store.make_saver("cookie:a"), store.make_saver("cookie:b")
    for saver in (owner, other):
        upload = store.keep_upload(saver.id, ANSWERED, True, True, IMAGE, b"features")
        store.correct(saver.id, upload.id, None, "a boat")
        store.add_goal(saver.id, GoalFields("Trip"), upload.id)
    store.delete_saver(owner.id)
    assert store.find_saver("cookie:a") is None
    assert (store.uploads(owner.id), store.goals(owner.id)) == ([], [])
    left = count_rows(store)
    assert [left[name] for name in ("savers", "uploads", "goals", "corrections", "consents")] == [
        1, 1, 1, 1, 1,
    ]  # fmt: skip
    upload = store.uploads(other.id)[0]
    assert store.image(other.id, upload.id) == IMAGE
    assert image_names(store) == [image_name(upload.id)]


def test_what_was_deleted_is_not_found_on_the_disk(tmp_path: Path) -> None:
    with closing(Place(tmp_path / "state").open()) as store:
        saver = store.make_saver("cookie:a")
        upload = store.keep_upload(saver.id, ANSWERED, True, True, SECRET.encode())
        store.correct(saver.id, upload.id, None, SECRET)
        store.add_goal(saver.id, GoalFields(SECRET), upload.id)
        assert SECRET.encode() in all_bytes(tmp_path)
        store.delete_saver(saver.id)
        assert SECRET.encode() not in all_bytes(tmp_path)
    assert SECRET.encode() not in all_bytes(tmp_path)


def test_a_deleted_goal_and_withdrawn_features_are_not_found_on_the_disk(tmp_path: Path) -> None:
    with closing(Place(tmp_path / "state").open()) as store:
        saver = store.make_saver("cookie:a")
        goal = store.add_goal(saver.id, GoalFields(SECRET), None)
        assert SECRET.encode() in all_bytes(tmp_path)
        store.delete_goal(saver.id, goal.id)
        assert SECRET.encode() not in all_bytes(tmp_path)
        features = SECRET.encode() * 10
        upload = store.keep_upload(saver.id, ANSWERED, True, True, IMAGE, features)
        store.set_consent(saver.id, upload.id, keep=None, improve=False)
        assert SECRET.encode() not in all_bytes(tmp_path)


def test_what_was_deleted_while_somebody_read_is_overwritten_by_the_next_sweep(
    tmp_path: Path,
) -> None:
    with closing(Place(tmp_path / "state").open()) as store:
        saver = store.make_saver("cookie:a")
        goal = store.add_goal(saver.id, GoalFields(SECRET), None)
        store.change_goal(saver.id, goal.id, 1, GoalFields("Trip"))
        with closing(sqlite3.connect(tmp_path / "state" / "state.sqlite")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM goals").fetchall()
            store.delete_saver(saver.id)
        store.sweep()
        assert SECRET.encode() not in all_bytes(tmp_path)


@ON_BOTH_DATABASES
def test_each_change_is_an_event_without_content(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    goal = store.add_goal(saver.id, GoalFields(SECRET), None)
    store.change_goal(saver.id, goal.id, 1, GoalFields("Trip"))
    store.delete_goal(saver.id, goal.id)
    store.delete_saver(saver.id)
    with store.database.read() as connection:
        found = connection.execute(select(events.c.who, events.c.what).order_by(events.c.id)).all()
    assert [row.what for row in found] == [
        "saver made", "goal added", "goal changed", "goal deleted", "saver deleted",
    ]  # fmt: skip
    assert {row.who for row in found} == {saver.id}


def test_images_without_a_row_are_swept_after_an_hour_and_no_others(
    store: Store, place: Place
) -> None:
    saver = store.make_saver("cookie:a")
    kept = store.keep_upload(saver.id, ANSWERED, True, False, IMAGE)
    store.images.put("ab" * 16, IMAGE)  # as a killed process leaves it
    assert store.sweep() == 0
    assert len(image_names(store)) == 2
    place.ahead = timedelta(minutes=61)
    assert store.sweep() == 1
    assert store.image(saver.id, kept.id) == IMAGE
    assert image_names(store) == [image_name(kept.id)]


def test_the_sweeper_removes_half_written_images_and_leaves_what_is_not_ours(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path / "state")
    with closing(place.open()) as store:
        upload = store.keep_upload(store.make_saver("a").id, ANSWERED, True, False, IMAGE)
        folder = place.state / "images" / upload.id[:2]
        half = folder / f".{upload.id}.jpg.partial-0123456789ab"
        for path in (half, folder / "holiday.jpg", place.state / "images" / "notes.txt"):
            path.write_bytes(b"x")
        place.ahead = timedelta(hours=2)
        assert store.sweep() == 1
        assert sorted(path.name for path in (place.state / "images").rglob("*.*")) == sorted(
            [f"{upload.id}.jpg", "holiday.jpg", "notes.txt"]
        )


def test_what_nobody_touches_expires_and_images_as_long_as_their_goal_is_touched_stay(
    store: Store, place: Place
) -> None:
    idle, busy = store.make_saver("cookie:idle"), store.make_saver("cookie:busy")
    old = store.keep_upload(idle.id, ANSWERED, True, False, IMAGE)
    store.add_goal(idle.id, GoalFields("Old"), old.id)
    shown = store.keep_upload(busy.id, ANSWERED, True, False, IMAGE)
    goal = store.add_goal(busy.id, GoalFields("Trip"), shown.id)
    place.ahead = timedelta(days=20)
    store.change_goal(busy.id, goal.id, 1, GoalFields("Trip 2"))
    assert store.expire(days=30) == 0
    place.ahead = timedelta(days=31)
    assert store.expire(days=30) == 2
    assert store.find_saver("cookie:idle") is None
    assert store.image(busy.id, shown.id) == IMAGE
    assert image_names(store) == [image_name(shown.id)]
    place.ahead = timedelta(days=51)
    assert store.expire(days=30) == 2
    assert image_names(store) == []
    assert count_rows(store)["savers"] == 0


def test_replicas_share_secret_rows_and_images(place: Place) -> None:
    with closing(place.open()) as first, closing(place.open()) as second:
        assert first.secret == second.secret
        assert len(first.secret) == 32
        saver = first.make_saver("cookie:a")
        upload = first.keep_upload(saver.id, ANSWERED, True, False, IMAGE)
        assert second.find_saver("cookie:a") == saver
        assert second.image(saver.id, upload.id) == IMAGE
        second.delete_saver(saver.id)
        assert first.find_saver("cookie:a") is None


@ON_BOTH_DATABASES
def test_many_replicas_that_start_at_once_make_one_database(place: Place) -> None:
    with ThreadPoolExecutor(6) as threads:
        stores = list(threads.map(lambda _: place.open(), range(6)))
    assert len({store.secret for store in stores}) == 1
    for store in stores:
        store.close()


def test_twenty_that_write_at_once_all_succeed(store: Store) -> None:
    def write(number: int) -> int:
        saver = store.make_saver(f"cookie:{number}")
        upload = store.keep_upload(saver.id, ANSWERED, True, True, IMAGE)
        for turn in range(2):
            store.add_goal(saver.id, GoalFields(f"{turn}"), upload.id)
            store.correct(saver.id, upload.id, "home", "")
        return len(store.goals(saver.id))

    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(write, range(20))) == [2] * 20


def test_a_ready_store_is_checked_in_milliseconds(store: Store) -> None:
    store.check()
    began = time.monotonic()
    for _ in range(5):
        store.check()
    assert (time.monotonic() - began) / 5 < 0.2  # 1 to 5 ms on a quiet machine


def test_a_database_that_stays_locked_is_unavailable_in_time_and_then_works(
    tmp_path: Path,
) -> None:
    with closing(Place(tmp_path).open(wait_seconds=0.4)) as store:
        saver = store.make_saver("cookie:a")
        with closing(sqlite3.connect(tmp_path / "state.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            with pytest.raises(StateUnavailable, match="locked"):
                store.add_goal(saver.id, GoalFields("Trip"), None)
            assert 0.3 < time.monotonic() - began < 2
            assert store.find_saver("cookie:a") == saver  # reading goes on
            with pytest.raises(StateUnavailable, match="locked"):
                store.check()
            assert time.monotonic() - began < 4
        store.check()
        assert store.add_goal(saver.id, GoalFields("Trip"), None).version == 1


def test_many_that_meet_a_locked_database_all_hear_of_it_in_time(tmp_path: Path) -> None:
    def add(_: int) -> float:
        began = time.monotonic()
        with pytest.raises(StateUnavailable):
            store.add_goal(saver.id, GoalFields("Trip"), None)
        return time.monotonic() - began

    with closing(Place(tmp_path).open(wait_seconds=0.4)) as store:
        saver = store.make_saver("cookie:a")
        with closing(sqlite3.connect(tmp_path / "state.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")
            with ThreadPoolExecutor(20) as threads:
                assert max(threads.map(add, range(20))) < 0.4 * 1.5 + 1
        assert store.goals(saver.id) == []


def test_a_row_that_others_have_locked_in_postgresql_is_unavailable_in_time(
    postgresql_address: str, tmp_path: Path
) -> None:
    with closing(Place(tmp_path, postgresql_address).open(wait_seconds=0.4)) as store:
        saver = store.make_saver("cookie:a")
        made = store.add_goal(saver.id, GoalFields("Trip"), None)
        with store.database.write() as connection:
            connection.exec_driver_sql("SELECT * FROM goals FOR UPDATE")
            with pytest.raises(StateUnavailable, match="others have locked it"):
                store.change_goal(saver.id, made.id, 1, GoalFields("Trip 2"))
        changed = store.change_goal(saver.id, made.id, 1, GoalFields("Trip 2"))
        assert changed is not None


@pytest.mark.parametrize("small_disk", [4096], indirect=True)
def test_a_full_disk_is_unavailable_and_the_store_works_when_there_is_room_again(
    small_disk: Path,
) -> None:
    with closing(Place(small_disk / "state").open()) as store:
        saver = store.make_saver("cookie:a")
        store.check()
        kept: list[SavedGoal] = []  # there may be room for some
        fill(small_disk / "filler")
        with pytest.raises(StateUnavailable, match="No space left"):
            kept.extend(store.add_goal(saver.id, GoalFields("Trip"), None) for _ in range(10_000))
        with pytest.raises(StateUnavailable, match="The disk is full"):
            store.check()
        with pytest.raises(StateUnavailable, match="The disk is full"):
            store.keep_upload(saver.id, ANSWERED, True, False, b"x" * 100_000)
        (small_disk / "filler").unlink()
        store.check()
        kept.append(store.add_goal(saver.id, GoalFields("Trip"), None))
        assert store.goals(saver.id) == kept
        with store.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(b"x" * 4096)


def test_a_postgresql_that_goes_away_is_unavailable_and_comes_back_without_a_restart(
    postgresql: PostgreSQL, postgresql_address: str, tmp_path: Path
) -> None:
    with closing(Place(tmp_path, postgresql_address).open()) as store:
        saver = store.make_saver("cookie:a")
        store.check()
        postgresql.stop()
        try:
            began = time.monotonic()
            with pytest.raises(StateUnavailable, match=r"127\.0\.0\.1"):
                store.check()
            with pytest.raises(StateUnavailable, match="cannot be used now"):
                store.add_goal(saver.id, GoalFields("Trip"), None)
            assert time.monotonic() - began < 2
        finally:
            postgresql.start()
        store.check()
        assert store.find_saver("cookie:a") == saver
        store.add_goal(saver.id, GoalFields("Trip"), None)


def test_storage_that_goes_away_is_unavailable_and_rows_stay_until_images_can_go(
    storage: Storage, tmp_path: Path
) -> None:
    place = Place(tmp_path, images=Address.parse("s3://bucket"))
    with closing(place.open()) as store:
        saver = store.make_saver("cookie:a")
        upload = store.keep_upload(saver.id, ANSWERED, True, False, IMAGE)
        store.check()
        storage.stop()
        began = time.monotonic()
        with pytest.raises(StateUnavailable, match="s3://bucket"):
            store.check()
        assert time.monotonic() - began < 2
        with pytest.raises(StateUnavailable, match="s3://bucket"):
            store.delete_saver(saver.id)
        assert store.uploads(saver.id) == [upload]
        assert store.add_goal(saver.id, GoalFields("Trip"), None).version == 1


def test_a_bucket_that_is_not_there_is_unavailable(storage: Storage, tmp_path: Path) -> None:
    place = Place(tmp_path, images=Address.parse("s3://no-such-bucket/kept"))
    with closing(place.open()) as store, pytest.raises(StateUnavailable, match="no-such-bucket"):
        store.check()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mysql://user:hidden@host/name", "kind 'mysql' are not known"),
        ("state.sqlite", "no address of a database"),
        ("postgresql://user:hidden@host/name?sslmode=maybe", "sslmode=maybe is not known"),
        ("postgresql://user:hidden@host/name?target=1", "the option 'target'"),
    ],
)
def test_an_address_of_anything_else_is_refused_without_its_password(
    tmp_path: Path, address: str, message: str
) -> None:
    with pytest.raises(SettingError, match=message) as caught:
        Store.open(tmp_path, address)
    assert "hidden" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"holiday photographs " * 100)
    with pytest.raises(StateUnavailable, match=r"state\.sqlite cannot be used now: file is not a"):
        Store.open(tmp_path)


def test_a_saver_who_was_deleted_meanwhile_can_keep_nothing(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    store.delete_saver(saver.id)
    with pytest.raises(StateUnavailable, match="deleted meanwhile"):
        store.add_goal(saver.id, GoalFields("Trip"), None)
    with pytest.raises(StateUnavailable, match="deleted meanwhile"):
        store.keep_upload(saver.id, ANSWERED, True, False, IMAGE)
    with store.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(savers)).scalar() == 0
