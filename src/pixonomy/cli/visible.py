"""Makes text printable: nothing in it that a terminal obeys."""

import unicodedata

# Controls, lone surrogates, and what ends a line or turns the direction of the text around it:
# https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
_OBEYED_KINDS = ("Cc", "Cs", "Zl", "Zp")
_TURNS = {
    chr(code) for code in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def visible(text: str) -> str:
    r"""Return `text` with its control characters written as in Python: a line feed as `\n`.

    Names of files, labels and words of other sites are printed; an escape sequence in one would
    colour, clear or retitle the terminal, a line feed would forge a line of ours.
    """
    if text.isprintable():
        return text
    return "".join(repr(one)[1:-1] if _is_obeyed(one) else one for one in text)


def _is_obeyed(one: str) -> bool:
    return one in _TURNS or unicodedata.category(one) in _OBEYED_KINDS
