"""Images through real workers: answered like `classify` does, whatever they do to a worker."""

import asyncio
import io
import random
import time
from collections.abc import Coroutine
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image

from odd_decoders import OBEY, odd
from pixonomy.bundle.answer import classify_images
from pixonomy.bundle.load import load_bundle
from pixonomy.errors import BundleError, SettingError
from pixonomy.results.serving_results import ClassifiedImage
from pixonomy.serving.pool import (
    Classified,
    Overloaded,
    PoolSettings,
    Refused,
    WorkerPool,
)
from pixonomy.verbs.classify import classify
from running_pool import Running, running, workers

Value = TypeVar("Value")

ODD_IMAGES = Path(__file__).parents[2] / "../shared/data/odd"

ODD = PoolSettings(workers=1, seconds=0.5, memory=100 << 20, decoder=OBEY)


def run(work: Coroutine[object, object, Value], seconds: float = 60.0) -> Value:
    async def bounded() -> Value:
        return await asyncio.wait_for(work, seconds)

    return asyncio.run(bounded())


@pytest.fixture(scope="module")
def photo(fitted_images: Path) -> bytes:
    return next(fitted_images.glob("stripes/*.jpg")).read_bytes()


def test_answers_equal_those_of_classify(fitted_run: Path, fitted_images: Path) -> None:
    files = [one for one in sorted(fitted_images.rglob("*")) if one.is_file()][::3]
    files.append(fitted_images / "cross" / "text.jpg")
    alone = [classify(fitted_run, [one]).as_json()["images"][0] for one in files]  # type: ignore[index]
    expected = [{key: one[key] for key in one if key != "path"} for one in alone]

    async def ask() -> list[Classified]:
        async with running(fitted_run, PoolSettings(workers=2)) as it:
            return await it.pool.classify_all([one.read_bytes() for one in files])

    answers = run(ask())
    assert [one.answer.as_json() for one in answers] == expected
    assert answers[-1].problem == expected[-1]["problem"] is not None
    assert all(one.waiting >= 0 and one.decoding > 0 for one in answers)
    assert {one.answer.label for one in answers} > {"cross", "stripes"}


def test_what_answers_is_described(fitted_run: Path) -> None:
    async def look() -> None:
        async with running(fitted_run) as it:
            model = it.pool.model
            assert [one.label for one in model.labels] == ["cross", "gâteaux d'été", "stripes"]
            assert (model.size, len(model.digest)) == (32, 64)
            assert model.calibrated_at is not None
            assert (it.pool.alive, it.pool.waiting) == (1, 0)
            assert await it.pool.is_ready()

    run(look())


def test_no_bundle_no_worker_and_a_damaged_bundle_are_refused(
    bundle_copy: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match="There is no bundle at"):
        run(WorkerPool.start(tmp_path / "nowhere", PoolSettings(workers=1), print))
    with pytest.raises(SettingError, match="at least one worker"):
        run(WorkerPool.start(bundle_copy, PoolSettings(workers=0), print))
    (bundle_copy / "model.onnx").write_bytes(b"damaged")
    with pytest.raises(BundleError, match="its hash differs"):
        run(WorkerPool.start(bundle_copy, PoolSettings(workers=2), print))
    assert not workers()


def test_a_full_queue_is_refused_at_once(fitted_run: Path, photo: bytes) -> None:
    async def fill() -> None:
        settings = PoolSettings(workers=1, queue=3, decoder=OBEY)
        async with running(fitted_run, settings) as it:
            slow = [asyncio.create_task(it.pool.classify(odd(f"wait 0.3 {n}"))) for n in range(5)]
            await it.until(lambda: it.pool.waiting == 3)  # of five, two are with the worker
            began = time.monotonic()
            with pytest.raises(Overloaded) as caught:
                await it.pool.classify(photo)
            with pytest.raises(Overloaded):
                it.pool.require_room()
            assert time.monotonic() - began < 0.05
            assert caught.value.kind == "overloaded"
            assert caught.value.retry_after >= 1
            await asyncio.gather(*slow)
            assert (await it.pool.classify(photo)).answer.label == "stripes"

    run(fill())


def test_a_request_is_taken_whole_where_there_is_room_for_one(
    fitted_run: Path, photo: bytes
) -> None:
    async def ask() -> None:
        async with running(fitted_run, PoolSettings(workers=1, queue=1)) as it:
            answers = await it.pool.classify_all([photo] * 16)
            assert [one.answer.label for one in answers] == ["stripes"] * 16
            assert await it.pool.classify_all([]) == []

    run(ask())


@pytest.mark.parametrize(
    ("order", "reason", "problem"),
    [
        ("endless", "time", "it takes more than 0.5 seconds to read"),
        ("memory", "memory", "it takes more than 100 MB of memory to read"),
        pytest.param(
            "crash", "signal", "the worker that read it has crashed", marks=pytest.mark.slow
        ),
        pytest.param("exit", "exit", "the worker that read it has crashed", marks=pytest.mark.slow),
    ],
)
def test_an_odd_image_ends_one_worker_and_nothing_else(
    fitted_run: Path, photo: bytes, order: str, reason: str, problem: str
) -> None:
    image = odd(order)

    async def ask() -> None:
        async with running(fitted_run, ODD) as it:
            asked = [image, photo, photo, photo]
            answers = await asyncio.gather(*(it.pool.classify(one) for one in asked))
            assert [one.problem for one in answers] == [problem, None, None, None]
            assert [one.answer.label for one in answers[1:]] == ["stripes"] * 3
            assert it.deaths == [reason]
            assert Refused(sha256(image).hexdigest()) in it.events
            again = await it.pool.classify(image)
            assert again.problem == "it has ended a worker before, and is read no more"
            assert it.deaths == [reason]
            assert (await it.pool.classify(image + b" other")).problem == problem

    run(ask())


def test_an_image_that_needs_too_much_memory_is_answered_and_the_worker_lives(
    fitted_run: Path, photo: bytes
) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.zeros((4000, 4000, 4), np.uint8), "RGBA").save(stream, "PNG")

    async def ask() -> None:
        async with running(fitted_run, PoolSettings(workers=1, memory=40 << 20)) as it:
            answer = await it.pool.classify(stream.getvalue())
            assert answer.problem is not None
            assert "more than the 40 MB of memory" in answer.problem
            assert (await it.pool.classify(photo)).answer.label == "stripes"
            assert it.events == []

    run(ask())


@pytest.mark.slow
def test_a_broken_decoder_ends_its_worker_not_the_service(fitted_run: Path, photo: bytes) -> None:
    async def ask() -> None:
        async with running(fitted_run, ODD) as it:
            assert (await it.pool.classify(odd("broken"))).problem is not None
            await it.until(lambda: it.pool.alive == 1)
            assert (await it.pool.classify(photo)).answer.label == "stripes"

    run(ask())


@pytest.mark.slow
def test_heavy_images_go_one_at_a_time_over_all_workers(fitted_run: Path, photo: bytes) -> None:
    async def ask() -> None:
        settings = PoolSettings(workers=2, decoder=OBEY)
        async with running(fitted_run, settings) as it:
            began = time.monotonic()
            heavy = [asyncio.create_task(it.pool.classify(f"wait 0.4 {n}".encode())) for n in "12"]
            light = await it.pool.classify(photo)
            assert light.answer.label == "stripes"
            assert time.monotonic() - began < 0.3  # the second worker had time for it
            await asyncio.gather(*heavy)
            assert time.monotonic() - began >= 0.8

    run(ask())


@pytest.mark.slow
def test_whoever_goes_takes_his_image_along(fitted_run: Path, photo: bytes) -> None:
    async def ask() -> None:
        async with running(fitted_run, PoolSettings(workers=1, decoder=OBEY)) as it:
            asked = [asyncio.create_task(it.pool.classify(odd("wait 0.2"))) for _ in range(4)]
            await it.until(lambda: it.pool.waiting == 2)
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
            assert it.pool.waiting == 0
            assert (await it.pool.classify(photo)).answer.label == "stripes"
            assert it.events == []

    run(ask())


def test_where_all_workers_are_dead_nothing_is_taken_until_a_new_one_is_there(
    fitted_run: Path, photo: bytes
) -> None:
    async def kill_all(it: Running) -> None:
        for process in workers():
            process.kill()
        await it.until(lambda: it.pool.alive == 0)
        with pytest.raises(Overloaded) as caught:
            await it.pool.classify(photo)
        assert caught.value.kind == "no_worker"
        began = time.monotonic()
        assert not await it.pool.is_ready()
        assert time.monotonic() - began < 0.1
        await it.until(lambda: it.pool.alive == 2)
        assert await it.pool.is_ready()
        assert it.deaths == ["killed", "killed"]

    async def ask() -> None:
        async with running(fitted_run, PoolSettings(workers=2)) as it:
            await kill_all(it)

    run(ask())


@pytest.mark.slow
def test_a_worker_at_an_endless_image_makes_the_service_unready_for_so_long(
    fitted_run: Path,
) -> None:
    async def ask() -> None:
        settings = PoolSettings(workers=1, seconds=2.5, decoder=OBEY)
        async with running(fitted_run, settings) as it:
            endless = asyncio.create_task(it.pool.classify(odd("endless")))
            await asyncio.sleep(0.05)
            began = time.monotonic()
            assert not await it.pool.is_ready()
            assert time.monotonic() - began < 2.3
            await endless
            await it.until(lambda: it.pool.alive == 1)
            assert await it.pool.is_ready()

    run(ask())


def test_closing_answers_what_waits_and_takes_nothing_more(fitted_run: Path, photo: bytes) -> None:
    async def close() -> None:
        async with running(fitted_run) as it:
            asked = [asyncio.create_task(it.pool.classify(photo)) for _ in range(20)]
            await asyncio.sleep(0)
            closing = asyncio.create_task(it.pool.close(20.0))
            await asyncio.sleep(0)
            with pytest.raises(Overloaded):
                await it.pool.classify(photo)
            answers = await asyncio.gather(*asked)
            assert [one.answer.label for one in answers] == ["stripes"] * 20
            await closing
            assert not workers()
            assert it.events == []

    run(close())


@pytest.mark.slow
def test_closing_does_not_wait_longer_than_it_may(fitted_run: Path) -> None:
    async def close() -> None:
        async with running(fitted_run, PoolSettings(workers=1, decoder=OBEY)) as it:
            asked = [asyncio.create_task(it.pool.classify(odd("wait 60"))) for _ in range(3)]
            await it.until(lambda: it.pool.waiting == 1)
            began = time.monotonic()
            await it.pool.close(0.3)
            assert time.monotonic() - began < 3.0
            assert not workers()
            gone = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(one) for one in gone] == [Overloaded] * 3

    run(close())


async def ask_as_classify_does(bundle: Path, images: list[bytes]) -> None:
    loaded = load_bundle(bundle)
    async with running(bundle, PoolSettings(workers=2, seconds=30.0)) as it:
        for start in range(0, len(images), 16):
            some = images[start : start + 16]
            for image, given in zip(some, await it.pool.classify_all(some), strict=True):
                (expected,) = classify_images(loaded, [image])
                row = ClassifiedImage(**{**vars(expected), "top": tuple(expected.top)})
                assert given.answer == row
        assert it.events == []
        assert await it.pool.is_ready()


@pytest.mark.real_data
@pytest.mark.skipif(not ODD_IMAGES.is_dir(), reason="needs ../shared/data/odd")
def test_odd_images_of_others_are_answered_as_by_classify_and_end_no_worker(
    fitted_run: Path,
) -> None:
    files = [one for one in sorted(ODD_IMAGES.rglob("*")) if one.is_file()]
    run(ask_as_classify_does(fitted_run, [one.read_bytes() for one in files]), 300)


@pytest.mark.parametrize("count", [40, pytest.param(2000, marks=pytest.mark.slow)])
def test_mutated_images_are_answered_as_by_classify_and_end_no_worker(
    fitted_run: Path, photo: bytes, count: int
) -> None:
    dice = random.Random(18)
    images = [photo]
    for kind in ("PNG", "GIF", "WEBP", "TIFF", "BMP"):
        stream = io.BytesIO()
        Image.open(io.BytesIO(photo)).save(stream, kind)
        images.append(stream.getvalue())
    mutated = []
    for _ in range(count):
        image = bytearray(dice.choice(images))
        for _ in range(dice.randint(1, 8)):
            image[dice.randrange(len(image))] = dice.randrange(256)
        mutated.append(bytes(image[: dice.choice([len(image), dice.randrange(len(image))])]))
    run(ask_as_classify_does(fitted_run, mutated), 300)
