"""Keras as this project uses it: on PyTorch or JAX, channels first, in the best precision.

Other packages take Keras from here, so that the backend is chosen before its first import.
"""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import keras
import torch

from pixonomy.errors import SettingError
from pixonomy.models.keras_version import check_keras
from pixonomy.models.threads import share_cores

check_keras(keras.__version__)

Precision = Literal["float32", "mixed_bfloat16"]

BACKEND: Literal["torch", "jax"] = keras.backend.backend()
"""What computes: PyTorch, unless KERAS_BACKEND says `jax`."""

if BACKEND not in ("torch", "jax"):
    raise SettingError(
        f"Pixonomy trains on Keras's torch or jax backend, but {BACKEND!r} is set; set "
        "KERAS_BACKEND=torch or jax, or leave it unset."
    )

_BF16_CAPABILITY = 8  # of CUDA devices: Ampere, 2020
_C_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None
# As /proc/cpuinfo calls them: the first two on x86, the third on Arm.
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


@contextmanager
def building(precision: Precision) -> Iterator[None]:
    """Build layers inside the block with this precision and channels first.

    keras.applications reads both from global settings; they are put back afterwards.
    """
    policy, data_format = keras.config.dtype_policy(), keras.config.image_data_format()
    keras.config.set_dtype_policy(precision)
    keras.config.set_image_data_format("channels_first")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        keras.config.set_image_data_format(data_format)


def best_precision(device: str = "cpu") -> Precision:
    """Return bfloat16 where the device computes in it, else float32 (emulation is slow).

    Args:
        device: see `models.device`; on JAX it is what JAX has chosen.
    """
    if BACKEND == "jax":
        import jax  # not at hand where PyTorch does the work

        return "float32" if jax.default_backend() == "cpu" else "mixed_bfloat16"
    if device.startswith("cuda"):
        major, _minor = torch.cuda.get_device_capability(device)
        return "mixed_bfloat16" if major >= _BF16_CAPABILITY else "float32"
    if device != "cpu":
        return "float32"  # Apple's emulate it on some chips and have none before macOS 14
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if flags & _BF16_FLAGS else "float32"


def use_threads(count: int) -> None:
    """Let PyTorch compute with `count` threads at most, fewer while others need cores.

    Memory that it frees stays with the process, ready for the next step.
    """
    share_cores(count)
    _keep_memory()


def give_back_memory() -> None:
    """Drop models that nobody holds any more, and give the memory they had to the system.

    Between two pieces of work with different networks: one would not fit where the other lay.
    """
    gc.collect()  # a Keras model refers to itself
    trim = getattr(_C_LIBRARY, "malloc_trim", None)
    if trim is not None:
        trim(0)


# Blocks below the first come from the heap instead of from pages of their own, and the heap gives
# back nothing before the second is free at its end.
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # of glibc's mallopt
_LARGEST_POOLED = 2**30


def _keep_memory() -> None:
    """Have the C library keep freed memory for the next step instead of giving it back.

    A training step frees and asks for the same large blocks every time; from the system they come
    as zeroed pages, one fault each, which costs a small network a fifth of its time.
    """
    mallopt = getattr(_C_LIBRARY, "mallopt", None)
    if mallopt is not None:  # musl has none
        mallopt(_MMAP_THRESHOLD, _LARGEST_POOLED)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
