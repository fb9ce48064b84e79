"""A device that is none: numbers in the processor's memory, with the errors of a real one.

Tensors on it say that they lie on it. Every operation of PyTorch passes through here, and one that
is given tensors of two devices raises, as do `numpy()` and types the device has none of; the rest
is computed by the processor. So a program that runs here forgets no move from or to the device;
what it cannot show is whether a real device's kernels exist and are right.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

CARD = "card"
aten = torch.ops.aten
_DATA: Any = torch.Tensor.data
_MOVES = {aten._to_copy.default, aten.copy_.default}
_TAKES_INDICES_FROM_ANYWHERE = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default}


class OnDevice(torch.Tensor):
    """A tensor of the device; `held` is where its numbers really are."""

    held: torch.Tensor
    __torch_function__: Any = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held: torch.Tensor, device: torch.device) -> "OnDevice":
        made: OnDevice = torch.Tensor._make_wrapper_subclass(
            cls, held.shape, held.stride(), held.storage_offset(), dtype=held.dtype, device=device
        )
        made.held = held
        return made

    @property
    def data(self) -> Any:
        return _DATA.__get__(self)

    @data.setter
    def data(self, value: Any) -> None:
        _DATA.__set__(self, value)
        self.held = value.held

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, operation: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        (device,) = {one.device for one in tree_leaves((args, kwargs)) if isinstance(one, cls)}
        return Machine(device).compute(operation, args, kwargs or {})


class Machine(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """What has the device, and may have no tensors there of some types."""

    def __init__(self, device: torch.device, lacks: Sequence[torch.dtype] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.device, self.lacks = device, tuple(lacks)
        self.operations: set[str] = set()

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        return self.compute(operation, args, kwargs or {})

    def compute(self, operation: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        ours = [one for one in tensors if isinstance(one, OnDevice)]
        wanted = kwargs.get("device")
        is_here = bool(ours) if wanted is None else torch.device(wanted).type == self.device.type
        if not ours and not is_here:
            return operation(*args, **kwargs)
        if operation not in _MOVES:
            self._check(operation, tensors)
        self.operations.add(str(operation))
        unwrapped, named = tree_map(_unwrap, (args, kwargs))
        if wanted is not None:
            named["device"] = torch.device("cpu")
            named.pop("pin_memory", None)
        result = operation(*unwrapped, **named)
        if operation is aten.copy_.default or _changes(operation):
            return _changed(operation, args, kwargs)
        return tree_map(self._wrap, result) if is_here else result

    def _check(self, operation: Any, tensors: list[torch.Tensor]) -> None:
        others = [one for one in tensors if not isinstance(one, OnDevice)]
        if torch.Tag.pointwise in operation.tags:
            others = [one for one in others if one.ndim]
        if operation in _TAKES_INDICES_FROM_ANYWHERE and isinstance(tensors[0], OnDevice):
            others = [one for one in others if one.dtype.is_floating_point]
        if others and len(others) < len(tensors):
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, "
                f"{self.device} and {others[0].device}! ({operation})"
            )

    def _wrap(self, value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        if value.dtype in self.lacks:
            raise TypeError(f"{self.device} has no {value.dtype}")
        return OnDevice(value, self.device)


def _unwrap(value: Any) -> Any:
    return value.held if isinstance(value, OnDevice) else value


def _changes(operation: Any) -> bool:
    returns = operation._schema.returns
    return bool(returns) and all(one.alias_info and one.alias_info.is_write for one in returns)


def _changed(operation: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Return the very tensors that the operation has changed."""
    told = {
        one.name: given for one, given in zip(operation._schema.arguments, args, strict=False)
    } | kwargs
    changed = [
        told[one.name]
        for one in operation._schema.arguments
        if one.alias_info and one.alias_info.is_write and told.get(one.name) is not None
    ]
    return changed[0] if len(operation._schema.returns) == 1 else tuple(changed)


class _Generator(torch.Generator):
    """Random numbers for any device, drawn by the processor."""

    def __new__(cls, device: Any = None) -> "_Generator":  # noqa: ARG004
        return super().__new__(cls)


@contextmanager
def machine_with_card(lacks: Sequence[torch.dtype] = ()) -> Iterator[Machine]:
    """Be on a machine with the accelerator `card:0` inside the block; in a process of its own."""
    _setup_privateuseone_for_python_backend(CARD)
    with ExitStack() as stack:
        stack.enter_context(patch.object(torch, "Generator", _Generator))
        stack.enter_context(torch.autograd.set_multithreading_enabled(False))
        torch._C._set_only_lift_cpu_tensors(True)
        stack.callback(torch._C._set_only_lift_cpu_tensors, False)
        yield stack.enter_context(Machine(torch.device(CARD, 0), lacks))
