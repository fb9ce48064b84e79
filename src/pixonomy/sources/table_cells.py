"""Refuses cells of a table that hold several values, or an image, where one value is expected."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from pixonomy.errors import DataError
from pixonomy.images.endings import IMAGE_ENDINGS

_ENDINGS = "|".join(sorted(one[1:] for one in IMAGE_ENDINGS))
_TWO_IMAGES = rf"(?is)\.(?:{_ENDINGS})['\"]?\s*[;|,\s]\s*['\"]?\S.*\.(?:{_ENDINGS})\b"
_BASE64 = r"[A-Za-z0-9+/=\s]"
_ENCODED = (
    rf"(?s)^(?:data:image/|(?:/9j/|iVBORw0KGgo|R0lGOD|UklGR){_BASE64}{{60,}}$)|^{_BASE64}{{1000,}}$"
)
_LIST = r"(?s)^(?:\[.*\]|\{.*\}|\(['\"].*\))$"
_EMPTY = re.compile(r"\[\s*\]|\{\s*\}")
_ITEM = re.compile(r"\[\s*(?:'([^'\"\[\],]*)'|([^'\"\[\],]+))\s*,?\s*\]")
_SEPARATORS = ("|", ";")
_LOOSE_SEPARATORS = (",", " ", "/", "+", "&")
_MOST = 50_000  # different labels up to which lists among them are looked for


@dataclass(frozen=True)
class CheckedLabels:
    """Labels of one value each, and sentences about those that look like more."""

    labels: pl.Series
    remarks: tuple[str, ...] = ()


def check_paths(paths: pl.Series, column: str, name: str, place_of: Callable[[int], str]) -> None:
    """Refuse cells with several images, or with the bytes of one.

    Args:
        paths: of which no file is there; null for the others.
        name: of the file, for sentences.
        place_of: says where the row of a number is.

    Raises:
        DataError: naming column and line.
    """
    for pattern, what, way_out in (
        (_ENCODED, "a picture itself (base64)", "write the pictures to files and name those"),
        (_TWO_IMAGES, "several pictures", "give each picture a row; a group column keeps them "
         "together"),
    ):  # fmt: skip
        row = _first(paths.str.contains(pattern))
        if row is not None:
            raise DataError(
                f"{name}, {place_of(row)}: column {column!r} holds {what} in one cell "
                f"({paths[row][:60]!r}); {way_out}."
            )


def check_labels(
    labels: pl.Series, column: str, name: str, place_of: Callable[[int], str]
) -> CheckedLabels:
    """Refuse cells with several labels; a list of one label is that label.

    A list is a cell in brackets, or one that "|" or ";" cuts into labels of other rows.

    Raises:
        DataError: naming column and line.
    """
    distinct = labels.drop_nulls().unique(maintain_order=True)
    lists = distinct.filter(distinct.str.contains(_LIST)).to_list()
    changed = {one: label for one in lists if (label := _single(one)) or _EMPTY.fullmatch(one)}
    several = [one for one in lists if _is_several(one)]
    if distinct.len() <= _MOST:
        known = set(distinct)
        several += [one for one in distinct if _is_combined(one, _SEPARATORS, known)]
    if several:
        row = _first(labels.is_in(several))
        raise DataError(
            f"{name}, {place_of(row or 0)}: column {column!r} holds several labels in one cell "
            f"({several[0][:60]!r}); one category a picture is supported."
        )
    if changed:
        labels = labels.replace(changed)
    return CheckedLabels(labels, _describe(distinct, column, name))


def _describe(distinct: pl.Series, column: str, name: str) -> tuple[str, ...]:
    if distinct.len() > _MOST:
        return ()
    known = set(distinct)
    loose = [
        one
        for one in distinct
        if _is_combined(one, _LOOSE_SEPARATORS, known)
        or _is_combined(one, _SEPARATORS, known, enough=any)
    ]
    if not loose:
        return ()
    return (
        f"{name}: column {column!r} has labels that may be several, such as {loose[0][:60]!r}; "
        "each was taken as one category.",
    )


def _is_combined(
    label: str,
    separators: tuple[str, ...],
    known: set[str],
    enough: Callable[[Iterable[bool]], bool] = all,
) -> bool:
    """Tell whether all of a label's parts, or enough, are labels of their own."""
    for separator in separators:
        if separator in label:
            parts = [part.strip() for part in label.split(separator)]
            if len(parts) > 1 and enough(part in known for part in parts):
                return True
    return False


def _single(cell: str) -> str | None:
    """Return the label in a list of one: `["cat"]`, `['cat']`, `[cat]`."""
    try:
        items = json.loads(cell)
    except (ValueError, RecursionError):
        found = _ITEM.fullmatch(cell)
        return (found[1] or found[2] or "").strip() or None if found else None
    if isinstance(items, list) and len(items) == 1 and isinstance(items[0], str | int):
        return str(items[0]).strip() or None
    return None


def _is_several(cell: str) -> bool:
    is_one = _single(cell) is not None or _EMPTY.fullmatch(cell) is not None
    return not is_one and re.search(r"[,;|'\"]", cell) is not None


def _first(found: pl.Series) -> int | None:
    rows = found.fill_null(value=False).arg_true()
    return int(rows[0]) if len(rows) else None
