"""Reads a file of JSON objects, one a line, as rows of text with the line of each.

The format: https://jsonlines.org, also called NDJSON.
"""

import json
import math
from collections.abc import Iterator
from itertools import islice

import polars as pl

from pixonomy.errors import DataError
from pixonomy.json_types import JsonObject
from pixonomy.sources.dialect import TextTable
from pixonomy.sources.encoding import to_utf8
from pixonomy.sources.headers import MOST_COLUMNS, clean

_BATCH = 50_000


def read_json_lines(data: bytes, name: str) -> TextTable:
    """Read objects of plain values; lists and objects inside them stay, as JSON text.

    Whole numbers are written whole (7.0 is "7"), and null, NaN and infinities are nothing.

    Args:
        name: of the file, for sentences.

    Raises:
        DataError: if a line is no JSON object; names the line.
    """
    text, remark = to_utf8(data, name)
    found = _objects(text, name)
    frames, lines, names = [], [], dict[str, None]()
    while batch := list(islice(found, _BATCH)):
        lines += [line for line, _ in batch]
        names |= dict.fromkeys(key for _, one in batch for key in one)
        if len(names) > MOST_COLUMNS:
            raise DataError(f"{name} has over {MOST_COLUMNS} keys; up to that many are read.")
        columns = {key: [_as_text(one.get(key)) for _, one in batch] for key in names}
        frames.append(pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String())))
    rows = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
    return TextTable(rows, pl.Series(lines, dtype=pl.Int64), (remark,) if remark else ())


def _objects(text: bytes, name: str) -> Iterator[tuple[int, JsonObject]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{name} cannot be read: line {number} is no JSON.") from error
        if not isinstance(one, dict):
            raise DataError(f"{name} cannot be read: line {number} is no JSON object.")
        yield number, {clean(key): value for key, value in one.items()}


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return _without_surrogates(value) if value else None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**4000 else None
    return _without_surrogates(json.dumps(value, ensure_ascii=False))


def _without_surrogates(text: str) -> str:
    """Escape halves of characters, which JSON may hold and no file can."""
    return text.encode("utf-8", "backslashreplace").decode()
