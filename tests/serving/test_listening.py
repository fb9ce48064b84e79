"""A port is taken before anything else starts, or refused in one sentence."""

import asyncio
import socket

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from pixonomy.errors import SettingError
from pixonomy.serving.listening import Server, bind


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing."""


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=f"Port {port} of 127.0.0.1 cannot be had"):
            bind("127.0.0.1", port)


def test_an_address_of_another_machine_is_one_sentence() -> None:
    with pytest.raises(SettingError, match="cannot be had"):
        bind("192.0.2.1", 0)
    with pytest.raises(SettingError, match="is no address of this machine"):
        bind("no such host", 0)


def test_who_comes_second_to_listen_is_told_in_one_sentence() -> None:
    with bind("127.0.0.1", 0) as first, bind("127.0.0.1", first.getsockname()[1]) as second:
        first.listen()
        config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
        server = Server(config, lambda: None)
        with pytest.raises(SettingError, match="cannot be had"):
            asyncio.run(server.serve([second]))
