"""Chooses the device that networks are computed on, and puts Keras and tensors there.

Keras would take a GPU by itself, without a message. Here is the one place that decides: what the
call asks for, else the recipe, else KERAS_TORCH_DEVICE, else PyTorch's accelerator (CUDA, MPS or
another) if it works, else the processor. PyTorch itself obeys CUDA_VISIBLE_DEVICES. Inside
`on_device` Keras puts every variable, input and random number there.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pixonomy.errors import SettingError
from pixonomy.progress import no_report

if TYPE_CHECKING:
    import keras
    import torch

AUTO, CPU = "auto", "cpu"
# Names are PyTorch's: `gpu` is not one of them, and `meta` holds no values.
_NAME = re.compile(r"auto|cpu|(?!auto|cpu|meta|gpu)[a-z]{2,20}(:\d{1,3})?")
_VARIABLE, _HIDING = "KERAS_TORCH_DEVICE", "CUDA_VISIBLE_DEVICES"


def check_name(name: str, asked_by: str = "device") -> None:
    """Raise SettingError unless a device is called so."""
    if not _NAME.fullmatch(name):
        raise SettingError(f"{asked_by} must be auto, cpu, cuda, cuda:1, … or mps, not {name!r}.")


def require_device(asked: str) -> None:
    """Check before the work begins that a device is there; loads PyTorch only where it must.

    Raises:
        SettingError: if it is not there or not known.
    """
    check_name(asked)
    if asked != AUTO or (_VARIABLE in os.environ and not _is_on_jax()):
        choose_device(asked)


def choose_device(asked: str = AUTO, report: Callable[[str], None] = no_report) -> str:
    """Return what to compute on: `cpu`, `cuda:0`, `mps:0`; or, on JAX, what JAX has chosen.

    Args:
        report: is called if there is a GPU that does not work and that nobody asked for.

    Raises:
        SettingError: if what was asked for, here or by KERAS_TORCH_DEVICE, is not there.
    """
    check_name(asked)
    if _is_on_jax():
        return _choice_of_jax(asked)
    source = "device"
    if asked == AUTO:
        asked, source = os.environ.get(_VARIABLE, AUTO), _VARIABLE
        check_name(asked, _VARIABLE)
    if asked != AUTO:
        return _require(asked, source)
    return _best(report)


def describe_device(device: str) -> str:
    """Return a device's name and, of a CUDA device, what it is."""
    if not device.startswith("cuda"):
        return device
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})"


@contextmanager
def on_device(device: str) -> Iterator[None]:
    """Have Keras compute there inside the block; JAX goes on where it is.

    Raises:
        SettingError: if the device's memory does not suffice.
    """
    if _is_on_jax():
        yield
        return
    import keras
    import torch

    try:
        with keras.device(device):
            yield
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if device == CPU or "out of memory" not in str(error):
            raise
        raise SettingError(
            f"The memory of {device} does not suffice: take a smaller `batch` or more parts of it "
            "(`accumulate`) in the recipe, free what else uses it, or compute with --device cpu."
        ) from error


def device_of(model: "keras.Model") -> "torch.device":
    """Return where a model on PyTorch has its weights, as PyTorch calls it."""
    import torch

    return next((v._value.device for v in model.variables), torch.device(CPU))


def lay_on(device: "torch.device", values: npt.NDArray[np.generic]) -> "torch.Tensor":
    """Return an array as a tensor on a device.

    Args:
        values: float64 is turned into float32: some devices have none.
    """
    import torch

    if values.dtype == np.float64:
        values = values.astype(np.float32)
    # Only CUDA copies what nobody keeps alive before it goes on.
    return torch.from_numpy(values).to(device, non_blocking=device.type == "cuda")


def _is_on_jax() -> bool:
    keras = sys.modules.get("keras")  # if it was loaded, it has made its choice
    backend = keras.backend.backend() if keras else os.environ.get("KERAS_BACKEND")
    return bool(backend == "jax")


def _choice_of_jax(asked: str) -> str:
    if asked != AUTO:
        raise SettingError(
            f"On JAX the device is JAX's own choice, not {asked!r}: leave it at auto, and set "
            "JAX_PLATFORMS=cpu for the processor."
        )
    import jax

    return str(jax.default_backend())


def _best(report: Callable[[str], None]) -> str:
    import torch

    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if accelerator is None:
        return CPU
    device = f"{accelerator.type}:{torch.accelerator.current_device_index()}"
    problem = _try(device)
    if problem is None:
        return device
    report(f"Computing on the processor: there is a device {device}, but {problem}.")
    return CPU


def _require(device: str, source: str) -> str:
    """Return a device's whole name, or raise SettingError."""
    if device == CPU:
        return device
    import torch

    accelerator = torch.accelerator.current_accelerator(check_available=True)
    count = torch.accelerator.device_count() if accelerator else 0
    kind, _, number = device.partition(":")
    problem: str | None = f"PyTorch sees {_describe_seen(accelerator, count)} here"
    if kind == "cuda" and torch.version.cuda is None and torch.version.hip is None:
        problem = "this PyTorch was built without CUDA"
    elif accelerator is not None and kind == accelerator.type and int(number or 0) < count:
        device = f"{kind}:{number or torch.accelerator.current_device_index()}"
        problem = _try(device)
    if problem is not None:
        raise SettingError(f"{source} is {device}, but {problem}; choose another, or auto.")
    return device


def _describe_seen(accelerator: "torch.device | None", count: int) -> str:
    kind = accelerator.type if accelerator else ""
    names = [CPU, *(f"{kind}:{number}" for number in range(count))]
    hidden = os.environ.get(_HIDING)
    return ", ".join(names) + ("" if hidden is None else f" ({_HIDING} is {hidden!r})")


def _try(device: str) -> str | None:
    """Compute something small; return what went wrong.

    A card may be there whose driver or PyTorch is too old or too new for it.
    """
    import torch

    try:
        torch.ones(8, device=device).sum().item()
    except (RuntimeError, AssertionError) as error:
        return f"it does not work: {str(error).strip().partition(chr(10))[0].rstrip('.')}"
    return None
