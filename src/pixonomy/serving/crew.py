"""The workers of the service, as many as are wanted: started, replaced when they die, exchanged."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable

from pixonomy.errors import PixonomyError
from pixonomy.results.serving_results import ClassifiedImage, ServedModel
from pixonomy.serving.supervision import Death, QueuedImage, Worker
from pixonomy.serving.worker_process import WorkerSettings
from pixonomy.storage.files import printable

_RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # before a worker that could not begin


class BundleRefused(PixonomyError):
    """A bundle that cannot take the place of the one that answers."""


class Crew:
    """Workers that answer by one bundle, and those of the bundle before that finish their images.

    Attributes:
        model: what the workers answer with.
        ready_answer: their answer for the packaged image.
        workers: that can be given images, some of which may just have ended.
    """

    model: ServedModel
    ready_answer: ClassifiedImage

    def __init__(
        self,
        count: int,
        on_answer: Callable[[], None],
        on_death: Callable[[Death], None],
        on_failure: Callable[[str], None],
    ) -> None:
        """Keep `count` workers.

        Args:
            on_answer: called when one can be given more.
            on_death: called when one has ended, with the images that it had.
            on_failure: called when one could not begin, with the reason.
        """
        self._count = count
        self._on_answer, self._on_death, self._on_failure = on_answer, on_death, on_failure
        self.workers: set[Worker] = set()
        self._retired: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._swapping = asyncio.Lock()
        self._starting = 0
        self._is_ending = False

    @property
    def alive(self) -> int:
        """How many workers can be given images."""
        return sum(not one.is_ended for one in self.workers)

    @property
    def is_busy(self) -> bool:
        """Whether any worker has images."""
        return any(worker.images for worker in self.workers | self._retired)

    @property
    def has_heavy(self) -> bool:
        """Whether any worker has a heavy image."""
        return any(worker.has_heavy for worker in self.workers | self._retired)

    async def start(self, settings: WorkerSettings) -> None:
        """Start all workers and wait until they have loaded their bundle.

        Raises:
            SettingError, BundleError: see `Worker.start`.
        """
        self._install(await self._start(settings, self._count), settings)

    async def swap(self, settings: WorkerSettings) -> None:
        """Start workers with another bundle; then retire the old ones, who finish what they have.

        Raises:
            BundleRefused: if it is damaged or has other labels; the old ones go on.
        """
        async with self._swapping:
            try:
                workers = await self._start(settings, self._count)
            except PixonomyError as error:
                raise BundleRefused(str(error)) from error
            if reason := _differs(_first(workers).model, self.model):
                await _end_all(workers)
                raise BundleRefused(reason)
            old = self.workers
            self._install(workers, settings)
            self._retired |= old
            for worker in old:
                self._dismiss(worker)

    async def end(self) -> list[QueuedImage]:
        """End all workers; return the images that they had."""
        self._is_ending = True
        for task in self._tasks:
            task.cancel()
        workers = self.workers | self._retired
        self.workers, self._retired = set(), set()
        await _end_all(workers)
        return [image for worker in workers for image in worker.images]

    def _install(self, workers: set[Worker], settings: WorkerSettings) -> None:
        one = _first(workers)
        self.model, self.ready_answer = one.model, one.ready_answer
        self._settings, self.workers = settings, set()
        self._add(workers)

    def _add(self, workers: set[Worker]) -> None:
        self.workers |= {one for one in workers if not one.is_ended}
        self._fill_up()
        self._on_answer()

    async def _start(self, settings: WorkerSettings, count: int) -> set[Worker]:
        workers = [self._new(settings) for _ in range(count)]
        starts = [one.start() for one in workers]
        try:
            results = await asyncio.gather(*starts, return_exceptions=True)
        except asyncio.CancelledError:
            await _end_all(one for one in workers if one.has_begun)
            raise
        begun = {one for one, result in zip(workers, results, strict=True) if result is None}
        failed = [one for one in results if one is not None]
        if not failed and len({one.model.digest for one in begun}) > 1:
            failed = [BundleRefused("The bundle was changed while it was loaded.")]
        if failed:
            await _end_all(begun)
            raise failed[0]
        return begun

    def _on_worker(self, worker: Worker) -> None:
        self._dismiss(worker)
        self._on_answer()

    def _on_end(self, worker: Worker, death: Death) -> None:
        self.workers.discard(worker)
        self._retired.discard(worker)
        self._fill_up()
        self._on_death(death)

    def _dismiss(self, worker: Worker) -> None:
        """End a retired worker that has no image left."""
        if worker in self._retired and not worker.images:
            self._retired.discard(worker)
            self._begin(worker.end())

    def _fill_up(self) -> None:
        """Start workers in the places of dead ones."""
        if not self._is_ending:
            for _ in range(self._count - len(self.workers) - self._starting):
                self._starting += 1
                self._begin(self._fill())

    async def _fill(self) -> None:
        """Fill one place, as often as it takes."""
        seconds = iter(_RETRY_SECONDS)
        try:
            while len(self.workers) < self._count:
                try:
                    settings, worker = self._settings, self._new(self._settings)
                    await worker.start()
                    await self._admit(worker, settings)
                    return
                except PixonomyError as error:
                    self._on_failure(str(error))
                    await asyncio.sleep(next(seconds, _RETRY_SECONDS[-1]))
        finally:
            self._starting -= 1
            self._fill_up()

    async def _admit(self, worker: Worker, settings: WorkerSettings) -> None:
        """Let a new worker answer, if it answers by the model of now."""
        if settings is not self._settings:  # swapped meanwhile
            await worker.end()
        elif worker.model.digest != self.model.digest:
            await worker.end()
            raise BundleRefused(
                f"{printable(settings.bundle)} holds another bundle than when it was loaded: no "
                "new worker can answer. Put it back, or start the service anew."
            )
        else:
            self._add({worker})

    def _new(self, settings: WorkerSettings) -> Worker:
        return Worker(settings, self._on_worker, self._on_end)

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _first(workers: Iterable[Worker]) -> Worker:
    return next(iter(workers))


async def _end_all(workers: Iterable[Worker]) -> None:
    await asyncio.gather(*(one.end() for one in workers))


def _differs(new: ServedModel, old: ServedModel) -> str | None:
    """Return why a model cannot take the other's place; None if it can."""
    labels, others = ({one.label for one in model.labels} for model in (old, new))
    if labels == others:
        return None
    shown = ", ".join(sorted(labels ^ others)[:3])
    return f"The bundle has other labels than the one that answers ({shown}, …)."
