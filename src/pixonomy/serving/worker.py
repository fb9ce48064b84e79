"""One worker of the service: a process that decodes images and asks the network, and no more.

It is started by `supervision`, lives under a limit of memory and ends with its parent. Whatever an
image does to it, it does to this process alone.
"""

import ctypes
import gc
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import cast

import cv2

from pixonomy.bundle.answer import Square, classify_squares
from pixonomy.bundle.calibration_time import read_calibration_time
from pixonomy.bundle.explain_answer import Explainer, open_explainer
from pixonomy.bundle.load import Bundle, find_bundle, load_bundle
from pixonomy.bundle.map_image import encode_map
from pixonomy.bundle.test_figures import read_test_figures
from pixonomy.errors import BundleError, PixonomyError, UndecodableImage
from pixonomy.images.resize import ResizeSpec, frame
from pixonomy.pillow_messages import silence_pillow
from pixonomy.results.serving_results import ClassifiedImage, ServedLabel, ServedModel
from pixonomy.serving.kept_copy import encode_copy
from pixonomy.serving.messages import (
    OUT_OF_MEMORY,
    Answer,
    Kind,
    Ready,
    Refused,
    Wanted,
    receive,
    send,
    send_bytes,
)

Decoder = Callable[[bytes, ResizeSpec], Square]

_READY = Path(__file__).with_name("ready.jpg")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class _Asked:
    """What the worker was started with, see `worker_process.WorkerSettings`."""

    socket: int
    parent: int
    bundle: str
    memory: int
    decoder: str | None
    explains: bool


def main(arguments: str) -> None:
    """Answer images until the service closes the socket.

    Args:
        arguments: a JSON object with the fields of `_Asked`.
    """
    asked = _Asked(**json.loads(arguments))
    _end_with(asked.parent)
    connection = socket.socket(fileno=asked.socket)
    try:
        path = Path(asked.bundle)
        bundle = load_bundle(path)
        explainer = open_explainer(bundle, path) if asked.explains else None
        engine = Engine(bundle, find_decoder(asked.decoder), asked.memory, explainer)
        model = describe_model(bundle, path)
        ready = Ready(model=model, row=engine.warm_up())
    except PixonomyError as error:
        send(connection, Kind.REFUSED, Refused(kind=error.kind, message=str(error)))
        return
    _be_silent()
    send(connection, Kind.READY, ready)
    gc.collect()
    gc.freeze()  # what is loaded stays: going through all of it would stop an answer for 40 ms
    _limit_memory(asked.memory)
    try:
        _serve(connection, engine)
    except (BrokenPipeError, ConnectionResetError):  # the service is gone
        return
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _serve(connection: socket.socket, engine: "Engine") -> None:
    wanted = Wanted.NOTHING
    while message := receive(connection):
        if message.kind is Kind.WANTED:
            wanted = Wanted(message.content[0])
            continue
        began = perf_counter()
        square = engine.read(message.content)
        decoded = perf_counter()
        row = engine.answer(square)
        network = perf_counter() - decoded
        if Wanted.COPY in wanted and (copy := engine.copy(message.content)):
            send_bytes(connection, Kind.COPY, copy)
        if Wanted.MAP in wanted and (found := engine.map(square, row.label)):
            send_bytes(connection, Kind.MAP, found)
        wanted = Wanted.NOTHING
        send(connection, Kind.ANSWER, Answer(row=row, decoding=decoded - began, network=network))


class Engine:
    """A bundle with its decoder; no bytes make it raise anything but MemoryError."""

    def __init__(
        self,
        bundle: Bundle,
        decoder: Decoder,
        memory: int,
        explainer: Explainer | None = None,
    ) -> None:
        self.bundle = bundle
        self._decoder = decoder
        self._memory = memory
        self._explainer = explainer

    def read(self, image: bytes) -> Square | UndecodableImage:
        """Return the image as the network takes it, or why it cannot be read."""
        try:
            return self._decoder(image, self.bundle.resize_spec)
        except UndecodableImage as error:
            return self._too_large() if isinstance(error.__cause__, MemoryError) else error
        except cv2.error as error:
            is_memory = error.code == cv2.Error.StsNoMem
            return self._too_large() if is_memory else UndecodableImage("cannot be decoded")

    def copy(self, image: bytes) -> bytes | None:
        """Return a copy of an image that may be kept, see `kept_copy`; None where it has none."""
        try:
            return encode_copy(image)
        except (UndecodableImage, MemoryError, cv2.error):
            gc.collect()
            return None

    def map(self, square: Square | UndecodableImage, label: str | None) -> bytes | None:
        """Return a PNG to lay over the image, which shows what the answer rests on.

        None where the model does not tell, for what has no answer, and where the network sees no
        stretched image, which it could be stretched over.
        """
        if label is None or isinstance(square, UndecodableImage):
            return None
        if self._explainer is None or self.bundle.resize_spec.fit != "stretch":
            return None
        found = self._explainer.explain(square, label)
        return None if found is None else encode_map(found)

    def _too_large(self) -> UndecodableImage:
        gc.collect()
        return UndecodableImage(
            f"it takes more than the {self._memory // _MEGABYTE} MB of memory that one image may "
            "have: send it as a JPEG, or smaller"
        )

    def answer(self, square: Square | UndecodableImage) -> ClassifiedImage:
        """Return what `classify` returns for an image that is given to it alone."""
        try:
            (answer,) = classify_squares(self.bundle, [square])
        except BundleError:
            return ClassifiedImage.unreadable("the model gives no number for it")
        return ClassifiedImage(**{**vars(answer), "top": tuple(answer.top)})

    def warm_up(self) -> ClassifiedImage:
        """Answer the packaged image: the memory that this takes is then there.

        Raises:
            BundleError: if there is no answer.
        """
        row = self.answer(frame(_READY.read_bytes(), self.bundle.resize_spec))
        if row.problem is not None:
            raise BundleError(f"The bundle has no answer for the packaged image: {row.problem}.")
        return row


def describe_model(bundle: Bundle, path: Path) -> ServedModel:
    """Return what is known of a loaded bundle."""
    digest = bundle.about["digest"]
    return ServedModel(
        digest=digest,
        labels=tuple(
            ServedLabel(label=label, name=name, goals=bundle.goals.get(label))
            for label, name in zip(bundle.labels, bundle.names, strict=True)
        ),
        size=bundle.resize_spec.size,
        calibrated_on=bundle.calibration.n,
        calibrated_at=read_calibration_time(find_bundle(path), digest),
        test=read_test_figures(find_bundle(path), digest),
    )


def find_decoder(name: str | None) -> Decoder:
    """Return `images.resize.frame`, or what a test puts in its place, as "module:function"."""
    if name is None:
        return frame
    module, _, function = name.partition(":")
    return cast(Decoder, getattr(import_module(module), function))


def _end_with(parent: int) -> None:
    """Have the kernel end this process with its parent; whom alone signals are for."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before this line
        os._exit(0)


def _be_silent() -> None:
    """Keep what libraries print about damaged images off the service's log."""
    silence_pillow()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _limit_memory(more: int) -> None:
    """Allow so many bytes above what this process has now; only Linux counts mapped memory."""
    if sys.platform != "linux":
        return
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line for line in status.splitlines() if line.startswith("VmData:"))
    limit = int(kilobytes.split()[1]) * 1024 + more
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main(sys.argv[1])
