"""Where there is too much to do, a request is told to come again."""

import asyncio
import io
from pathlib import Path

from pixonomy.serving.access import Access
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.body import PendingBytes
from pixonomy.serving.counters import Metrics
from pixonomy.serving.pool import Classified, PoolEvent, PoolSettings, WorkerPool
from pixonomy.serving.request_log import RequestLog
from pixonomy.serving.serve_settings import ServeSettings
from pixonomy.serving.service import Service


def ignore(event: PoolEvent) -> None:
    """Take an event."""


async def ask_many(bundle: Path, image: bytes) -> list[list[Classified] | BaseException]:
    pool = await WorkerPool.start(bundle, PoolSettings(workers=1, queue=1), ignore)
    settings = ServeSettings()
    log = RequestLog(io.StringIO())
    service = Service(pool, settings, Access(settings, None), PendingBytes(1), Metrics(), log)
    try:
        asked = []
        for _ in range(40):
            asked.append(asyncio.create_task(service.classify([image])))
            await asyncio.sleep(0.001)
        return await asyncio.gather(*asked, return_exceptions=True)
    finally:
        await pool.close(5)


def test_what_has_no_room_is_refused_and_the_rest_is_answered(
    fitted_run: Path, fitted_images: Path
) -> None:
    image = next(iter(sorted(fitted_images.rglob("000*.jpg")))).read_bytes()
    answers = asyncio.run(ask_many(fitted_run, image))
    refused = [one for one in answers if isinstance(one, RequestRefused)]
    given = [one for one in answers if isinstance(one, list)]
    assert len(refused) + len(given) == 40
    assert given
    assert refused
    assert {(one.status, one.kind) for one in refused} == {(503, "overloaded")}
    assert all(int(one.headers["retry-after"]) >= 1 for one in refused)
    assert {one.answer.label for (one,) in given} == {given[0][0].answer.label}
