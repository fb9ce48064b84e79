"""What the service does beside answering goes on, whatever fails."""

import asyncio
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.serving.request_log import RequestLog
from pixonomy.serving.upkeep import State, keep_up
from pixonomy.state.saver_records import Answered
from pixonomy.state.store import Store, utc_now
from pixonomy.state.tokens import TokenStore


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.02)


def test_tokens_are_seen_what_is_over_goes_and_failures_are_logged_once(tmp_path: Path) -> None:
    log, days = io.StringIO(), [0]

    async def work(store: Store) -> None:
        tokens = TokenStore(store.database)
        saver = store.make_saver("cookie:a").id
        answered = Answered("model", "cross", "sure", 0.9)
        store.keep_upload(saver, answered, keep=True, improve=False, image=b"jpeg")
        store.add_goal(saver, GoalFields("A car"), None)
        upkeep = asyncio.create_task(keep_up(State(store, tokens), 30, RequestLog(log), 0.05))
        token = TokenStore(tmp_path).new("app", "classify")
        await until(lambda: tokens.check(token) is not None)
        assert len(store.uploads(saver)) == len(store.goals(saver)) == 1
        with closing(sqlite3.connect(str(store.database.file))) as other:
            other.execute("BEGIN EXCLUSIVE")
            await until(lambda: '"sweep"' in log.getvalue())
            await asyncio.sleep(0.5)
            assert tokens.check(token) is not None
        days[0] = 31
        await until(lambda: not store.uploads(saver) and not store.goals(saver))
        upkeep.cancel()

    def now() -> datetime:
        return utc_now() + timedelta(days=days[0])

    with closing(Store.open(tmp_path, now=now, wait_seconds=0.1)) as store:
        asyncio.run(work(store))
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    failed = [one["work"] for one in lines if one["event"] == "state_unavailable"]
    assert len(failed) == len(set(failed))
    assert "sweep" in failed
    assert not [one for one in lines if one["event"] == "fault"]


def test_without_a_state_there_is_nothing_to_do() -> None:
    asyncio.run(keep_up(None, None, RequestLog(io.StringIO())))
