"""`predict`: a whole catalogue answered by a bundle."""

from pathlib import Path
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import context, show


def predict(
    bundle: Annotated[Path, typer.Argument(help="A bundle, or the run it lies in.")],
    manifest: Annotated[
        Path, typer.Argument(help="A manifest, folder, table, archive or quoted glob of images.")
    ],
    output: Annotated[Path, options.output("the table of predictions (.parquet)")],
    submission: Annotated[
        Path | None,
        typer.Option(help="Where a CSV with one line a product goes.", callback=options.local),
    ] = None,
    pool: Annotated[
        str, typer.Option(help="How a product's pictures count together: mean_log, mean or max.")
    ] = "mean_log",
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Predict every picture and every product of a manifest; goes on after a kill."""
    from pixonomy.verbs.predict import PredictChoices
    from pixonomy.verbs.predict import predict as run

    choices = PredictChoices(submission, pool)  # type: ignore[arg-type]
    result = run(bundle, manifest, output, choices, overwrite, context())
    lines = [
        f"{result.rows} pictures of {result.groups} products, {result.problems} without an answer.",
        f"Predictions: {result.predictions}",
    ]
    if result.submission is not None:
        lines.append(f"Submission: {result.submission}")
    show(result, lines, as_json)
