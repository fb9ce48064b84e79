"""What every request gets: an id, headers, a line in the log, a count."""

import asyncio
import io
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pixonomy.serving.counters import Metrics
from pixonomy.serving.outermost import TOO_SLOW, Outermost
from pixonomy.serving.request_log import RequestLog


def ask(
    app: ASGIApp, path: str = "/known", more: dict[str, bool] | None = None
) -> tuple[list[Message], str, str]:
    """Return what was sent, the log and the metrics."""
    sent: list[Message] = []
    stream, metrics = io.StringIO(), Metrics()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "method": "GET", "headers": [], **(more or {})}
    outermost = Outermost(app, frozenset(("/known",)), metrics, RequestLog(stream))
    asyncio.run(outermost(scope, receive, send))
    return sent, stream.getvalue(), metrics.exposition().decode()


def answering(*headers: tuple[bytes, bytes]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": list(headers)})
        await send({"type": "http.response.body"})

    return app


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("a secret")


def test_an_answer_gets_an_id_that_stands_in_the_log() -> None:
    sent, log, metrics = ask(answering())
    headers = dict(sent[0]["headers"])
    line = json.loads(log)
    assert headers[b"x-request-id"].decode() == line["request_id"]
    assert headers[b"cache-control"] == b"no-store"
    assert (line["route"], line["status"], line["level"]) == ("/known", 204, "info")
    assert 'pixonomy_requests_total{route="/known",status="204"} 1.0' in metrics


def test_what_may_be_kept_says_so_itself() -> None:
    sent, _, _ = ask(answering((b"cache-control", b"max-age=60")))
    values = [value for name, value in sent[0]["headers"] if name == b"cache-control"]
    assert values == [b"max-age=60"]


def test_a_path_of_nobody_is_not_written_down() -> None:
    _, log, metrics = ask(answering(), "/maria/me.jpg")
    assert "maria" not in log + metrics
    assert json.loads(log)["route"] == "other"


def test_a_fault_is_logged_by_its_place_and_not_its_words() -> None:
    _, log, _ = ask(failing)
    fault, request = map(json.loads, log.splitlines())
    assert (fault["event"], fault["kind"]) == ("fault", "ValueError")
    assert "failing" in fault["at"]
    assert "secret" not in log
    assert request["request_id"] == fault["request_id"]


def test_what_was_answered_below_is_counted_there() -> None:
    _, log, metrics = ask(answering(), more={TOO_SLOW: True})
    assert json.loads(log)["status"] == 408
    assert "pixonomy_requests_total{" not in metrics


def test_what_cannot_be_answered_in_time_is_told_to_come_again() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.sleep(60)

    sent, log, _ = ask(slow)
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["error"]["kind"] == "ending"
    assert json.loads(log)["status"] == 503
