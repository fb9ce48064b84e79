"""Workers are replaced when they die, and exchanged for those of another model."""

import asyncio
import itertools
import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

from odd_decoders import OBEY, odd
from pixonomy.bundle.load import seal
from pixonomy.serving.pool import (
    BundleRefused,
    Classified,
    PoolSettings,
    Swapped,
    WorkerDied,
    WorkerPool,
)
from running_pool import Running, running, workers

Value = TypeVar("Value")
KILLED = "the worker that read it was ended from outside: send it again"


def run(work: Coroutine[object, object, Value], seconds: float = 120.0) -> Value:
    async def bounded() -> Value:
        return await asyncio.wait_for(work, seconds)

    return asyncio.run(bounded())


@pytest.fixture(scope="module")
def photos(fitted_images: Path) -> list[bytes]:
    return [one.read_bytes() for one in sorted(fitted_images.glob("*/*.jpg"))[:8]]


@pytest.fixture(scope="module")
def models(fitted_run: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two bundles of the same labels, whose confidences differ."""
    one, other = (tmp_path_factory.mktemp("models") / name for name in ("one", "other"))
    for folder, temperature in ((one, 1.0), (other, 3.0)):
        shutil.copytree(fitted_run / "bundle", folder)
        about = json.loads((folder / "bundle.json").read_text())
        del about["digest"]
        about["calibration"]["temperature"] = temperature
        (folder / "bundle.json").write_text(json.dumps(seal(about)))
    return [one, other]


def damaged(bundle: Path, place: Path) -> Path:
    shutil.copytree(bundle, place)
    model = bytearray((place / "model.onnx").read_bytes())
    model[len(model) // 2] ^= 1
    (place / "model.onnx").write_bytes(model)
    return place


async def confidences(pool: WorkerPool, photos: list[bytes]) -> list[float]:
    return [one.answer.confidence for one in await pool.classify_all(photos)]


class Load:
    """Clients that ask one image after the other, and what they were answered."""

    def __init__(self, pool: WorkerPool, photos: list[bytes], clients: int) -> None:
        self.answers: list[tuple[int, Classified]] = []
        self._is_on = True
        self._tasks = [
            asyncio.create_task(self._ask(pool, photos, first)) for first in range(clients)
        ]

    async def _ask(self, pool: WorkerPool, photos: list[bytes], first: int) -> None:
        for turn in itertools.count(first):
            if not self._is_on:
                return
            place = turn % len(photos)
            self.answers.append((place, await pool.classify(photos[place])))

    async def end(self) -> list[tuple[int, Classified]]:
        """Return which photo got which answer; whatever was raised is raised here."""
        self._is_on = False
        await asyncio.gather(*self._tasks)
        return self.answers


async def swap_under_load(
    models: list[Path], photos: list[bytes], bad: Path, times: int, every: int
) -> None:
    """Swap so many times, each so many times to a bad bundle."""
    async with running(models[0]) as it:
        expected = {it.pool.model.digest: await confidences(it.pool, photos)}
        await it.pool.swap(models[1])
        expected[it.pool.model.digest] = await confidences(it.pool, photos)
        load = Load(it.pool, photos, clients=4)
        for turn in range(times):
            if turn % every == every - 1:
                before = it.pool.model.digest
                with pytest.raises(BundleRefused, match="its hash differs"):
                    await it.pool.swap(bad)
                assert it.pool.model.digest == before
            else:
                model = await it.pool.swap(models[turn % 2])
                assert model == it.pool.model
        answers = await load.end()
        assert all(one.answer.confidence == expected[one.model][place] for place, one in answers)
        assert set(expected) == {one.model for _, one in answers}
        assert len(expected) == 2
        await it.until(lambda: len(workers()) == 1)
        assert [type(one) for one in it.events] == [Swapped] * (1 + times - times // every)


def test_swaps_under_load_lose_no_image_and_mix_no_models(
    models: list[Path], photos: list[bytes], tmp_path: Path
) -> None:
    run(swap_under_load(models, photos, damaged(models[0], tmp_path / "bad"), times=2, every=2))


@pytest.mark.slow
def test_many_swaps_under_load_lose_no_image_and_mix_no_models(
    models: list[Path], photos: list[bytes], tmp_path: Path
) -> None:
    run(swap_under_load(models, photos, damaged(models[0], tmp_path / "bad"), times=20, every=5))


@pytest.mark.slow
def test_a_request_is_answered_by_one_model_though_a_swap_falls_between(
    models: list[Path], photos: list[bytes]
) -> None:
    async def ask() -> None:
        settings = PoolSettings(workers=1, decoder=OBEY)
        async with running(models[0], settings) as it:
            slow = [odd("wait 0.2 a"), odd("wait 0.2 b")]
            swap = asyncio.create_task(it.pool.swap(models[1]))
            answers: list[Classified] = []
            while not swap.done():
                answers = await it.pool.classify_all([*slow, *photos])
                assert len({one.model for one in answers}) == 1
            answers = await it.pool.classify_all(photos)
            assert {one.model for one in answers} == {(await swap).digest}

    run(ask())


def test_a_bundle_of_other_labels_is_refused(fitted_run: Path, tmp_path: Path) -> None:
    other = shutil.copytree(fitted_run / "bundle", tmp_path / "other")
    about = json.loads((other / "bundle.json").read_text())
    del about["digest"]
    about.pop("categories", None)
    about["labels"][0].update(label="circle", name="circle")
    (other / "bundle.json").write_text(json.dumps(seal(about)))

    async def swap() -> None:
        async with running(fitted_run) as it:
            with pytest.raises(BundleRefused, match=r"other labels .* \(circle, cross, …\)"):
                await it.pool.swap(other)
            with pytest.raises(BundleRefused, match="There is no bundle at"):
                await it.pool.swap(tmp_path / "nowhere")
            assert await it.pool.is_ready()
            assert it.events == []
            assert len(workers()) == 1

    run(swap())


async def kill_under_load(bundle: Path, photos: list[bytes], kills: int, pause: float) -> None:
    dice = random.Random(18)
    async with running(bundle, PoolSettings(workers=2)) as it:
        expected = await confidences(it.pool, photos)
        load = Load(it.pool, photos, clients=4)
        for turn in range(kills):
            await asyncio.sleep(pause * dice.random())
            await it.until(lambda: len(it.deaths) == turn and it.pool.alive == 2)  # noqa: B023
            dice.choice(workers()[:2]).kill()
        began = time.monotonic()
        await it.until(lambda: len(it.deaths) == kills and it.pool.alive == 2)
        assert time.monotonic() - began < 10  # 3 on a machine of its own
        answers = await load.end()
        lost = [one for _, one in answers if one.problem is not None]
        assert len(lost) <= kills
        assert {one.problem for one in lost} <= {KILLED}
        right = [one.answer.confidence == expected[at] for at, one in answers if not one.problem]
        assert all(right)
        assert len(right) > 10
        assert Counter(it.deaths) == {"killed": kills}
        await it.until(lambda: len(workers()) == 2)
        assert await it.pool.is_ready()
        assert [one for one in await it.pool.classify_all(photos) if one.problem] == []


def test_killed_workers_lose_only_the_images_that_they_were_at(
    fitted_run: Path, photos: list[bytes]
) -> None:
    run(kill_under_load(fitted_run, photos, kills=1, pause=0.3))


@pytest.mark.parametrize(
    "kills", [pytest.param(12, marks=pytest.mark.slow), pytest.param(120, marks=pytest.mark.soak)]
)
def test_workers_killed_again_and_again_lose_only_the_images_that_they_were_at(
    fitted_run: Path, photos: list[bytes], kills: int
) -> None:
    run(kill_under_load(fitted_run, photos, kills, pause=1.0), seconds=10.0 * kills)


@pytest.mark.slow
def test_as_many_workers_as_are_wanted_come_back_though_some_die_at_their_start(
    fitted_run: Path,
) -> None:
    async def kill() -> None:
        async with running(fitted_run, PoolSettings(workers=2)) as it:
            for _ in range(4):
                for process in workers():
                    process.kill()
                await asyncio.sleep(0.3)  # in which some are starting
            await it.until(lambda: it.pool.alive == 2)
            await asyncio.sleep(2.0)
            assert (it.pool.alive, len(workers())) == (2, 2)
            assert set(it.deaths) <= {"killed", "start"}
            assert await it.pool.is_ready()

    run(kill())


@pytest.mark.slow
def test_no_new_worker_answers_by_another_bundle_than_the_one_that_was_loaded(
    models: list[Path], photos: list[bytes], tmp_path: Path
) -> None:
    bundle = shutil.copytree(models[0], tmp_path / "bundle")

    def failures(it: Running) -> list[str]:
        return [one.detail for one in it.events if isinstance(one, WorkerDied) and one.detail]

    async def change() -> None:
        async with running(bundle) as it:
            shutil.copyfile(models[1] / "bundle.json", bundle / "bundle.json")
            workers()[0].kill()
            await it.until(lambda: len(failures(it)) > 0)
            assert "holds another bundle than when it was loaded" in failures(it)[0]
            assert it.pool.alive == 0
            assert not await it.pool.is_ready()
            shutil.copyfile(models[0] / "bundle.json", bundle / "bundle.json")
            await it.until(lambda: it.pool.alive == 1)
            assert await it.pool.is_ready()

    run(change())


@pytest.mark.slow
def test_an_image_that_waits_behind_others_that_crash_is_answered(
    fitted_run: Path, photos: list[bytes]
) -> None:
    async def ask() -> None:
        settings = PoolSettings(workers=1, decoder=OBEY)
        async with running(fitted_run, settings) as it:
            crashes = [asyncio.create_task(it.pool.classify(odd(f"crash {n}"))) for n in range(2)]
            innocent = asyncio.create_task(it.pool.classify(photos[0]))
            answers = await asyncio.gather(*crashes, innocent)
            assert answers[2].problem is None  # behind two
            assert it.deaths == ["signal"] * 2

    run(ask())
