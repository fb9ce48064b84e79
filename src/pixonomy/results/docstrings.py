"""What docstrings say of a class and of its attributes, for lists and schemas."""

import inspect
import re


def first_sentence(documented: object) -> str:
    """Return the first line of a docstring, without its full stop."""
    return (inspect.getdoc(documented) or "").partition("\n")[0].rstrip(".")


def attribute_meanings(documented: type) -> dict[str, str]:
    """Return what the docstrings of a class and its bases say of each attribute."""
    meanings: dict[str, str] = {}
    for one in reversed(documented.__mro__):
        text = inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")[2]
        entries = re.findall(r"^    (\w+(?:, \w+)*): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
        for names, meaning in entries:
            meanings |= dict.fromkeys(names.split(", "), " ".join(meaning.split()))
    return meanings
