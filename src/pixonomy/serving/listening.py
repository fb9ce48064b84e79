"""Takes the port before anything else starts, and runs uvicorn on it."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from pixonomy.errors import SettingError


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that has the port of an address; it does not listen yet.

    Raises:
        SettingError: if the port is taken, or not ours to take, or the address is none of ours.
    """
    error: OSError | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as unknown:
        raise SettingError(f"{host} is no address of this machine ({unknown.strerror}).") from None
    for family, kind, protocol, _, address in found:
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            return listener
        except OSError as refused:
            listener.close()
            error = refused
    raise _taken(host, port, error)


def _taken(host: str, port: int, error: OSError | None) -> SettingError:
    why = os.strerror(error.errno) if error and error.errno else "no address"
    return SettingError(
        f"Port {port} of {host} cannot be had ({why}): choose another with --port; 0 takes any "
        "that is free."
    )


class Server(uvicorn.Server):
    """uvicorn's server, which leaves signals alone: uvicorn would end the process by them.

    Args:
        on_started: called once it listens.
    """

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        """Listen to nothing yet."""
        super().__init__(config)
        self._when_started = on_started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signals."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen.

        Raises:
            SettingError: if another process was quicker to listen on the port.
        """
        try:
            await super().startup(sockets)
        except OSError as error:
            name = sockets[0].getsockname() if sockets else ("", 0)
            raise _taken(name[0], name[1], error) from error
        self._when_started()

    def end(self) -> None:
        """Accept no more connections and finish what was asked; called again, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
