"""`list`: the names that other verbs take."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.answer_table import table_lines
from pixonomy.cli.console import show
from pixonomy.errors import SettingError
from pixonomy.nearest_names import suggest
from pixonomy.results.docstrings import attribute_meanings, first_sentence

Rows = list[dict[str, object]]

_EXPLAINED = {"model": "pixonomy list models", "device": "auto, cpu, cuda, cuda:1, mps"}


def list_names(
    what: Annotated[
        str, typer.Argument(help="models, recipes, presets, providers, or keys (of a recipe).")
    ],
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """List the models, recipes, presets, providers or recipe keys that other verbs take."""
    if what not in _LISTS:
        known = ", ".join(_LISTS)
        raise SettingError(
            f"There is no list of {what!r}; known are {known}.{suggest(what, _LISTS)}"
        )
    rows = _LISTS[what]()
    show({what: rows}, table_lines([_as_texts(row) for row in rows]), as_json)


def _as_texts(row: dict[str, object]) -> dict[str, object]:
    return {key: " ".join(one) if isinstance(one, list) else one for key, one in row.items()}


def _models() -> Rows:
    from pixonomy.models.architectures import ARCHITECTURES

    return [
        {
            "name": name,
            "keras": one.application,
            "smallest": one.smallest,
            "recipe": one.recipe,
        }
        for name, one in ARCHITECTURES.items()
    ]


def _recipes() -> Rows:
    from pixonomy.training.recipe import known_recipes, recipe_text

    rows: Rows = []
    for name in known_recipes():
        comment = re.match(r"(#.*\n)*", recipe_text(name))
        words = " ".join(line.lstrip("# ") for line in (comment[0] if comment else "").splitlines())
        rows.append({"name": name, "about": words.partition(". ")[0].rstrip(".")})
    return rows


def _presets() -> Rows:
    from pixonomy.sampling.draw import PRESETS

    return [{"name": name, "categories": list(ids)} for name, ids in PRESETS.items()]


def _providers() -> Rows:
    from pixonomy.collecting.known import PROVIDERS

    return [
        {"name": name, "about": first_sentence(one), "settings": list(getattr(one, "known", ()))}
        for name, one in PROVIDERS.items()
    ]


def _keys() -> Rows:
    from pixonomy.training.recipe import Recipe, allowed_values

    meanings = attribute_meanings(Recipe)
    return [
        {
            "name": one.name,
            "default": one.default,
            "allowed": allowed_values(one.name) or _EXPLAINED[one.name],
            "about": meanings.get(one.name, "").partition(". ")[0].rstrip("."),
        }
        for one in fields(Recipe)
    ]


_LISTS: dict[str, Callable[[], Rows]] = {
    "models": _models,
    "recipes": _recipes,
    "presets": _presets,
    "providers": _providers,
    "keys": _keys,
}
