"""Keras comes out, set up as this project uses it: PyTorch or JAX below, channels first.

Rooms above this one take Keras from here, so that the backend is chosen before its first import.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import keras
import torch

from pixonomy.errors import SettingError

Precision = Literal["float32", "mixed_bfloat16"]

BACKEND: Literal["torch", "jax"] = keras.backend.backend()
"""What computes: PyTorch, unless KERAS_BACKEND says `jax`."""

if BACKEND not in ("torch", "jax"):
    raise SettingError(
        f"Pixonomy trains on Keras's torch or jax backend, but {BACKEND!r} is set; set "
        "KERAS_BACKEND=torch or jax, or leave it unset."
    )

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


def best_precision() -> Precision:
    """Return bfloat16 where the processor computes in it, else float32 (emulation is slow)."""
    if BACKEND == "jax":
        import jax  # not at hand where PyTorch does the work

        return "float32" if jax.default_backend() == "cpu" else "mixed_bfloat16"
    if torch.cuda.is_available():
        return "mixed_bfloat16"
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if flags & _BF16_FLAGS else "float32"


def use_threads(count: int) -> None:
    """Let PyTorch compute with `count` threads: as many as cores that this process may use.

    Memory that it frees stays with the process, ready for the next step.
    """
    torch.set_num_threads(count)
    _keep_memory()


_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # of glibc's mallopt
_LARGEST_KEPT = 2**30


def _keep_memory() -> None:
    """Have the C library keep freed memory for the next step instead of giving it back.

    A training step frees and asks for the same large blocks every time; from the system they come
    as zeroed pages, one fault each, which costs a small network a fifth of its time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:  # musl has none
        mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
