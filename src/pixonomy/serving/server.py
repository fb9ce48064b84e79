"""Runs the service: takes the port, starts the workers, answers, and ends in an orderly way."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import uvicorn
import uvloop

from pixonomy.results.serving_results import ServeStarted
from pixonomy.serving.access import Access
from pixonomy.serving.application import make_app
from pixonomy.serving.body import PendingBytes
from pixonomy.serving.client_address import ClientAddresses
from pixonomy.serving.connection_limits import DoorLimits
from pixonomy.serving.counters import Metrics
from pixonomy.serving.deadlines import deadlines
from pixonomy.serving.embed_links import EmbedLinks
from pixonomy.serving.listening import Server, bind
from pixonomy.serving.pool import PoolEvent, PoolSettings, Refused, Swapped, WorkerDied, WorkerPool
from pixonomy.serving.request_log import RequestLog, library_messages
from pixonomy.serving.savers import Savers
from pixonomy.serving.serve_settings import ServeSettings, check_admission, check_settings
from pixonomy.serving.service import Service
from pixonomy.serving.upkeep import State, keep_up
from pixonomy.state.store import Store
from pixonomy.state.tokens import TokenStore
from pixonomy.storage.address import Address

OnStarted = Callable[[ServeStarted], None]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_FOR_WORKERS = 3.0  # seconds of the time to end, when all requests are answered


def _no_callback(started: ServeStarted) -> None:
    """Do nothing: the default below the command line."""


def serve(
    bundle: Path,
    settings: ServeSettings,
    on_started: OnStarted = _no_callback,
    log: TextIO | None = None,
) -> int:
    """Serve a bundle until SIGTERM or SIGINT, then finish what was asked, and return 0.

    Signals and the log of libraries belong to the service while it runs.

    Args:
        on_started: called once it answers.
        log: takes a JSON object a line; None: standard error.

    Raises:
        SettingError: if there is no bundle, the port is taken, all would be let in by mistake, or
            the database is of a newer release.
        BundleError: if the bundle cannot be trusted.
        StateUnavailable, StorageError: if what is kept cannot be reached.
    """
    check_settings(settings)
    with ExitStack() as ends:
        store = _open_store(settings, ends)
        tokens = TokenStore(store.database) if store else None
        check_admission(settings, len(tokens.names()) if tokens else 0)
        state = State(store, tokens) if store and tokens else None
        running = _Running(bundle, settings, state, RequestLog(log or sys.stderr), on_started)
        listener = ends.enter_context(closing(bind(settings.host, settings.port)))
        ends.enter_context(library_messages(running.log))
        loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        ends.enter_context(loop).run(running.run(listener))
    return 0


def _open_store(settings: ServeSettings, ends: ExitStack) -> Store | None:
    if settings.state is None:
        return None
    pictures = Address.parse(settings.pictures) if settings.pictures else None
    return ends.enter_context(closing(Store.open(settings.state, settings.database, pictures)))


@dataclass
class _Running:
    """One run of the service."""

    bundle: Path
    settings: ServeSettings
    state: State | None
    log: RequestLog
    on_started: OnStarted

    def __post_init__(self) -> None:
        self.metrics = Metrics()

    async def run(self, listener: socket.socket) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        for one in _SIGNALS:
            loop.add_signal_handler(one, task.cancel)
        try:
            pool = await WorkerPool.start(
                self.bundle,
                PoolSettings(
                    self.settings.workers, self.settings.queue, explains=self.state is not None
                ),
                self._note,
            )
        except asyncio.CancelledError:  # a signal came before it had begun
            return
        await self._answer(pool, listener)

    async def _answer(self, pool: WorkerPool, listener: socket.socket) -> None:
        """Answer until a signal comes, then end the workers."""
        loop = asyncio.get_running_loop()
        self.metrics.watch(lambda: pool.waiting, lambda: pool.alive)
        savers = Savers(self.state.store) if self.state else None
        service = self._service(pool, savers)
        server = Server(
            self._config(service), lambda: self.on_started(self._started(pool, listener))
        )
        for one in _SIGNALS:
            loop.add_signal_handler(one, server.end)
        gc.collect()
        gc.freeze()  # what is loaded stays: looking through it would stop all answers for 50 ms
        upkeep = loop.create_task(keep_up(self.state, self.settings.keep_days, self.log))
        try:
            await server.serve([listener])
        finally:
            upkeep.cancel()
            await pool.close(_FOR_WORKERS)
            if savers is not None:
                await savers.close()

    def _service(self, pool: WorkerPool, savers: Savers | None) -> Service:
        return Service(
            pool,
            self.settings,
            Access(self.settings, self.state.tokens if self.state else None),
            PendingBytes(self.settings.body.pending),
            self.metrics,
            self.log,
            savers,
            EmbedLinks(savers.secret) if savers else None,
        )

    def _config(self, service: Service) -> uvicorn.Config:
        limits = DoorLimits(proxies=ClientAddresses(self.settings.behind_proxy))
        return uvicorn.Config(
            make_app(service),
            http=deadlines(limits, self._note_refusal),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=int(self.settings.drain - _FOR_WORKERS),
        )

    def _started(self, pool: WorkerPool, listener: socket.socket) -> ServeStarted:
        host, port = listener.getsockname()[:2]
        return ServeStarted(
            address=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}",
            model=pool.model.digest,
            categories=len(pool.model.labels),
            workers=pool.alive,
            needs_token=self.settings.needs_token,
        )

    def _note_refusal(self, status: int, kind: str) -> None:
        self.metrics.count_request("door", status)
        self.log.note("refused", status=status, kind=kind)

    def _note(self, event: PoolEvent) -> None:
        if isinstance(event, WorkerDied):
            self.metrics.count_death(event.reason)
            self.log.warn("worker_died", reason=event.reason, detail=event.detail or None)
        elif isinstance(event, Swapped):
            self.metrics.count_loaded()
            self.log.note("model_loaded", model=event.digest)
        elif isinstance(event, Refused):  # the image's hash would tell which it was
            self.log.warn("image_refused")
