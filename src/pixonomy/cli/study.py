"""`study`: a grid of trainings, compared."""

import re
from pathlib import Path
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import context, show
from pixonomy.errors import SettingError


def study(
    file: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="What is compared.")],
    output: Annotated[Path, options.output("the study")],
    root: Annotated[
        Path | None,
        typer.Option(help="The folder that the file's paths hang from, if not its own."),
    ] = None,
    part: Annotated[
        str, typer.Option(help="This machine's part of the cells, such as 2/4; they share -o.")
    ] = "1/1",
    network: Annotated[
        str | None,
        typer.Option(help="What looks at the pictures before training: a bundle, weights, none."),
    ] = None,
    device: options.Device = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Train every cell of a grid and compare: one table, one page. Goes on after a kill."""
    from pixonomy.studies.study import StudyChoices
    from pixonomy.studies.study import study as run

    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", part)
    if found is None:
        raise SettingError(f"A part is such as 1/1 or 2/4, not {part!r}.")
    choices = StudyChoices(root, (int(found[1]), int(found[2])), network)
    result = run(file, output, choices, context(device))
    lines = []
    for one in result.effects:
        low, high = (f"{100 * bound:+.1f}" for bound in (one.low, one.high))
        lines.append(
            f"{one.axis} {one.second_value} in the place of {one.first_value}: "
            f"{100 * one.difference:+.1f} points ({low} to {high}; p = {one.adjusted:.2g})"
        )
    counts = ", ".join(f"{count} {name}" for name, count in result.cells.as_json().items())
    show(result, [*lines, f"Cells: {counts}.", f"Page: {result.page}"], as_json)
