"""Describes a manifest to a person, in a few lines."""

from collections.abc import Mapping

from pixonomy.pages.wording import counted, shorten
from pixonomy.results.data_results import ManifestResult

_CATEGORIES, _REASONS = 10, 12
_LONGEST = 80  # letters of a name


def describe_manifest(result: ManifestResult) -> list[str]:
    """Describe what a manifest holds, from the result of `index`, `sample` or `split`."""
    splits = ", ".join(f"{name} {count:,}" for name, count in result.splits.items())
    assigned = f" ({splits})" if any(result.splits.values()) else ""
    counts = (
        counted(result.rows, "picture", "pictures"),
        counted(result.groups, "group", "groups"),
        counted(result.categories, "category", "categories"),
    )
    lines = ["{} in {} and {}, {:,} left out{}.".format(*counts, result.problems, assigned)]
    if result.labels:
        lines.append(f"Categories: {_list_counts(result.labels, _CATEGORIES)}.")
    if result.passed_over:
        lines.append(f"Passed over: {_list_counts(result.passed_over, _REASONS)}.")
    if result.missing:
        lines.append(f"Named, but not there: {result.missing:,}.")
    return lines


def _list_counts(counts: Mapping[str, int], most: int) -> str:
    # A reason that names its folders says how many by that.
    named = [
        shorten(name, _LONGEST) if ": " in name else f"{shorten(name, _LONGEST)} {count:,}"
        for name, count in list(counts.items())[:most]
    ]
    if len(counts) > most:
        named.append(f"and {len(counts) - most} more")
    return ", ".join(named)
