"""Backbones of keras.applications with their ImageNet weights, without their heads."""

import contextlib
import importlib
import io
import socket
import threading
import urllib.parse
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import keras

from pixonomy.errors import SettingError
from pixonomy.models.architectures import Architecture, architecture
from pixonomy.models.backend import building
from pixonomy.models.device import CPU, on_device
from pixonomy.models.fused import fuse
from pixonomy.storage.files import printable

IMAGENET = "imagenet"
"""Weights by Keras's own loader: from its cache, else downloaded."""

_ADDRESSES = (  # what Keras's modules call where their weights lie
    "BASE_WEIGHT_PATH",
    "BASE_WEIGHTS_PATH",
    "WEIGHTS_PATH_NO_TOP",
    "TF_WEIGHTS_PATH_NO_TOP",
)
_CONNECT_SECONDS = 10.0
_REACH_SECONDS = 4.0  # in all: a network that drops packets would hold each address up in turn


class WeightsUnavailable(SettingError):
    """ImageNet weights are neither cached nor to be had from the network."""


def build_backbone(kind: Architecture, size: int, weights: str | Path | None) -> keras.Model:
    """Build a headless network of `keras.applications`, with fused layers where it can be.

    Args:
        kind: names the class there.
        size: of the square input, in pixels.
        weights: a `.weights.h5` file of the same headless network, `IMAGENET`, or None (random).

    Raises:
        SettingError: if the file does not hold weights of this network.
        WeightsUnavailable: if they should come from Keras and cannot.
    """
    application = str(kind.application)
    build = getattr(keras.applications, application)
    start = IMAGENET if weights == IMAGENET else None
    shape = (size, size, 3) if kind.channels_last else (3, size, size)
    # Inside `building`, which sets channels first for all other networks.
    order = _channels_last() if kind.channels_last else contextlib.nullcontext()
    with _quiet_loading(), order, _connect_timeout(build if start else None):
        try:
            network = build(include_top=False, weights=start, input_shape=shape)
        except Exception as error:
            if start is None:
                raise SettingError(
                    f"{application} cannot be built at {size} px: {error}"
                ) from error
            raise WeightsUnavailable(
                f"The ImageNet weights of {application} could not be downloaded; give a file with "
                "--weights FILE, or --weights none to train from scratch."
            ) from error
        if weights is not None and weights != IMAGENET:
            _load(network, Path(weights), application)
    # The fused layers know channels-first maps alone.
    return network if kind.channels_last else fuse(network)


def load_with_head(kind: Architecture) -> keras.Model:
    """Return the whole ImageNet network of `keras.applications`, its head included.

    Raises:
        WeightsUnavailable: if it is neither cached nor to be had from the network.
    """
    build = getattr(keras.applications, str(kind.application))
    order = _channels_last() if kind.channels_last else contextlib.nullcontext()
    with _quiet_loading(), order, _connect_timeout(build):
        try:
            return build(include_top=True, weights=IMAGENET)
        except Exception as error:
            raise WeightsUnavailable(
                f"The ImageNet head of {kind.application} could not be downloaded."
            ) from error


@contextlib.contextmanager
def _channels_last() -> Iterator[None]:
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        keras.config.set_image_data_format(before)


def _load(network: keras.Model, weights: Path, application: str) -> None:
    if not weights.is_file():
        raise SettingError(f"There is no weights file at {printable(weights)}.")
    try:
        network.load_weights(weights)
    except Exception as error:
        raise SettingError(
            f"{printable(weights)} does not hold the weights of a headless {application} "
            "(keras.applications, include_top=False, file name *.weights.h5)."
        ) from error


@contextlib.contextmanager
def _quiet_loading() -> Iterator[None]:
    # Keras prints its download and warns about input sizes it has weights for anyway.
    with warnings.catch_warnings(action="ignore"), contextlib.redirect_stdout(io.StringIO()):
        yield


@contextlib.contextmanager
def _connect_timeout(build: Callable[..., keras.Model] | None) -> Iterator[None]:
    """Keep Keras's download, which knows no time limit, from waiting for a dead network.

    Weights that are cached are found either way.
    """
    before = socket.getdefaulttimeout()
    if build is not None:
        # Practically none where nobody answers: Keras then finds the cache or fails at once.
        socket.setdefaulttimeout(_CONNECT_SECONDS if _is_reachable(build) else 0.01)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _is_reachable(build: Callable[..., keras.Model]) -> bool:
    """Return whether the host that Keras names for the network's weights takes a connection."""
    module = importlib.import_module(build.__module__)
    names = (name for name in _ADDRESSES if hasattr(module, name))
    address = next((getattr(module, name) for name in names), None)
    if address is None or urllib.request.getproxies():
        return True  # nothing to ask, or not by ourselves: leave it to the download
    connected: list[bool] = []

    def connect(host: str) -> None:
        with contextlib.suppress(OSError):
            socket.create_connection((host, 443), timeout=_REACH_SECONDS).close()
            connected.append(True)

    host = urllib.parse.urlsplit(address).hostname or ""
    thread = threading.Thread(target=connect, args=(host,), daemon=True)
    thread.start()
    thread.join(_REACH_SECONDS)
    return bool(connected)


def fetch_weights(model: str) -> None:
    """Make sure Keras has the ImageNet weights of a network, by downloading them if it must.

    Raises:
        WeightsUnavailable: if they are neither cached nor to be had.
    """
    with on_device(CPU), building("float32"):
        build_backbone(architecture(model), 224, IMAGENET)
