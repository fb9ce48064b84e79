"""`compare`: runs side by side."""

from pathlib import Path
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import context, percent, show


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Runs made by `pixonomy train` or `fit`.")],
    output: Annotated[Path, options.output("the page")] = Path("comparison.html"),
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Show runs side by side, each beside the first, with what chance can do."""
    from pixonomy.verbs.compare import compare as run

    result = run(runs, output, context())
    lines = [f"{one.run}: {percent(one.test.accuracy)}" for one in result.runs]
    for other in result.comparisons:
        low, high = (f"{100 * bound:+.1f}" for bound in (other.low, other.high))
        lines.append(
            f"{other.run}: {100 * other.difference:+.1f} points beside the first "
            f"({low} to {high}; p = {other.adjusted:.2g})"
        )
    show(result, [*lines, f"Page: {result.page}"], as_json)
