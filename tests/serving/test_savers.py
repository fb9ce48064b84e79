"""Savers: who is who, what each may have, and what happens where the store fails."""

import asyncio
import sqlite3
import time
from collections.abc import Coroutine, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.savers import FieldsRefused, Savers, StaleRefused, Visitor
from pixonomy.state.saver_records import Answered, Once
from pixonomy.state.store import Store

ANSWERED = Answered("model", "cross", "sure", 0.9)
CAR = GoalFields("A car")
T = TypeVar("T")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path / "state", wait_seconds=0.3)) as store:
        yield store


def run(work: Coroutine[object, object, T], savers: Savers) -> T:
    async def whole() -> T:
        try:
            return await work
        finally:
            await savers.close()

    return asyncio.run(whole())


def savers_of(store: Store) -> tuple[int, ...]:
    with closing(sqlite3.connect(str(store.database.file))) as database:
        return tuple(database.execute("SELECT count(*) FROM savers").fetchone())


def test_a_subject_of_one_token_is_not_that_of_another_nor_a_cookie(store: Store) -> None:
    savers = Savers(store)
    ada = savers.of_subject("app", "ada")
    assert ada == savers.of_subject("app", "ada")
    others = [
        savers.of_subject("other", "ada"), savers.of_subject("", "appada"),
        savers.of_subject("a", "ppada"), savers.of_subject("app", "Ada"), savers.of_cookie("ada"),
    ]  # fmt: skip
    assert len({ada, *others}) == 6
    assert "ada" not in ada.key
    assert "ada" not in repr(savers.of_cookie("ada"))


def test_nothing_is_stored_of_a_visitor_until_something_is_kept(store: Store) -> None:
    savers = Savers(store)
    visitor = savers.of_cookie("a")

    async def look() -> None:
        await savers.count(ANSWERED, "answered")
        assert await savers.goals(visitor) == []
        assert await savers.uploads(visitor) == []
        await savers.delete_everything(visitor)
        with pytest.raises(RequestRefused):
            await savers.delete_goal(visitor, "1")
        with pytest.raises(RequestRefused):
            await savers.add_goal(visitor, CAR, "0" * 32)
        assert savers_of(store) == (0,)
        await savers.add_goal(visitor, CAR)
        assert savers_of(store) == (1,)

    run(look(), savers)


def test_a_stale_change_and_another_request_of_a_key_say_so(store: Store) -> None:
    savers = Savers(store)
    visitor = savers.of_cookie("a")

    async def change() -> None:
        goal = await savers.add_goal(visitor, CAR, once=Once("k", "a" * 64))
        assert await savers.add_goal(visitor, CAR, once=Once("k", "a" * 64)) == goal
        newer = await savers.change_goal(visitor, goal.id, 1, GoalFields("A bus"))
        with pytest.raises(StaleRefused) as stale:
            await savers.change_goal(visitor, goal.id, 1, GoalFields("A boat"))
        assert (stale.value.status, stale.value.current) == (409, newer)
        with pytest.raises(RequestRefused) as other:
            await savers.add_goal(visitor, CAR, once=Once("k", "b" * 64))
        assert (other.value.status, other.value.kind) == (409, "other_request")

    run(change(), savers)


def test_fields_are_read_by_the_day_of_the_service(store: Store) -> None:
    savers = Savers(store, lambda: date(2030, 6, 1))
    assert savers.read_fields({"name": "A car", "by": "2030-06-01"}).by == date(2030, 6, 1)
    with pytest.raises(FieldsRefused) as refusal:
        savers.read_fields({"name": "", "by": "2030-05-31"})
    assert refusal.value.status == 422
    assert refusal.value.fields.keys() == {"name", "by"}


def test_a_database_that_is_locked_refuses_soon_and_is_used_again_when_it_is_not(
    store: Store,
) -> None:
    savers = Savers(store)
    visitor = savers.of_cookie("a")

    async def work() -> None:
        with closing(sqlite3.connect(str(store.database.file))) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            await savers.count(ANSWERED, "answered")
            assert time.monotonic() - began < 0.1  # nobody waits for a count
            with pytest.raises(RequestRefused) as locked:
                await savers.add_goal(visitor, CAR)
            assert (locked.value.status, locked.value.kind) == (503, "state_unavailable")
            assert time.monotonic() - began < 5
            assert not await savers.is_ready()
        assert await savers.is_ready()
        assert (await savers.add_goal(visitor, CAR)).fields == CAR

    run(work(), savers)


def test_more_requests_than_can_wait_are_refused_at_once(tmp_path: Path) -> None:

    async def ask() -> list[object]:
        visitors = [Visitor(f"cookie:{number}") for number in range(200)]
        asked = (savers.add_goal(one, CAR) for one in visitors)
        return list(await asyncio.gather(*asked, return_exceptions=True))

    with closing(Store.open(tmp_path)) as store:
        savers = Savers(store)
        answers = run(ask(), savers)
    failed = [one for one in answers if isinstance(one, RequestRefused)]
    assert {one.kind for one in failed} == {"overloaded"}
    assert len(answers) - len(failed) == 64


def test_more_than_may_be_kept_of_one_person_says_how_much_may_be(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    savers = Savers(store)
    monkeypatch.setattr("pixonomy.state.saver_rows.MOST_GOALS", 1)  # of a thousand

    async def add() -> None:
        await savers.add_goal(savers.of_cookie("a"), CAR)
        await savers.add_goal(savers.of_cookie("b"), CAR)
        with pytest.raises(RequestRefused) as refused:
            await savers.add_goal(savers.of_cookie("a"), CAR)
        assert (refused.value.status, refused.value.kind) == (409, "too_much_kept")
        assert "goals already: delete one" in refused.value.message

    run(add(), savers)
