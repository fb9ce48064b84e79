"""`export`: leave with your data."""

from pathlib import Path
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import context, show


def export(
    manifest: Annotated[Path, typer.Argument(help="A manifest of pictures.")],
    output: Annotated[Path, options.output("the export")],
    to: Annotated[
        str, typer.Option(help="webdataset (tar shards), folder (and manifest.csv) or parquet.")
    ],
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Copy the pictures, as they are, with labels, splits and groups to where others read them.

    A table may name any file that you can read: only what can be decoded as a picture is copied,
    and `index --root` confines a table to a folder.
    """
    from pixonomy.verbs.export import export as run

    result = run(manifest, output, to, overwrite, context())  # type: ignore[arg-type]
    splits = ", ".join(f"{name} {count}" for name, count in result.splits.items())
    lines = [
        f"{result.rows} pictures ({splits}), {result.problems} left out, in {result.files} files.",
        f"Export: {result.export}",
    ]
    show(result, lines, as_json)
