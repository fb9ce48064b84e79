"""A decoder for workers of tests: it obeys what odd images say, and decodes all others."""

import os
import signal
import time

from pixonomy.bundle.answer import Square
from pixonomy.images.resize import ResizeSpec, frame

OBEY = "odd_decoders:obey"

_JPEG = b"\xff\xd8\xff"  # such images are not heavy


def odd(order: str) -> bytes:
    """Return an image of an order: endless, memory, crash, exit, broken, or "wait SECONDS"."""
    return _JPEG + order.encode()


def obey(image: bytes, resize_spec: ResizeSpec) -> Square:
    """Do what an odd image says."""
    words = image.removeprefix(_JPEG)[:40].split()
    order = words[0] if words else b""
    if order == b"wait":
        time.sleep(float(words[1]))
    while order == b"endless":
        pass
    if order == b"memory":
        hold: list[bytearray] = []
        while True:
            hold.append(bytearray(16 << 20))
    if order == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if order == b"exit":
        os._exit(3)
    if order == b"broken":
        raise ValueError("a decoder that is broken")
    return frame(image, resize_spec)
