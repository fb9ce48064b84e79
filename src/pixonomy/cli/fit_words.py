"""`fit` with a taxonomy alone: words answer, and no image is needed."""

from pathlib import Path

import typer

from pixonomy.cli.console import context, show
from pixonomy.errors import SettingError

_OWN = {"sources", "output", "weights", "encoder", "overwrite", "as_json", "debug", "seed"}


def split_taxonomy(
    sources: list[str], encoder: Path | None, call: typer.Context
) -> tuple[Path | None, list[str]]:
    """Return the taxonomy among the sources of `fit`, if there is one, and the other sources.

    Raises:
        SettingError: if there are no others, and an option was given that only pictures have a
            use for; or if there are others, and an encoder.
    """
    found = [one for one in sources if Path(one).suffix.lower() == ".toml"]
    if len(found) != 1:
        found = []
    others = [one for one in sources if one not in found]
    if encoder is not None and (others or not found):
        raise SettingError("--encoder goes with a taxonomy alone, without pictures.")
    if not others:
        _require_words_alone(call)
    elif found and _is_given(call, "categories"):
        raise SettingError(f"Two taxonomies: {found[0]} and --categories; leave one of them out.")
    return (Path(found[0]) if found else None), others


def _require_words_alone(call: typer.Context) -> None:
    for one in call.command.params:
        if one.name and one.name not in _OWN and _is_given(call, one.name):
            raise SettingError(
                f"{one.opts[0]} goes with pictures: a taxonomy alone takes --weights or --encoder."
            )


def _is_given(call: typer.Context, name: str) -> bool:
    source = call.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


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
        f"Test: pixonomy evaluate {result.run} --on LABELLED_PICTURES",
        f"Next: pixonomy collect {result.taxonomy} -o pictures, then pixonomy fit "
        f"{result.taxonomy} pictures -o {result.run}",
    ]
    show(result, lines, as_json)
