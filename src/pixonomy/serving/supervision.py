"""The service's side of one worker: started, given images, watched, and found dead.

A worker is a child of its own (`serving.worker`), joined by a pair of sockets.
"""

import asyncio
import json
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pixonomy.errors import BundleError, SettingError
from pixonomy.results.serving_results import ClassifiedImage, ServedModel
from pixonomy.serving.messages import (
    Answer,
    Garbled,
    Kind,
    Message,
    MessageReader,
    Ready,
    Refused,
    Wanted,
    head,
)
from pixonomy.serving.worker_process import DeathReason, WorkerProcess, WorkerSettings

_START_SECONDS = 60.0
_SEND_BYTES = 1 << 20  # most photographs go into the socket at once, in half the time
_NONSENSE = (
    Garbled, ValueError, TypeError, LookupError, RecursionError, asyncio.InvalidStateError,
)  # fmt: skip


@dataclass(slots=True, eq=False)
class QueuedImage:
    """An image that waits for its answer.

    Attributes:
        is_heavy: it may take much memory: only one such image is decoded at any time.
        since: when it was queued, in seconds of the loop's clock.
        losses: how many workers died while they had it, by no fault of its own.
        wanted: beside its answer.
    """

    content: bytes
    is_heavy: bool
    answer: "asyncio.Future[Answered]"
    since: float
    losses: int = 0
    wanted: Wanted = Wanted.NOTHING


@dataclass(frozen=True, slots=True)
class Answered:
    """What a worker gave for one image; seconds of each stage.

    Attributes:
        copy: where one was wanted, and the image can be read: see `kept_copy`.
        map: a PNG, where one was wanted, and there is one: see `Engine.map`.
    """

    model: str
    row: ClassifiedImage
    decoding: float
    network: float
    waiting: float
    copy: bytes | None = None
    map: bytes | None = None


@dataclass(frozen=True)
class Death:
    """How a worker ended.

    Attributes:
        guilty: the image that it was at, if any.
        innocent: other images that it had.
    """

    reason: DeathReason
    guilty: QueuedImage | None
    innocent: Sequence[QueuedImage]


class Worker(asyncio.Protocol):
    """One worker process, and the images that it has.

    Attributes:
        model: what it answers with.
        ready_answer: its answer for the packaged image.
        images: that it has, the one that it is at first.
        is_ended: whether it can be given nothing more.
    """

    model: ServedModel
    ready_answer: ClassifiedImage

    def __init__(
        self,
        settings: WorkerSettings,
        on_answer: Callable[["Worker"], None],
        on_death: Callable[["Worker", Death], None],
    ) -> None:
        self.images: deque[QueuedImage] = deque()
        self._settings, self._on_answer, self._on_death = settings, on_answer, on_death
        self._loop = asyncio.get_running_loop()
        self._begun: asyncio.Future[Ready] = self._loop.create_future()
        self._reader = MessageReader()
        self._began_at = 0.0  # with the first of its images
        self._watch: asyncio.TimerHandle | None = None
        self._reason: DeathReason | None = None
        self._beside: dict[Kind, bytes] = {}  # the next answer
        self.is_ended = False

    async def start(self) -> None:
        """Start the process and wait until it has loaded its bundle.

        Raises:
            SettingError: if there is no bundle.
            BundleError: if it cannot be trusted, or the process cannot work.
        """
        try:
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = WorkerProcess(self._settings, theirs.fileno())
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
            self._transport, _ = await self._loop.create_unix_connection(lambda: self, sock=ours)
        except OSError as error:
            raise BundleError(f"No worker could be started: {error}.") from error
        try:
            async with asyncio.timeout(_START_SECONDS):
                ready = await self._begun
            self.model, self.ready_answer = ready.model, ready.row
        except BaseException as error:
            await self.end()
            if isinstance(error, TimeoutError):
                raise BundleError(
                    f"A worker was not ready after {_START_SECONDS:.0f} seconds."
                ) from error
            raise

    @property
    def has_begun(self) -> bool:
        """Whether it has loaded its bundle."""
        return hasattr(self, "ready_answer")

    @property
    def has_heavy(self) -> bool:
        """Whether one of its images is heavy."""
        return any(one.is_heavy for one in self.images)

    def hand(self, image: QueuedImage) -> None:
        """Give it one more image."""
        if not self.images:
            self._began_at = self._loop.time()
        self.images.append(image)
        if image.wanted:
            self._transport.write(head(Kind.WANTED, 1) + bytes([image.wanted]))
        self._transport.write(head(Kind.IMAGE, len(image.content)))
        self._transport.write(image.content)
        if self._watch is None:
            self._watch = self._loop.call_later(self._settings.seconds, self._look)

    async def end(self) -> None:
        """Close the socket, which ends an idle worker; kill one that does not end by itself."""
        self.is_ended = True
        self._transport.close()
        await self._process.end()

    def data_received(self, data: bytes) -> None:
        """Take what the worker sends; one that sends nonsense is ended."""
        if self._reason is not None:  # it was at its end already
            return
        try:
            for message in self._reader.feed(data):
                self._take(message)
        except _NONSENSE:
            self._kill("protocol")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Find out how the worker ended."""
        if self._watch is not None:
            self._watch.cancel()
        if not self.is_ended:
            self.is_ended = True
            self._burial = self._loop.create_task(self._bury())

    def _take(self, message: Message) -> None:
        if message.kind in (Kind.COPY, Kind.MAP):
            self._beside[message.kind] = message.content
            return
        content = json.loads(message.content)
        if message.kind is Kind.ANSWER:
            self._answer(Answer.from_json(content))
        elif message.kind is Kind.READY:
            self._begun.set_result(Ready.from_json(content))
        else:
            refused = Refused.from_json(content)
            wrong = SettingError if refused.kind == "SettingError" else BundleError
            self._begun.set_exception(wrong(refused.message))

    def _answer(self, given: Answer) -> None:
        image, model = self.images[0], self.model.digest
        beside, self._beside = self._beside, {}
        answered = Answered(
            model,
            given.row,
            float(given.decoding),
            float(given.network),
            self._began_at - image.since,
            beside.get(Kind.COPY),
            beside.get(Kind.MAP),
        )
        self.images.popleft()
        self._began_at = self._loop.time()
        self._loop.call_soon(self._on_answer, self)  # before whoever asked asks again
        if not image.answer.done():  # and has not gone
            image.answer.set_result(answered)

    def _look(self) -> None:
        """End the worker if it is at an image for too long."""
        self._watch = None
        if not self.images:
            return
        left = self._began_at + self._settings.seconds - self._loop.time()
        if left <= 0:
            self._kill("time")
        else:
            self._watch = self._loop.call_later(left, self._look)

    def _kill(self, reason: DeathReason) -> None:
        self._reason = self._reason or reason
        self._process.kill()

    async def _bury(self) -> None:
        how = await self._process.end()
        reason = self._reason or how
        if not self._begun.done():
            message = f"A worker ended before it was ready ({reason})."
            self._begun.set_exception(BundleError(message))
        if self._begun.cancelled() or self._begun.exception() is not None:
            return
        guilty = self.images.popleft() if self.images else None
        innocent = list(self.images)
        self.images.clear()
        self._on_death(self, Death(reason, guilty, innocent))
