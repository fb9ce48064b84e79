"""Words numbers and names as our pages write them."""

from collections import Counter
from collections.abc import Mapping, Sequence

NOTHING = "–"


def percent(share: float | None) -> str:
    """A share (0 to 1) with one decimal; never rounds up to 100 % or down to 0 %."""
    if share is None:
        return NOTHING
    if share in {0.0, 1.0}:
        return f"{share:.0%}"
    return f"{min(max(share, 0.001), 0.999):.1%}"


def counted(n: int, noun: str, plural: str = "") -> str:
    """A count with its noun: "1 picture", "1,204 pictures"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def decimals(number: float | None) -> str:
    """A plain number with three decimals; a dash for None."""
    return NOTHING if number is None else f"{number:.3f}"


def storage(n: int) -> str:
    """A number of bytes in the unit that suits it: "940 bytes", "7.4 kB", "58.2 GB"."""
    amount, unit = float(n), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.95:
            break
        amount, unit = amount / 1000, larger
    return f"{n:,} bytes" if unit == "bytes" else f"{amount:,.1f} {unit}"


def shorten(name: str, limit: int) -> str:
    """The name, cut in its middle to `limit` characters: long names often differ at their ends."""
    if len(name) <= limit:
        return name
    tail = (limit - 1) // 3
    return f"{name[: limit - 1 - tail].rstrip()}…{name[-tail:].lstrip()}"


def duration(seconds: float) -> str:
    """A time span in the two largest units that matter: "2 h 5 min", "3 min 20 s", "12 s"."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {whole % 60} s"
    return f"{whole} s" if whole else f"{seconds:.1f} s"


def display_names(labels: Sequence[str], names: Mapping[str, str]) -> dict[str, str]:
    """What to call each label: its name, with the label where two share one name."""
    plain = {label: names.get(label) or label for label in labels}
    uses = Counter(plain.values())
    return {
        label: name if uses[name] == 1 else f"{name} ({label})" for label, name in plain.items()
    }
