"""Serves the drawn site and its interfaces on a port of this machine."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from aiohttp import web

from pixonomy.errors import SettingError
from pixonomy.gallery.photo_catalogue import PhotoCatalogue
from pixonomy.gallery.site import CATALOGUE, add_site
from pixonomy.gallery.site_apis import add_interfaces

HOST = "127.0.0.1"


def make_app(catalogue: PhotoCatalogue, burst: int = 0) -> web.Application:
    """Return the site and the interfaces as one application."""
    app = web.Application()
    app[CATALOGUE] = catalogue
    add_site(app)
    add_interfaces(app, burst)
    return app


@contextmanager
def serving(app: web.Application, port: int = 0, host: str = HOST) -> Iterator[str]:
    """Serve an application from a thread while the block lasts; yield its address.

    Raises:
        SettingError: if the port is taken.
    """
    started, ended = Event(), asyncio.Event()
    outcome: list[int | OSError] = []
    loop = asyncio.new_event_loop()

    async def run() -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
            outcome.append(int(runner.addresses[0][1]))
        except OSError as error:
            outcome.append(error)
            ended.set()
        started.set()
        await ended.wait()
        await runner.cleanup()

    thread = Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    started.wait()
    try:
        if isinstance(outcome[0], OSError):
            raise SettingError(f"Port {port} of {host} cannot be had: {outcome[0].strerror}.")
        yield f"http://{host}:{outcome[0]}"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(timeout=10)
