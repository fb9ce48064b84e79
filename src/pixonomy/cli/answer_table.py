"""Rows as lines for a terminal, one column below the other."""

from collections.abc import Mapping, Sequence


def table_lines(rows: Sequence[Mapping[str, object]], numbers: Sequence[str] = ()) -> list[str]:
    """Return a line with the rows' keys, and one for each row; none where there are no rows.

    Args:
        rows: of the same keys.
        numbers: the keys whose values stand to the right of their column.
    """
    if not rows:
        return []
    columns = []
    for key in rows[0]:
        texts = [key, *("" if row[key] is None else str(row[key]) for row in rows)]
        width = max(map(len, texts))
        columns.append([one.rjust(width) if key in numbers else one.ljust(width) for one in texts])
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
