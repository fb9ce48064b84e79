"""Runs a function where Keras uses PyTorch: in this process, or in one of its own.

ONNX files are made by PyTorch, and a process has one backend.
"""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def on_torch(
    function: Callable[Parameters, Result], *arguments: Parameters.args, **named: Parameters.kwargs
) -> Result:
    """Call a function here, or in a process of its own if this one's Keras runs on JAX.

    Args:
        function: of a module that does not load Keras when it is imported.
    """
    from pixonomy.models.backend import BACKEND

    if BACKEND == "torch":
        return function(*arguments, **named)
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_use_torch) as pool:
        return pool.submit(function, *arguments, **named).result()


def _use_torch() -> None:
    os.environ["KERAS_BACKEND"] = "torch"
