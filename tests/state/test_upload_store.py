"""Uploads: kept with a consent alone, given back to their saver alone, gone without one."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.state.saver_records import Answered, Once
from pixonomy.state.state_errors import OnceMismatch
from pixonomy.state.state_tables import consents, corrections, models, uploads
from pixonomy.state.store import Store
from stores import ANSWERED, IMAGE, ON_BOTH_DATABASES, Place


def once(key: str, request: str = "a request") -> Once:
    return Once(key, hashlib.sha256(request.encode()).hexdigest())


def test_what_is_kept_comes_back_as_it_was(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    made = store.keep_upload(saver.id, ANSWERED, keep=True, improve=False, image=IMAGE)
    assert (made.model, made.label, made.verdict) == ("goals 1", "travel", "sure")
    assert (made.has_image, made.keep, made.improve) == (True, True, False)
    assert store.upload(saver.id, made.id) == made
    assert store.upload(saver.id, made.id).top == ANSWERED.top  # type: ignore[union-attr]
    assert store.uploads(saver.id) == [made]
    assert store.image(saver.id, made.id) == IMAGE


@ON_BOTH_DATABASES
def test_an_answer_of_none_is_kept_without_a_label(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    answered = Answered("goals 1", None, "none", 0.3, ())
    made = store.keep_upload(saver.id, answered, keep=False, improve=True, image=IMAGE)
    found = store.upload(saver.id, made.id)
    assert found is not None
    assert (found.label, found.verdict, found.top) == (None, "none", ())


@ON_BOTH_DATABASES
def test_the_newest_upload_is_listed_first(store: Store, place: Place) -> None:
    saver = store.make_saver("cookie:a")
    made = []
    for minutes in (0, 1, 2):
        place.ahead = timedelta(minutes=minutes)
        made.append(store.keep_upload(saver.id, ANSWERED, True, False, IMAGE))
    assert store.uploads(saver.id) == made[::-1]


@ON_BOTH_DATABASES
def test_without_a_consent_nothing_can_be_kept(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    with pytest.raises(ValueError, match="without a consent"):
        store.keep_upload(saver.id, ANSWERED, keep=False, improve=False, image=IMAGE)
    assert store.uploads(saver.id) == []
    assert list(store.images.scan()) == []


def test_another_saver_finds_nothing_of_it_and_changes_nothing(store: Store) -> None:
    owner, other = store.make_saver("cookie:a"), store.make_saver("cookie:b")
    made = store.keep_upload(owner.id, ANSWERED, True, True, IMAGE)
    assert store.upload(other.id, made.id) is None
    assert store.uploads(other.id) == []
    assert store.image(other.id, made.id) is None
    assert store.set_consent(other.id, made.id, keep=False, improve=False) is None
    assert store.correct(other.id, made.id, "home", "") is None
    assert store.upload(owner.id, made.id) == made
    assert store.image(owner.id, made.id) == IMAGE


@ON_BOTH_DATABASES
def test_ids_that_are_none_are_not_there(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    for odd in ("", "a" * 32 + "\n", "../../x", "\x00", "\ud800", "A" * 32, "9" * 10_000):
        assert store.upload(saver.id, odd) is None
        assert store.image(saver.id, odd) is None
        assert store.set_consent(saver.id, odd, True, True) is None
        assert store.correct(saver.id, odd, "home", "") is None
        assert store.goal(saver.id, odd) is None
        assert store.change_goal(saver.id, odd, 1, GoalFields("x")) is None
        assert not store.delete_goal(saver.id, odd)


def test_withdrawing_one_consent_keeps_the_image_and_both_removes_it(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    made = store.keep_upload(saver.id, ANSWERED, True, True, IMAGE, features=b"weights")
    kept = store.set_consent(saver.id, made.id, keep=None, improve=False)
    assert kept is not None
    assert (kept.keep, kept.improve, kept.has_image) == (True, False, True)
    assert store.image(saver.id, made.id) == IMAGE
    gone = store.set_consent(saver.id, made.id, keep=False, improve=None)
    assert gone == store.upload(saver.id, made.id)
    assert gone is not None
    assert (gone.keep, gone.improve, gone.has_image) == (False, False, False)
    assert store.image(saver.id, made.id) is None
    assert list(store.images.scan()) == []
    again = store.set_consent(saver.id, made.id, keep=True, improve=None)
    assert again is not None
    assert not again.has_image


@ON_BOTH_DATABASES
def test_each_change_of_a_consent_is_a_row_of_its_own(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    made = store.keep_upload(saver.id, ANSWERED, True, True, IMAGE)
    store.set_consent(saver.id, made.id, keep=False, improve=None)
    store.set_consent(saver.id, made.id, keep=None, improve=False)
    with store.database.read() as connection:
        rows = connection.execute(
            select(consents.c.keep, consents.c.improve).order_by(consents.c.id)
        )
        assert [tuple(row) for row in rows] == [(True, True), (False, True), (False, False)]


@ON_BOTH_DATABASES
def test_features_are_kept_with_the_consent_for_better_answers_alone(store: Store) -> None:
    def kept_features() -> list[bytes | None]:
        with store.database.read() as connection:
            return list(connection.scalars(select(uploads.c.features).order_by(uploads.c.created)))

    saver = store.make_saver("cookie:a")
    store.keep_upload(saver.id, ANSWERED, True, False, IMAGE, features=b"one")
    second = store.keep_upload(saver.id, ANSWERED, True, True, IMAGE, features=b"two")
    assert kept_features() == [None, b"two"]
    store.set_consent(saver.id, second.id, keep=None, improve=False)
    assert kept_features() == [None, None]


@ON_BOTH_DATABASES
def test_corrections_are_added_and_never_changed(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    made = store.keep_upload(saver.id, ANSWERED, False, True, IMAGE)
    first = store.correct(saver.id, made.id, "home", "")
    second = store.correct(saver.id, made.id, None, "a boat\x00 \ud83d")
    assert first is not None
    assert second is not None
    assert (first.label, first.text, second.label, second.text) == ("home", "", None, "a boat ?")
    with store.database.read() as connection:
        assert connection.execute(
            select(corrections.c.id).order_by(corrections.c.created)
        ).scalars().all() == [first.id, second.id]


def test_a_request_that_is_sent_twice_keeps_one_upload_and_one_image(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    made = store.keep_upload(saver.id, ANSWERED, True, False, IMAGE, once=once("k"))
    again = store.keep_upload(saver.id, ANSWERED, True, False, IMAGE, once=once("k"))
    assert again == made
    assert store.uploads(saver.id) == [made]
    assert [len(batch) for batch in store.images.scan()] == [1]
    with pytest.raises(OnceMismatch, match="for another request"):
        store.keep_upload(saver.id, ANSWERED, True, False, IMAGE, once=once("k", "other"))
    correction = store.correct(saver.id, made.id, "home", "", once("c"))
    assert store.correct(saver.id, made.id, "home", "", once("c")) == correction


@ON_BOTH_DATABASES
def test_two_savers_may_use_the_same_key(store: Store) -> None:
    owner, other = store.make_saver("cookie:a"), store.make_saver("cookie:b")
    first = store.keep_upload(owner.id, ANSWERED, True, False, IMAGE, once=once("k"))
    second = store.keep_upload(other.id, ANSWERED, True, False, IMAGE, once=once("k", "other"))
    assert first.id != second.id


@ON_BOTH_DATABASES
def test_a_request_whose_record_was_deleted_since_makes_no_second_one(store: Store) -> None:
    saver = store.make_saver("cookie:a")
    goal = store.add_goal(saver.id, GoalFields("Trip"), None, once("k"))
    store.delete_goal(saver.id, goal.id)
    with pytest.raises(OnceMismatch, match="deleted since"):
        store.add_goal(saver.id, GoalFields("Trip"), None, once("k"))
    assert store.goals(saver.id) == []


@ON_BOTH_DATABASES
def test_models_are_noted_when_they_are_first_used(store: Store, place: Place) -> None:
    saver = store.make_saver("cookie:a")
    store.count(ANSWERED, "answered")
    place.ahead = timedelta(days=3)
    store.keep_upload(saver.id, ANSWERED, True, False, None)
    with store.database.read() as connection:
        rows = connection.execute(select(models.c.name, models.c.first_used)).all()
    assert [row.name for row in rows] == ["goals 1"]
    assert (place.now() - rows[0].first_used) > timedelta(days=2, hours=23)
