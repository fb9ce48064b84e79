"""Writes the model card of a bundle that answers by words alone, in Markdown."""

from collections.abc import Sequence

from pixonomy.dataset.category import Category
from pixonomy.evaluation.card import escape_markdown
from pixonomy.results.word_results import WordCheck

_MOST_WORDS = 30  # of a category
_MOST_LINES = 100  # of categories, and of messages


def write_word_card(
    title: str, answers_by: str, categories: Sequence[Category], check: WordCheck | None
) -> str:
    """Return the card; texts from outside cannot become Markdown of their own.

    Args:
        answers_by: what turns words into answers, in a few words.
        check: what the words can tell apart; None: not known.
    """
    messages = check.messages if check is not None else ()
    lines = [
        f"# Model card: {escape_markdown(title)}",
        "",
        "**No image was learnt from, and none was tested on.** Answers rest on the words of the "
        f"categories alone, by {escape_markdown(answers_by)}: how good they are is not known, and "
        "none of them is ever called sure.",
        "",
        "## What it answers",
        "",
        *_limited([_describe(one) for one in categories], "categories"),
        "",
        "## Limits",
        "",
        *_limited([f"- {escape_markdown(one)}" for one in messages], "sentences"),
        "- Whether an image shows none of the categories is not known.",
        "- Images of your own say more: collect some, and run `pixonomy fit` on them.",
    ]
    if check is not None:
        lines += [
            "",
            "## Sources",
            "",
            "- Words are looked up in WordNet 3.0, copyright 2006 by Princeton University.",
        ]
    return "\n".join(lines) + "\n"


def _describe(one: Category) -> str:
    words = one.keywords or (one.name or one.id,)
    listed = ", ".join(map(escape_markdown, words[:_MOST_WORDS]))
    more = f" and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
    return f"- {escape_markdown(one.name or one.id)}: {listed}{more}"


def _limited(lines: list[str], what: str) -> list[str]:
    more = len(lines) - _MOST_LINES
    return lines if more <= 0 else [*lines[:_MOST_LINES], f"- … and {more} more {what}."]
