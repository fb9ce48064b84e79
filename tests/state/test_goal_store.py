"""Goals: changed only by whoever saw the newest version, and never another saver's."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.state import saver_rows
from pixonomy.state.saver_records import Once
from pixonomy.state.state_errors import StaleGoal, TooMuchKept
from pixonomy.state.store import Store
from stores import ANSWERED, IMAGE, ON_BOTH_DATABASES

TRIP = GoalFields(
    "Two weeks in Łódź 🏖", "travel", Decimal("2000.05"), "USD", date(2027, 7, 1), Decimal("12.30")
)


@ON_BOTH_DATABASES
def test_a_goal_comes_back_to_the_cent(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    made = store.add_goal(saver.id, TRIP, None)
    assert (made.version, made.fields, made.upload_id) == (1, TRIP, None)
    assert store.goal(saver.id, made.id) == made
    largest = GoalFields("All", amount=Decimal(10**9), saved=Decimal("999999999.99"))
    assert store.add_goal(saver.id, largest, None).fields == largest
    bare = store.add_goal(saver.id, GoalFields("Bare"), None)
    assert bare.fields == GoalFields("Bare")
    assert [one.fields.name for one in store.goals(saver.id)] == [TRIP.name, "All", "Bare"]


@ON_BOTH_DATABASES
def test_a_part_of_a_cent_is_refused_and_not_lost(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    with pytest.raises(Exception, match="no whole number of cents"):
        store.add_goal(saver.id, GoalFields("x", amount=Decimal("0.001")), None)
    assert store.goals(saver.id) == []


@ON_BOTH_DATABASES
def test_a_change_counts_the_version_up_and_a_stale_one_is_refused(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    made = store.add_goal(saver.id, TRIP, None)
    changed = store.change_goal(saver.id, made.id, 1, GoalFields("Trip"))
    assert changed is not None
    assert (changed.version, changed.fields) == (2, GoalFields("Trip"))
    assert store.goal(saver.id, made.id) == changed
    with pytest.raises(StaleGoal, match="version 2") as caught:
        store.change_goal(saver.id, made.id, 1, TRIP)
    assert caught.value.current == changed
    assert store.goal(saver.id, made.id) == changed


@ON_BOTH_DATABASES
def test_of_many_changes_of_one_version_exactly_one_is_made(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    made = store.add_goal(saver.id, TRIP, None)

    def change(number: int) -> bool:
        try:
            return store.change_goal(saver.id, made.id, 1, GoalFields(f"{number}")) is not None
        except StaleGoal:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(change, range(8))) == 1
    assert [one.version for one in store.goals(saver.id)] == [2]


@ON_BOTH_DATABASES
def test_a_change_that_is_sent_twice_is_made_once(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    made = store.add_goal(saver.id, TRIP, None)
    once = Once("k", hashlib.sha256(b"change").hexdigest())
    first = store.change_goal(saver.id, made.id, 1, GoalFields("Trip"), once)
    assert store.change_goal(saver.id, made.id, 1, GoalFields("Trip"), once) == first
    assert store.goal(saver.id, made.id) == first


@ON_BOTH_DATABASES
def test_many_that_add_the_same_goal_at_once_with_one_key_add_one(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    once = Once("k", hashlib.sha256(b"add").hexdigest())
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: store.add_goal(saver.id, TRIP, None, once), range(8)))
    assert len({one.id for one in made}) == 1
    assert len(store.goals(saver.id)) == 1


def test_a_goal_is_split_in_two_that_show_the_same_image(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    upload = store.keep_upload(saver.id, ANSWERED, True, False, IMAGE)
    made = store.add_goal(saver.id, TRIP, upload.id)
    pair = store.split_goal(saver.id, made.id, 1, GoalFields("Flight"), GoalFields("Stay"))
    assert pair is not None
    assert store.goals(saver.id) == list(pair)
    assert [(one.version, one.upload_id) for one in pair] == [(2, upload.id), (1, upload.id)]
    with pytest.raises(StaleGoal):
        store.split_goal(saver.id, made.id, 1, GoalFields("a"), GoalFields("b"))
    assert store.goals(saver.id) == list(pair)


def test_the_image_goes_with_the_last_goal_that_shows_it(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    upload = store.keep_upload(saver.id, ANSWERED, True, False, IMAGE)
    made = store.add_goal(saver.id, TRIP, upload.id)
    pair = store.split_goal(saver.id, made.id, 1, GoalFields("Flight"), GoalFields("Stay"))
    assert pair is not None
    assert store.delete_goal(saver.id, pair[0].id)
    assert store.image(saver.id, upload.id) == IMAGE
    assert store.delete_goal(saver.id, pair[1].id)
    assert store.image(saver.id, upload.id) is None
    assert not store.delete_goal(saver.id, pair[1].id)


def test_an_image_for_better_answers_stays_when_its_goal_goes(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    upload = store.keep_upload(saver.id, ANSWERED, True, True, IMAGE)
    store.delete_goal(saver.id, store.add_goal(saver.id, TRIP, upload.id).id)
    found = store.upload(saver.id, upload.id)
    assert found is not None
    assert (found.keep, found.improve, found.has_image) == (False, True, True)


def test_a_goal_shows_no_image_of_another_saver(store: Store) -> None:
    owner, other = store.make_saver("cookie:a"), store.make_saver("cookie:b")
    upload = store.keep_upload(owner.id, ANSWERED, True, False, IMAGE)
    assert store.add_goal(other.id, TRIP, upload.id).upload_id is None


@ON_BOTH_DATABASES
def test_another_saver_finds_no_goal_and_changes_none(store: Store) -> None:
    owner, other = store.make_saver("cookie:a"), store.make_saver("cookie:b")
    made = store.add_goal(owner.id, TRIP, None)
    assert store.goals(other.id) == []
    assert store.goal(other.id, made.id) is None
    assert store.change_goal(other.id, made.id, 1, GoalFields("x")) is None
    assert store.split_goal(other.id, made.id, 1, GoalFields("x"), GoalFields("y")) is None
    assert not store.delete_goal(other.id, made.id)
    assert store.goals(owner.id) == [made]


@ON_BOTH_DATABASES
def test_a_saver_has_at_most_so_many_goals_and_uploads(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver_rows, "MOST_GOALS", 2)
    monkeypatch.setattr(saver_rows, "MOST_UPLOADS", 1)
    saver, other = store.make_saver("cookie:a"), store.make_saver("cookie:b")
    once = Once("k", hashlib.sha256(b"keep").hexdigest())
    upload = store.keep_upload(saver.id, ANSWERED, True, False, IMAGE, once=once)
    with pytest.raises(TooMuchKept, match="There are 1 pictures already"):
        store.keep_upload(saver.id, ANSWERED, True, False, IMAGE)
    assert [len(batch) for batch in store.images.scan()] == [1]
    assert store.keep_upload(saver.id, ANSWERED, True, False, IMAGE, once=once) == upload
    made = [store.add_goal(saver.id, TRIP, None), store.add_goal(saver.id, TRIP, None)]
    with pytest.raises(TooMuchKept, match="There are 2 goals already: delete one"):
        store.add_goal(saver.id, TRIP, None)
    with pytest.raises(TooMuchKept):
        store.split_goal(saver.id, made[0].id, 1, GoalFields("a"), GoalFields("b"))
    assert store.goals(saver.id) == made
    assert store.add_goal(other.id, TRIP, None).version == 1
    store.delete_goal(saver.id, made[0].id)
    assert store.add_goal(saver.id, TRIP, None).version == 1
