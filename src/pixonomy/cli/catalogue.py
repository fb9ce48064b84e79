"""`browse` and `sample`: what a catalogue holds, and a part of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.answer_table import table_lines
from pixonomy.cli.console import context, show

if TYPE_CHECKING:
    from pixonomy.results.data_results import SampleResult

_SHOWN = 20  # categories told on the console; --json tells all

_Find = Annotated[
    str | None,
    typer.Option(
        help="Choose K categories: equal:K (most equal counts), alike:K or unlike:K (--by); "
        "equal:K:FLOOR: of those with at least so many products."
    ),
]
_Duplicates = Annotated[
    str, typer.Option(help="keep, or drop: one picture of each group of copies stays.")
]


def browse(
    manifest: Annotated[Path, typer.Argument(help="A manifest, with or without splits.")],
    output: Annotated[Path, options.output("the page (.html)")],
    categories: Annotated[
        int, typer.Option(help="How many of the largest categories get a contact sheet.")
    ] = 60,
    each: Annotated[int, typer.Option(help="Pictures on each contact sheet.")] = 12,
    seed: options.Seed = 0,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Show counts, sizes and pictures of each category on one page, before training."""
    from pixonomy.browsing.overview_page import BrowseChoices
    from pixonomy.verbs.browse import browse as run

    choices = BrowseChoices(categories, each, seed)
    result = run(manifest, output, choices, overwrite, context())
    lines = [
        f"{result.rows} pictures in {result.groups} groups and {result.categories} "
        f"categories, {result.problems} left out.",
        f"Page: {result.page}",
    ]
    show(result, lines, as_json)


def sample(
    manifest: Annotated[Path, typer.Argument(help="A manifest made by `pixonomy index`.")],
    output: Annotated[Path, options.output("the smaller manifest")],
    category: Annotated[
        list[str] | None, typer.Option(help="A category's id or name; repeatable. Default: all.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="A known set: cdiscount-wine or cdiscount-mixed.")
    ] = None,
    total: Annotated[int | None, typer.Option(help="Products in all.")] = None,
    each: Annotated[int | None, typer.Option(help="Products of each category.")] = None,
    balanced: Annotated[
        bool, typer.Option("--balanced", help="Equal numbers instead of numbers as found.")
    ] = False,
    find: _Find = None,
    floor: Annotated[int, typer.Option(hidden=True)] = 1,  # the older way to say equal:K:FLOOR
    by: Annotated[
        Path | None, typer.Option(help="What knows who is alike: predictions, a run or a bundle.")
    ] = None,
    duplicates: _Duplicates = "keep",
    seed: options.Seed = 0,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Keep some categories, and of each some whole products."""
    from pixonomy.sampling.draw import SampleChoices
    from pixonomy.verbs.sample import sample as run

    choices = SampleChoices(
        tuple(category or ()), preset, total, each, balanced, find, floor, by, seed, duplicates
    )
    result = run(manifest, output, choices, overwrite, context())
    show(result, _lines(result), as_json)


def _lines(result: "SampleResult") -> list[str]:
    rows = [one.as_json() for one in result.sampled[:_SHOWN]]
    lines = table_lines(rows, ("asked", "had", "pictures"))
    hidden = len(result.sampled) - _SHOWN
    if hidden > 0:
        lines.append(f"… and {hidden} categories more; --json tells all.")
    return [
        *lines,
        f"{result.rows} pictures of {result.groups} products in {result.categories} categories.",
        f"Manifest: {result.manifest}",
    ]
