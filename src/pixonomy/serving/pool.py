"""The engine of the service: images wait, workers answer, a dead one's images go to the next."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixonomy.errors import SettingError
from pixonomy.results.serving_results import ClassifiedImage, ServedModel
from pixonomy.serving.crew import BundleRefused, Crew
from pixonomy.serving.heaviness import is_heavy
from pixonomy.serving.messages import Wanted
from pixonomy.serving.pool_events import PoolEvent, Refused, Swapped, WorkerDied
from pixonomy.serving.refused_images import RefusedImages
from pixonomy.serving.supervision import Answered, Death, QueuedImage, Worker
from pixonomy.serving.waiting_line import Overloaded, WaitingLine
from pixonomy.serving.worker_process import DeathReason, WorkerSettings

__all__ = [
    "BundleRefused", "Classified", "ModelFacts", "Overloaded", "PoolEvent", "PoolSettings",
    "Refused", "Swapped", "WorkerDied", "WorkerPool",
]  # fmt: skip

ModelFacts = ServedModel

_READY_FILE = Path(__file__).with_name("ready.jpg")
_READY_SECONDS = 2.0
_NEW_WORKER_SECONDS = 3
_AHEAD = 2  # images that a worker has at most: the next is there as soon as it has answered
_LOSSES = 3  # workers that may die with an image, by no fault of its own, before it is given up
_SAME_MODEL_TRIES = 3


@dataclass(frozen=True)
class PoolSettings:
    """How images are answered.

    Attributes:
        workers: processes.
        queue: images that may wait.
        seconds: a worker may take for one image, before it is ended.
        memory: bytes that a worker may have above what it has after loading.
        decoder: for tests alone: "module:function" that decodes in place of ours.
        explains: whether a map may be wanted.
    """

    workers: int
    queue: int = 64
    seconds: float = 5.0
    memory: int = 600 << 20
    decoder: str | None = None
    explains: bool = False


@dataclass(frozen=True)
class Classified:
    """The answer for one image; seconds of each stage.

    Attributes:
        model: the digest of the bundle that gave it.
        kept: a copy of the image that may be kept and shown, a JPEG, where one was wanted and the
            image can be read; see `kept_copy`.
        map: what the answer rests on, a PNG to lay over the image, where one was wanted and the
            model tells; see `Engine.map`.
    """

    model: str
    answer: ClassifiedImage
    problem: str | None
    decoding: float
    network: float
    waiting: float
    kept: bytes | None = None
    map: bytes | None = None


class WorkerPool:
    """Workers that answer images by one bundle, which can be swapped for another."""

    def __init__(self, settings: PoolSettings, on_event: Callable[[PoolEvent], None]) -> None:
        self._settings, self._on_event = settings, on_event
        self._loop = asyncio.get_running_loop()
        self._crew = Crew(settings.workers, self._dispatch, self._on_death, self._on_failure)
        self._line = WaitingLine(settings.queue, settings.workers)
        self._refused = RefusedImages()
        self._probe: asyncio.Task[bool] | None = None
        self._ready_image = _READY_FILE.read_bytes()
        self._is_closing = False

    @classmethod
    async def start(
        cls, bundle: Path, settings: PoolSettings, on_event: Callable[[PoolEvent], None]
    ) -> "WorkerPool":
        """Start the workers and wait until all have loaded the bundle.

        Raises:
            SettingError: if there is no bundle, or no worker is wanted.
            BundleError: if the bundle cannot be trusted.
        """
        if settings.workers < 1 or settings.queue < 1:
            raise SettingError("The service needs at least one worker and room for one image.")
        pool = cls(settings, on_event)
        await pool._crew.start(pool._with(bundle))
        return pool

    @property
    def model(self) -> ModelFacts:
        """What answers now."""
        return self._crew.model

    @property
    def waiting(self) -> int:
        """Images that wait for a worker."""
        return len(self._line)

    @property
    def alive(self) -> int:
        """Workers that can answer."""
        return self._crew.alive

    def require_room(self, images: Sequence[bytes] = ()) -> None:
        """Refuse at once, also before images have arrived, what would not be taken.

        Raises:
            Overloaded: if too many images wait, or no worker is there.
        """
        if self._is_closing or not self._crew.alive:
            raise Overloaded("no_worker", _NEW_WORKER_SECONDS)
        self._line.require_room(self._loop.time(), sum(is_heavy(one) for one in images))

    async def classify(self, image: bytes) -> Classified:
        """Answer one image; one that cannot be read, or has ended a worker, with a problem.

        Raises:
            Overloaded: at once if too many images wait; or if no worker is there.
        """
        self.require_room([image])
        (answer,) = await self._await([self._queue(image)])
        return answer

    async def classify_all(
        self, images: Sequence[bytes], wanted: Wanted = Wanted.NOTHING
    ) -> list[Classified]:
        """Answer the images of one request, all by the same model; they are taken whole or not.

        Args:
            wanted: what is, beside the answers.

        Raises:
            Overloaded: see `classify`.
        """
        self.require_room(images)
        answers = await self._await([self._queue(one, wanted=wanted) for one in images])
        for _ in range(_SAME_MODEL_TRIES):
            if len({one.model for one in answers}) < 2:
                break
            # A swap came between: what the old model has answered is asked again.
            newest = self.model.digest
            late = [place for place, one in enumerate(answers) if one.model != newest]
            again = await self._await([self._queue(images[place], wanted=wanted) for place in late])
            for place, answer in zip(late, again, strict=True):
                answers[place] = answer
        return answers

    async def is_ready(self) -> bool:
        """Tell whether the packaged image gets the answer that it got at start, in 2 seconds."""
        if self._is_closing or not self._crew.alive:
            return False
        if self._probe is None or self._probe.done():
            self._probe = self._loop.create_task(self._ask_ready())
        try:
            return await asyncio.wait_for(asyncio.shield(self._probe), _READY_SECONDS)
        except (TimeoutError, Overloaded):
            return False

    async def swap(self, bundle: Path) -> ModelFacts:
        """Let another bundle answer from now on; what was begun is finished by the old one.

        Raises:
            BundleRefused: if it is damaged or has other labels; the old one goes on.
        """
        await self._crew.swap(self._with(bundle))
        self._on_event(Swapped(self.model.digest))
        return self.model

    async def close(self, seconds: float) -> None:
        """Take nothing more, answer what waits within so many seconds, end all workers."""
        self._is_closing = True
        end = self._loop.time() + seconds
        while self._loop.time() < end and (self._line or self._crew.is_busy):
            await asyncio.sleep(0.02)
        self._give_up([*self._line.clear(), *await self._crew.end()])

    def _with(self, bundle: Path) -> WorkerSettings:
        settings = self._settings
        return WorkerSettings(
            bundle, settings.seconds, settings.memory, settings.decoder, settings.explains
        )

    def _queue(
        self, content: bytes, is_first: bool = False, wanted: Wanted = Wanted.NOTHING
    ) -> QueuedImage:
        answer: asyncio.Future[Answered] = self._loop.create_future()
        image = QueuedImage(content, is_heavy(content), answer, self._loop.time(), wanted=wanted)
        if content in self._refused:
            self._give(image, "it has ended a worker before, and is read no more")
        elif is_first:
            self._line.put_first([image])
        else:
            self._line.append(image)
        self._dispatch()
        return image

    async def _await(self, images: Sequence[QueuedImage]) -> list[Classified]:
        try:
            given = await asyncio.gather(*(one.answer for one in images))
        finally:
            for image in images:
                self._line.remove(image)  # whoever asked may have gone
        for one in given:
            if one.decoding:  # else it was given to no worker
                self._line.note(one.decoding + one.network)
        return [_classified(one) for one in given]

    async def _ask_ready(self) -> bool:
        expected = self._crew.ready_answer
        (given,) = await self._await([self._queue(self._ready_image, is_first=True)])
        return given.answer in (expected, self._crew.ready_answer)  # a swap may come between

    def _dispatch(self) -> None:
        """Hand out what waits: one image to work at and one more to each, so that none stands."""
        while self._line:
            free = [one for one in self._crew.workers if _is_free(one)]
            if not free:
                return
            worker = min(free, key=lambda one: len(one.images))
            image = self._line.take(not worker.images, self._crew.has_heavy)
            if image is None:
                return
            worker.hand(image)

    def _on_death(self, death: Death) -> None:
        self._on_event(WorkerDied(death.reason))
        if death.guilty is not None:
            self._give(death.guilty, self._blame(death.guilty, death.reason))
        for image in death.innocent:
            image.losses += 1
            if image.losses == _LOSSES:
                self._give(image, "several workers ended while they had it: send it again")
        self._line.put_first([one for one in death.innocent if not one.answer.done()])
        self._dispatch()

    def _blame(self, image: QueuedImage, reason: DeathReason) -> str:
        """Return the problem of an image that a worker was at when it died."""
        if reason == "killed":  # by somebody else: the image has not shown to be at fault
            return "the worker that read it was ended from outside: send it again"
        self._on_event(Refused(self._refused.add(image.content)))
        if reason == "time":
            return f"it takes more than {self._settings.seconds:g} seconds to read"
        if reason == "memory":
            return f"it takes more than {self._settings.memory >> 20} MB of memory to read"
        return "the worker that read it has crashed"

    def _on_failure(self, message: str) -> None:
        self._on_event(WorkerDied("start", message))
        if not self._crew.alive:
            self._give_up(self._line.clear())

    def _give(self, image: QueuedImage, problem: str) -> None:
        if not image.answer.done():
            row = ClassifiedImage.unreadable(problem)
            image.answer.set_result(Answered(self.model.digest, row, 0.0, 0.0, 0.0))

    def _give_up(self, images: Sequence[QueuedImage]) -> None:
        for image in images:
            if not image.answer.done():
                image.answer.set_exception(Overloaded("no_worker", _NEW_WORKER_SECONDS))


def _classified(given: Answered) -> Classified:
    row, stages = given.row, (given.decoding, given.network, given.waiting)
    return Classified(given.model, row, row.problem, *stages, given.copy, given.map)


def _is_free(worker: Worker) -> bool:
    return len(worker.images) < _AHEAD and not worker.has_heavy and not worker.is_ended
