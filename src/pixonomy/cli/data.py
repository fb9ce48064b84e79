"""`index`, `split`, `prepare`, `join`: from images to arrays, one step at a time."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import context, show

if TYPE_CHECKING:
    from pixonomy.results.data_results import HeldOutValues, ManifestResult

_NAMED = 10  # held-out values told on the console; --json tells more


def index(
    sources: Annotated[
        list[str],
        typer.Argument(help="Folders, tables, .bson, .tar and .zip files, s3://… addresses."),
    ],
    output: Annotated[Path, options.output("the manifest (.parquet)")],
    categories: options.Categories = None,
    level: options.Level = None,
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Go on behind damage instead of failing.")
    ] = False,
    root: options.Root = None,
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    split_column: Annotated[str | None, typer.Option(help="The column with the splits.")] = None,
    group_column: Annotated[str | None, typer.Option(help="The column with the groups.")] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """List pictures and their categories in a manifest: one row a picture."""
    from pixonomy.sources.table import TableColumns
    from pixonomy.verbs.index import IndexChoices
    from pixonomy.verbs.index import index as run

    columns = TableColumns(root, path_column, label_column, split_column, group_column)
    choices = IndexChoices(columns, categories, level, salvage)
    result = run(sources, output, choices, overwrite, context())
    lines = [f"Damaged at byte {one.offset}: {one.message}" for one in result.damage]
    show(result, [*lines, *_lines(result)], as_json)


def split(
    manifest: Annotated[Path, typer.Argument(help="A manifest made by `pixonomy index`.")],
    output: Annotated[Path, options.output("the manifest with splits")],
    train: Annotated[float, typer.Option(help="Share of pictures to learn from.")] = 0.7,
    validation: Annotated[float, typer.Option(help="Share that picks the best epoch.")] = 0.15,
    test: Annotated[float, typer.Option(help="Share that is only tested on.")] = 0.15,
    hold_out: options.HoldOut = None,
    seed: options.Seed = 0,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Deal the pictures to train, validation and test; copies stay together."""
    from pixonomy.splitting.assign import SplitShares
    from pixonomy.verbs.split import split as run

    shares = SplitShares(train, validation, test, seed, hold_out)
    result = run(manifest, output, shares, overwrite, context())
    lines = [_held_out_line(result.held_out)] if result.held_out is not None else []
    show(result, [*lines, *_lines(result)], as_json)


def prepare(
    manifest: Annotated[Path, typer.Argument(help="A manifest with splits.")],
    output: Annotated[Path, options.output("the folder of arrays")],
    size: Annotated[list[int], typer.Option(help="Side of the square in pixels; repeatable.")],
    resize_spec: Annotated[
        str | None,
        typer.Option("--framing", help="How other shapes become a square: stretch, pad or crop."),
    ] = None,
    seed: options.Seed = 0,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Decode and resize every picture once, into arrays that training reads."""
    from pixonomy.arrays.write import ArraySettings
    from pixonomy.images.resize import DEFAULT_FIT
    from pixonomy.verbs.prepare import prepare as run

    settings = ArraySettings(tuple(sorted(set(size))), resize_spec or DEFAULT_FIT, seed)  # type: ignore[arg-type]
    result = run(manifest, output, settings, overwrite, context())
    lines = [
        f"{result.rows} pictures of {', '.join(map(str, result.sizes))} px in "
        f"{result.arrays}; {result.problems} left out."
    ]
    show(result, lines, as_json)


def _lines(result: "ManifestResult") -> list[str]:
    from pixonomy.dataset.describe import describe_manifest

    return [*describe_manifest(result), f"Manifest: {result.manifest}"]


def _held_out_line(held_out: "HeldOutValues") -> str:
    parts = []
    for name, values in (("test", held_out.test), ("validation", held_out.validation)):
        count, total = held_out.values[name], sum(held_out.values.values())
        named = ", ".join(values[:_NAMED]) + (", …" if count > _NAMED else "")
        if count:
            parts.append(f"{count} of {total} for {name} ({named})")
    return f"Held out by {held_out.column}: {', '.join(parts)}."


def join(
    manifests: Annotated[
        list[Path], typer.Argument(help="Two manifests or more; what the first says counts.")
    ],
    output: Annotated[Path, options.output("the manifest of all")],
    same_groups: Annotated[
        bool,
        typer.Option("--same-groups", help="Equal group ids mean the same group in all manifests."),
    ] = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Make one manifest of several; an image that stands in two becomes one row."""
    from pixonomy.verbs.join import join as run

    result = run(manifests, output, same_groups, overwrite, context())
    show(result, _lines(result), as_json)
