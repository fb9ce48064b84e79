"""Messages arrive whole, however they were cut; nonsense is refused."""

import json
import socket
import threading

import pytest

from pixonomy.results.serving_results import ClassifiedImage
from pixonomy.serving.messages import (
    LARGEST,
    Answer,
    Garbled,
    Kind,
    Message,
    MessageReader,
    head,
    receive,
    send,
)

SENT = [(Kind.IMAGE, b""), (Kind.ANSWER, b"abc"), (Kind.READY, bytes(70_000))]


@pytest.mark.parametrize("size", [1, 2, 7, 4096, 100_000])
def test_messages_are_put_together_out_of_any_pieces(size: int) -> None:
    stream = b"".join(head(kind, len(content)) + content for kind, content in SENT)
    if size == 1:
        stream = stream[:100]
    reader, got = MessageReader(), list[Message]()
    for start in range(0, len(stream), size):
        got += reader.feed(stream[start : start + size])
    assert got == SENT[: 2 if size == 1 else 3]


def test_a_message_goes_through_a_socket_and_none_is_there_after_its_end() -> None:
    ours, theirs = socket.socketpair()
    row = ClassifiedImage.unreadable("x" * 300_000)  # more than a socket holds
    sent = Answer(row=row, decoding=1.0, network=2.0)
    thread = threading.Thread(target=send, args=(ours, Kind.ANSWER, sent))
    thread.start()
    message = receive(theirs)
    thread.join()
    assert message is not None
    assert Answer.from_json(json.loads(message.content)) == sent
    ours.close()
    assert receive(theirs) is None
    theirs.close()


def test_a_message_that_is_cut_off_is_none() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.sendall(head(Kind.IMAGE, 10) + b"short")
        assert receive(theirs) is None


@pytest.mark.parametrize("start", [head(Kind.IMAGE, LARGEST + 1), b"GET / HTTP/1.1\r\n"])
def test_nonsense_is_refused(start: bytes) -> None:
    with pytest.raises(Garbled, match="is none"):
        list(MessageReader().feed(start))
