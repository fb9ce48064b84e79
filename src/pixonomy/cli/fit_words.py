"""`fit` with a taxonomy alone: words answer, and no image is needed."""

from collections.abc import Mapping
from pathlib import Path

from pixonomy.cli.console import context, show
from pixonomy.errors import SettingError


def require_words_alone(sources: list[str], others: Mapping[str, object]) -> None:
    """Refuse what only pictures have a use for.

    Raises:
        SettingError: naming the first option that was given.
    """
    if len(sources) != 1:
        raise SettingError("--encoder goes with a taxonomy alone, without pictures.")
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise SettingError(
            f"{given[0]} goes with pictures: a taxonomy alone takes --weights or --encoder."
        )


def fit_words(
    taxonomy: Path,
    output: Path,
    weights: str | None,
    encoder: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Make a bundle of a taxonomy alone, and say what it is worth."""
    from pixonomy.verbs.fit_words import WordChoices
    from pixonomy.verbs.fit_words import fit_words as run

    choices = WordChoices(weights, encoder)
    result = run(taxonomy, output, choices, overwrite, context())
    lines = [
        f"{result.categories} categories are answered by their words alone: nothing was learnt, "
        "and nothing tested.",
        f"Bundle: {result.bundle}",
        f"Card: {result.card}",
        f"Next: pixonomy collect {result.taxonomy} -o pictures, then pixonomy fit on these.",
    ]
    show(result, lines, as_json)
