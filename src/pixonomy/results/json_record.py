"""The base of all results: a frozen record that is also a JSON object, in both directions."""

from collections.abc import Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Self, Union, cast, get_args, get_origin, get_type_hints

LEFT_OUT_WHEN_NONE = {"left_out_when_none": True}
"""Metadata of a field that JSON has only where it is known; others are null there."""


def is_left_out_when_none(name: str, kind: type["Result"]) -> bool:
    """Tell whether a field has no place in JSON where it is None."""
    found = next(one for one in fields(kind) if one.name == name)
    return dict(found.metadata) == LEFT_OUT_WHEN_NONE


@dataclass(frozen=True, kw_only=True)
class Result:
    """A record whose fields are the keys of a JSON object.

    It can be read as that object, too: `result["report"]`, `"gap" in result`, `dict(result)`.
    """

    def as_json(self) -> dict[str, object]:
        """Return what `--json` prints, in the order of the fields."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: to_json(value)
            for name, value in named.items()
            if value is not None or not is_left_out_when_none(name, type(self))
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """Return the record of a JSON object; keys of no field are passed over.

        Raises:
            TypeError: if a field without a default is not there.
        """
        kinds = _kinds(cls)  # type: ignore[arg-type] # mypy takes the class for one of its records
        known = [(name, kind) for name, kind in kinds.items() if name in stored]
        return cls(**{name: _from_json(kind, stored[name]) for name, kind in known})

    def keys(self) -> KeysView[str]:
        """Return the keys of the JSON object."""
        return self.as_json().keys()

    def __contains__(self, key: object) -> bool:
        return key in self.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __getitem__(self, key: str) -> Any:
        try:
            return self.as_json()[key]
        except KeyError:
            raise KeyError(f"{type(self).__name__} has no {key!r}") from None


@cache
def _kinds(kind: type[Result]) -> dict[str, object]:
    return {name: known_kind(one) for name, one in get_type_hints(kind).items()}


def to_json(value: object) -> object:
    """Return the value of a field as JSON: records become objects, tuples arrays."""
    if isinstance(value, Result):
        return value.as_json()
    if isinstance(value, Mapping):
        return {key: to_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    return value


def known_kind(kind: object) -> object:
    """Return what a kind such as `str | None` is where it is not None."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    known = [one for one in get_args(kind) if one is not NoneType]
    return known[0] if len(known) == 1 else kind


def _from_json(kind: object, value: object) -> object:
    if value is None:
        return None
    if isinstance(kind, type) and issubclass(kind, Result):
        return kind.from_json(cast(Mapping[str, object], value))
    if get_origin(kind) is tuple:
        inner = known_kind(get_args(kind)[0])
        return tuple(_from_json(inner, one) for one in cast(Iterable[object], value))
    return value
