"""Flattens a functional Keras model into a list of plain calls, which cost less Python.

Keras walks its graph anew at each call, and checks, converts and scopes the inputs of every layer
and of every nested model: about 2.5 ms a step, a sixth of what a small network's step takes. What
it would find is the same each time, so it is looked up once.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import keras
import torch

from pixonomy.models.fold import can_end_with, can_fold, fold
from pixonomy.models.fused import PRECISIONS, Direct

if TYPE_CHECKING:
    from keras.src.ops.node import Node

Compute = Callable[[torch.Tensor, bool], torch.Tensor]
"""Takes a tensor, and whether this is training; returns a tensor."""

_Inputs = torch.Tensor | list[torch.Tensor]
_Step = Callable[[_Inputs, bool], torch.Tensor]


@dataclass
class _Call:
    operation: keras.Operation
    compute: _Step
    takes: list[int]  # slots
    is_list: bool
    gives: int
    frees: list[int] = field(default_factory=list)  # slots nobody reads any more


class Program:
    """The layers of a functional model with one input and one output, in order.

    It reads the model's own variables, so that it stays true as these change. Rebuild it when
    layers are added, or `trainable` of one is changed.
    """

    def __init__(self, model: keras.Model) -> None:
        """Look the calls up.

        Raises:
            NotFlat: if a layer is called in a way that a plain list cannot express.
        """
        self._calls: list[_Call] = []
        self._slots = 1
        self._result = self._inline(model, 0)
        self._fold()
        self._plan_frees()

    def __call__(self, images: torch.Tensor, is_training: bool) -> torch.Tensor:
        """Compute what `model(images, training=is_training)` does.

        Bit by bit, but for normalisations that are kept as they are: they are computed together
        with the convolution before, which rounds less often.
        """
        values = {0: images}
        for call in self._calls:
            taken = [values[slot] for slot in call.takes]
            values[call.gives] = call.compute(taken if call.is_list else taken[0], is_training)
            # Else the list would keep alive what the slots are about to give up.
            taken.clear()
            for slot in call.frees:
                del values[slot]
        return values[self._result]

    def outputs(self, images: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield what each layer gives when predicting, in order; the model's output is the last."""
        values = {0: images}
        for call in self._calls:
            taken = [values[slot] for slot in call.takes]
            values[call.gives] = call.compute(taken if call.is_list else taken[0], False)
            yield values[call.gives]

    def _inline(self, model: keras.Model, entrance: int) -> int:
        """Add the calls of a model whose input lies in a slot; return its output's slot."""
        if len(model.inputs) != 1 or len(model.outputs) != 1:
            raise NotFlat
        # By identity: the graph's tensors are symbols without values, and nested models share slots
        # with the outer one.
        slots = {id(model.inputs[0]): entrance}
        for node in _in_order(model):
            taken, is_list = _inputs_of(node)
            takes = [slots[id(tensor)] for tensor in taken]
            slots[id(node.outputs[0])] = self._add(node.operation, takes, is_list)
        return slots[id(model.outputs[0])]

    def _add(self, operation: keras.Operation, takes: list[int], is_list: bool) -> int:
        if isinstance(operation, keras.Model):
            if is_list or not hasattr(operation, "_nodes_by_depth"):
                raise NotFlat
            return self._inline(operation, takes[0])
        gives, self._slots = self._slots, self._slots + 1
        call = _Call(operation, _compute_of(operation), takes, is_list, gives)
        self._calls.append(call)
        return gives

    def _fold(self) -> None:
        """Make one call of a convolution, the kept normalisation after it, and what rectifies."""
        readers = Counter(slot for call in self._calls for slot in call.takes)
        # The caller reads the result: what gives it must not be folded away.
        readers[self._result] += 1
        # Only what has a single reader can be computed together with it: others need its output.
        by_input = {call.takes[0]: call for call in self._calls if readers[call.takes[0]] == 1}
        folded: set[int] = set()
        for call in self._calls:
            norm = by_input.get(call.gives)
            if norm is None or not can_fold(call.operation, norm.operation):
                continue
            last = by_input.get(norm.gives)
            rectifier = last if last and can_end_with(last.operation) else None
            end = rectifier or norm
            folding = fold(
                call.operation, norm.operation, rectifier.operation if rectifier else None
            )
            call.compute = _of_one(folding)
            call.gives = end.gives
            folded |= {id(norm), id(end)}
        self._calls = [call for call in self._calls if id(call) not in folded]

    def _plan_frees(self) -> None:
        # Seen from the end, the first call that reads a slot is the last one to do so.
        seen = {self._result}
        for call in reversed(self._calls):
            call.frees = [slot for slot in dict.fromkeys(call.takes) if slot not in seen]
            seen.update(call.frees)


class NotFlat(Exception):
    """The model is not a plain list of calls of one output each."""


def forward_of(model: keras.Model) -> Compute:
    """Return what computes a model's output, by `Program` where it can be one."""
    try:
        return Program(model)
    except NotFlat:
        return lambda images, is_training: model(images, training=is_training)


def _in_order(model: keras.Model) -> Iterator["Node"]:
    """Return a model's nodes, each after those it reads."""
    # Keras counts depth from the outputs: the inputs are deepest.
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if node.operation and not node.is_input:
                if len(node.outputs) != 1:
                    raise NotFlat
                yield node


def _inputs_of(node: "Node") -> tuple[list[keras.KerasTensor], bool]:
    """Return the tensors a node reads, and whether they are given as one list."""
    args, kwargs = node.arguments.args, node.arguments.kwargs
    set_here = [name for name, value in kwargs.items() if value is not None]
    if len(args) != 1 or set_here not in ([], ["training"]):  # which each call says anew
        raise NotFlat
    (given,) = args
    is_list = isinstance(given, list | tuple)
    tensors = list(given) if is_list else [given]
    if not all(isinstance(tensor, keras.KerasTensor) for tensor in tensors):
        raise NotFlat
    return tensors, is_list


def _compute_of(operation: keras.Operation) -> _Step:
    """Return the cheapest call of a layer that does what `layer(inputs)` does."""
    if not isinstance(operation, keras.Layer):
        return lambda inputs, _is_training: operation.call(inputs)
    takes_training = operation._call_has_training_arg
    if isinstance(operation, Direct) and operation.is_direct():
        precision = PRECISIONS[operation.compute_dtype]
        return _of_one(
            lambda inputs, is_training: operation.compute(inputs.to(precision), is_training)
        )
    # Weights in another precision than the computation's are turned by Keras's own scopes.
    is_plain = not operation.weights or operation.compute_dtype == operation.variable_dtype
    call = operation.call if is_plain else operation
    cast_inputs = _cast_to(operation) if is_plain else lambda inputs: inputs
    if takes_training:
        return lambda inputs, is_training: call(cast_inputs(inputs), training=is_training)
    return lambda inputs, _is_training: call(cast_inputs(inputs))


def _of_one(compute: Compute) -> _Step:
    """Return the same function: Keras's graph gives such a layer one tensor, never a list."""
    return cast(_Step, compute)


def _cast_to(layer: keras.Layer) -> Callable[[_Inputs], _Inputs]:
    """Return what turns a layer's floating inputs into its precision, as Keras would."""
    precision = PRECISIONS[layer.compute_dtype]

    def cast_one(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(precision) if torch.is_floating_point(tensor) else tensor

    def cast_all(inputs: _Inputs) -> _Inputs:
        return [cast_one(one) for one in inputs] if isinstance(inputs, list) else cast_one(inputs)

    return cast_all if layer.autocast else lambda inputs: inputs
