"""Words what `classify` answers: a line for one image, a table for several, a CSV."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixonomy.cli.answer_table import table_lines
from pixonomy.cli.console import percent
from pixonomy.errors import SettingError
from pixonomy.storage.files import printable

if TYPE_CHECKING:
    from pixonomy.results.answer_results import Candidate, Goal, ImageAnswer

Answers = Sequence["ImageAnswer"]

_BETWEEN = " / "
_WORDS = {"sure": "sure", "unsure": "not sure", "none": "none of these", "unreadable": "unreadable"}

_GROUNDS = {
    "both": "Answered by training pictures and by its words: few training pictures are like it.",
    "words": "Answered by its words: no training picture is like it.",
}


def answer_lines(answers: Answers) -> list[str]:
    """Return all of one answer, or a table of several and how many there are of each kind."""
    if len(answers) < 2:
        return [line for one in answers for line in (answer_line(one), *_category_lines(one))]
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
        return f"{path}: {_guess(top, 0)}"
    if answer.verdict == "none":
        return f"{path}: none of these (nearest {_guess(top, 0)})"
    return f"{path}: not sure: {_guess(top, 0)} or {_guess(top, 1)}"


def _category_lines(answer: "ImageAnswer") -> Iterator[str]:
    """Say where a category belongs, and what people save for in it."""
    if answer.rests_on in _GROUNDS:
        yield f"  {_GROUNDS[answer.rests_on]}"
    if answer.category_path is not None:
        yield f"  {_BETWEEN.join(answer.category_path)}"
    if answer.goals is not None:
        yield f"  Goals in {answer.name}:"
        yield from (f"    {_goal(one)}" for one in answer.goals)


def _goal(goal: "Goal") -> str:
    from pixonomy.goals.suggestion import write_usual

    months = f"{goal.months:,} month{'s' if goal.months > 1 else ''}" if goal.months else ""
    about = ", ".join(one for one in (write_usual(goal), months) if one)
    return f"{goal.name} ({about})" if about else goal.name


def count_verdicts(answers: Answers) -> str:
    """Return how many answers there are of each verdict, in words."""
    counts = Counter[str](one.verdict for one in answers)
    named = ", ".join(f"{counts[kind]:,} {word}" for kind, word in _WORDS.items() if counts[kind])
    return f"{len(answers):,} pictures: {named}."


def require_space(path: Path, overwrite: bool) -> None:
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

    is_tree = any(one.category_path for one in answers)
    rows = [
        {
            "path": one.path,
            "verdict": one.verdict,
            "label": one.label,
            "name": one.name,
            "confidence": one.confidence if one.problem is None else None,
            **{f"second_{key}": value for key, value in _second(one).items()},
            "problem": one.problem,
            **({"category_path": _BETWEEN.join(one.category_path or ())} if is_tree else {}),
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
        return f"{_guess(top, 0)} or {_guess(top, 1)}"
    return f"nearest: {_guess(top, 0)}" if answer.verdict == "none" else _guess(top, 0)


def _guess(top: "Sequence[Candidate]", place: int) -> str:
    """Return a category and its probability; its id, too, where another has the same name."""
    one = top[place]
    is_shared = sum(other.name == one.name for other in top) > 1
    name = f"{one.name} [{one.label}]" if is_shared else one.name
    return f"{name} ({percent(one.confidence)})"
