"""Words what `classify` answers: a line for one image, a table for several, a CSV."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixonomy.cli.console import percent
from pixonomy.cli.table import table_lines
from pixonomy.errors import SettingError
from pixonomy.storage.files import printable

if TYPE_CHECKING:
    from pixonomy.results.answer_results import Candidate, ImageAnswer

Answers = Sequence["ImageAnswer"]

_WORDS = {"sure": "sure", "unsure": "not sure", "none": "none of these", "unreadable": "unreadable"}


def answer_lines(answers: Answers) -> list[str]:
    """Return one line for one answer, or a table of several and how many there are of each kind."""
    if len(answers) < 2:
        return [answer_line(one) for one in answers]
    rows = [
        {"picture": one.path, "verdict": _WORDS[one.verdict], "category": _categories(one)}
        for one in answers
    ]
    return [*table_lines(rows), count_verdicts(answers)]


def answer_line(answer: "ImageAnswer") -> str:
    """Return one answer in words: sure, not sure between two, none, or unreadable."""
    path, top = answer.path, answer.top
    if answer.problem is not None:
        return f"{path}: cannot be read ({answer.problem})"
    if answer.verdict == "sure":
        return f"{path}: {_guess(top[0])}"
    if answer.verdict == "none":
        return f"{path}: none of these (nearest {_guess(top[0])})"
    return f"{path}: not sure: {_guess(top[0])} or {_guess(top[1])}"


def count_verdicts(answers: Answers) -> str:
    """Return how many answers there are of each verdict, in words."""
    counts = Counter[str](one.verdict for one in answers)
    told = ", ".join(f"{counts[kind]:,} {word}" for kind, word in _WORDS.items() if counts[kind])
    return f"{len(answers):,} pictures: {told}."


def require_room(path: Path, overwrite: bool) -> None:
    """Refuse a file that is there already, before the work.

    Raises:
        SettingError: if it is.
    """
    if path.exists() and not overwrite:
        raise SettingError(
            f"{printable(path)} exists; choose another name, or replace it with --overwrite."
        )


def write_answers(path: Path, answers: Answers) -> None:
    """Write a row for each picture, with its two likeliest categories, safe for spreadsheets.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    import polars as pl

    from pixonomy.spreadsheet import write_spreadsheet

    rows = [
        {
            "path": one.path,
            "verdict": one.verdict,
            "label": one.label,
            "name": one.name,
            "confidence": one.confidence if one.problem is None else None,
            **{f"second_{key}": value for key, value in _second(one).items()},
            "problem": one.problem,
        }
        for one in answers
    ]
    is_number = {"confidence", "second_confidence"}
    schema = {key: pl.Float64 if key in is_number else pl.String for key in rows[0]}
    write_spreadsheet(path, pl.DataFrame(rows, schema=schema))


def _second(answer: "ImageAnswer") -> dict[str, object]:
    has_second = len(answer.top) > 1
    return answer.top[1].as_json() if has_second else dict.fromkeys(("label", "name", "confidence"))


def _categories(answer: "ImageAnswer") -> str:
    """Return what is known of a picture's category, as one cell of a table."""
    top = answer.top
    if answer.problem is not None:
        return answer.problem
    if answer.verdict == "unsure" and len(top) > 1:
        return f"{_guess(top[0])} or {_guess(top[1])}"
    return f"nearest: {_guess(top[0])}" if answer.verdict == "none" else _guess(top[0])


def _guess(one: "Candidate") -> str:
    return f"{one.name} ({percent(one.confidence)})"
