"""`join`: several manifests as one."""

from pathlib import Path
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import context, show


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
    from pixonomy.dataset.describe import describe_manifest
    from pixonomy.verbs.join import join as run

    result = run(manifests, output, same_groups, overwrite, context())
    show(result, [*describe_manifest(result), f"Manifest: {result.manifest}"], as_json)
