"""`bundle`: the bundles that a service can be turned to."""

from pathlib import Path
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.answer_table import table_lines
from pixonomy.cli.console import percent, report, show

bundle = typer.Typer(
    no_args_is_help=True, help="Bundles that a running service can be turned to: add, list."
)

Models = Annotated[
    Path,
    typer.Option("--models", help="The service's folder of bundles.", callback=options.local),
]


@bundle.command()
def add(
    source: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A bundle, or the run it lies in.")
    ],
    models: Models,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Copy a bundle into a folder of models, under its digest, and print the digest.

    It is checked before and after; a running service takes it when it is told to.
    """
    from pixonomy.serving.bundle_store import BundleStore

    result = BundleStore(models).add(source)
    if not as_json:
        report(f"{'Copied to' if result.is_new else 'It is already in'} {result.bundle}.")
    show(result, [result.digest], as_json)


@bundle.command("list")
def list_bundles(
    models: Models, as_json: options.AsJson = False, debug: options.Debug = False
) -> None:
    """Load every bundle of a folder of models and show what it is, or why it cannot be used."""
    from pixonomy.results.bundle_results import BundleListResult
    from pixonomy.serving.bundle_store import BundleStore
    from pixonomy.storage.files import printable

    stored = tuple(BundleStore(models).facts())
    result = BundleListResult(models=printable(models), bundles=stored)
    rows = [
        {
            "digest": one.digest,
            "categories": one.categories,
            "size": one.size,
            "accuracy": None if one.accuracy is None else percent(one.accuracy),
            "problem": one.problem,
        }
        for one in stored
    ]
    lines = table_lines(rows, ("categories", "size", "accuracy"))
    show(result, lines or [f"There is no bundle in {result.models}."], as_json)
