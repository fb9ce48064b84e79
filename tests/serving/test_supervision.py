"""One worker: what it answers with, and what becomes of one that sends nonsense."""

import asyncio
from pathlib import Path

import pytest

from odd_decoders import OBEY, odd
from pixonomy.errors import BundleError, SettingError
from pixonomy.serving.kept_copy import encode_copy
from pixonomy.serving.messages import Kind, Wanted, head
from pixonomy.serving.supervision import Answered, Death, QueuedImage, Worker
from pixonomy.serving.worker_process import WorkerSettings
from running_pool import workers


def settings(bundle: Path, seconds: float = 5.0) -> WorkerSettings:
    return WorkerSettings(bundle, seconds, 100 << 20, OBEY)


def queued(content: bytes) -> QueuedImage:
    answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
    return QueuedImage(content, False, answer, asyncio.get_running_loop().time())


def test_a_worker_answers_in_the_order_of_its_images(fitted_run: Path, fitted_images: Path) -> None:
    photo = next(fitted_images.glob("cross/*.jpg")).read_bytes()

    async def work() -> None:
        answered: list[Worker] = []
        worker = Worker(settings(fitted_run), answered.append, lambda *_: None)
        await worker.start()
        images = [queued(photo), queued(b"none")]
        for image in images:
            worker.hand(image)
        first, second = [await image.answer for image in images]
        assert first.row.label == "cross"
        assert second.row.problem == "not a picture in a known format"
        assert second.waiting >= first.decoding > 0
        assert answered == [worker, worker]
        assert not worker.images
        await worker.end()
        assert not workers()

    asyncio.run(work())


def test_copy_and_map_come_with_the_answers_that_they_are_wanted_with(
    fitted_run: Path, fitted_images: Path
) -> None:
    photo = next(fitted_images.glob("cross/*.jpg")).read_bytes()

    async def work() -> None:
        explaining = WorkerSettings(fitted_run, 5.0, 100 << 20, OBEY, explains=True)
        worker = Worker(explaining, lambda _: None, lambda *_: None)
        await worker.start()
        images = [queued(photo), queued(photo), queued(b"none"), queued(photo)]
        for image in images[1:3]:
            image.wanted = Wanted.COPY | Wanted.MAP
        for image in images:
            worker.hand(image)
        plain, kept, unreadable, last = [await image.answer for image in images]
        assert plain.row == kept.row == last.row
        assert kept.copy == encode_copy(photo)
        assert (plain.copy, unreadable.copy, last.copy) == (None, None, None)
        assert kept.map is not None
        assert kept.map.startswith(b"\x89PNG")
        assert (plain.map, unreadable.map, last.map) == (None, None, None)
        await worker.end()

    asyncio.run(work())


def test_a_worker_that_sends_nonsense_is_ended(fitted_run: Path) -> None:
    async def work() -> None:
        deaths: list[Death] = []
        died = asyncio.Event()

        def on_death(worker: Worker, death: Death) -> None:
            deaths.append(death)
            died.set()

        worker = Worker(settings(fitted_run), lambda _: None, on_death)
        await worker.start()
        held, behind = queued(odd("wait 60")), queued(b"behind")
        worker.hand(held)
        worker.hand(behind)
        worker.data_received(head(Kind.ANSWER, 4) + b"none")
        await died.wait()
        assert deaths == [Death("protocol", held, [behind])]
        assert worker.is_ended
        assert not workers()

    asyncio.run(work())


def test_a_worker_that_cannot_begin_says_why(tmp_path: Path, fitted_run: Path) -> None:
    async def begin(about: WorkerSettings) -> None:
        await Worker(about, lambda _: None, lambda *_: None).start()

    with pytest.raises(SettingError, match="There is no bundle at"):
        asyncio.run(begin(settings(tmp_path)))
    (tmp_path / "bundle.json").write_text("{}")
    with pytest.raises(BundleError, match=r"bundle\.json"):
        asyncio.run(begin(settings(tmp_path)))
    with pytest.raises(BundleError, match=r"A worker ended before it was ready \(exit\)"):
        asyncio.run(begin(WorkerSettings(fitted_run, 5.0, 1 << 20, "no_such_module:decode")))
    assert not workers()
