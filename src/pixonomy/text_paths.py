"""Lets the public functions take text where they take paths: `pixonomy.fit("photos", "run")`.

Inside, a path is a `Path`; which parameters and fields are paths is read from their annotations.
"""

import os
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from inspect import signature
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def takes_text(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Return `function` taking text, too, for each path, list of paths and path of a choice.

    One path in place of a list of them is a list of one.
    """
    expected = signature(function)

    @wraps(function)
    def call(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        try:
            given, hints = expected.bind(*args, **kwargs), get_type_hints(function)
        except TypeError:  # a wrong call: let Python tell of it in its own words
            return function(*args, **kwargs)
        for name, value in given.arguments.items():
            given.arguments[name] = _to_path(value, hints.get(name))
        return function(*given.args, **given.kwargs)

    return call


def _to_path(value: object, hint: object) -> object:
    """Return a value with each text in it that is meant as a path made one."""
    if is_dataclass(value) and not isinstance(value, type):
        return _with_paths(value)
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    named = value if isinstance(value, str | os.PathLike) else None
    if named is not None and Path in kinds:
        is_path = isinstance(named, Path) or (isinstance(named, str) and str in kinds)
        return value if is_path else Path(named)
    inner = next((get_args(one) for one in kinds if get_args(one)), ())
    if not any(one is Path or Path in get_args(one) for one in inner):
        return value
    if named is not None:
        return [_to_path(named, inner[0])]
    if isinstance(value, list | tuple):
        return [_to_path(one, inner[0]) for one in value]
    return value


def _with_paths(choices: "DataclassInstance") -> object:
    """Return a dataclass of choices whose fields that are paths are of type `Path`."""
    hints = get_type_hints(type(choices))
    given = {one.name: getattr(choices, one.name) for one in fields(choices) if one.init}
    meant = {name: _to_path(value, hints[name]) for name, value in given.items()}
    changed = {name: value for name, value in meant.items() if value is not given[name]}
    return replace(choices, **changed) if changed else choices
