"""Reads a `[[category.goal]]` as people write it: sums, their source and year, or a formula."""

from collections.abc import Mapping, Sequence

from pixonomy.dataset.goal_template import GoalTemplate, is_sum, read_goal
from pixonomy.dataset.stored_values import describe_value
from pixonomy.errors import DataError, SettingError
from pixonomy.nearest_names import suggest

KEYS = (
    *("name", "low", "high", "currency", "year", "source", "source_url", "formula", "months"),
    "amount",
)


def read_goal_table(table: object, where: str) -> GoalTemplate:
    """Return the goal of a table; `where` names the category in errors.

    `low` and `high` are sums, or with a `formula` what the saver's number is multiplied with. An
    `amount` of two sums is a guess without a source, or what is usual before a formula's number
    is known.

    Raises:
        SettingError: if a key is unknown, missing or not of its type and range.
    """
    if not isinstance(table, dict):
        raise SettingError(f"{where}: a goal is a table [[category.goal]].")
    where = f"{where}, goal {describe_value(table.get('name'))}"
    check_keys(table, KEYS, where)
    stored = {key: value for key, value in table.items() if key not in ("low", "high")}
    if "low" in table or "high" in table:
        key = "per_unit" if "formula" in table else "amount"
        if key in table:
            raise SettingError(f"{where}: amount and low, high are the same; leave out amount.")
        stored[key] = _range(table, where)
    elif "formula" in table:
        raise SettingError(
            f"{where}: a formula needs low and high, which the saver's number is multiplied with."
        )
    try:
        return read_goal(stored, "goal")
    except DataError as error:
        raise SettingError(f"{where}: {error}.") from error


def check_keys(table: Mapping[str, object], known: Sequence[str], where: str) -> None:
    """Refuse keys that are not known; `where` names the table in errors.

    Raises:
        SettingError: naming the first such key, and those that are known.
    """
    for key in table:
        if key not in known:
            near = suggest(key, known)
            raise SettingError(f"{where}: unknown key {key!r}; known: {', '.join(known)}.{near}")


def _range(table: Mapping[str, object], where: str) -> list[object]:
    for key in ("low", "high"):
        if not is_sum(table.get(key)):
            seen = f"is {describe_value(table[key])}" if key in table else "is missing"
            raise SettingError(f"{where}: {key} {seen}; low and high are two numbers of 0 or more.")
    low, high = table["low"], table["high"]
    if low > high:  # type: ignore[operator] # both are numbers
        raise SettingError(
            f"{where}: low is {describe_value(low)}, above high, which is {describe_value(high)}."
        )
    if "year" not in table:
        raise SettingError(
            f"{where}: low and high lack the year that they are of; add such as year = 2025. "
            f"Known: {', '.join(KEYS)}."
        )
    return [low, high]
