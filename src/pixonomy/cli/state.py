"""`backup` and `restore`: what the service keeps, as one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import report, show

if TYPE_CHECKING:
    from pixonomy.results.backup_results import BackupResult

State = Annotated[
    Path,
    typer.Option("--state", help="The service's folder, as for serve.", callback=options.local),
]


def backup(
    state: State,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Copy what a service keeps into one file; it may be running."""
    from pixonomy.state.backup import backup as run

    result = run(state, output)
    if result.images_at is not None:
        report(f"The images lie at {result.images_at} and are not in the file: copy them, too.")
    if result.missing:
        report(f"{result.missing} images are not in the file: they were deleted or are missing.")
    show(result, [f"Copied to {result.file}: {_line(result)}."], as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="What `pixonomy backup` wrote.")],
    state: State,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Make the folder of a service from a backup; it must be empty or not there."""
    from pixonomy.state.restore import restore as run

    result = run(file, state)
    show(result, [f"Restored to {result.state}: {_line(result)}."], as_json)


def _line(result: "BackupResult") -> str:
    return (
        f"savers: {result.savers}, goals: {result.goals}, uploads: {result.uploads}, "
        f"images: {result.images}, tokens: {result.tokens}"
    )
