"""`audit`: what is wrong with the images and labels of a manifest."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import context, show

if TYPE_CHECKING:
    from pixonomy.results.data_results import AuditResult


def audit(
    manifest: Annotated[Path, typer.Argument(help="A manifest, with or without splits.")],
    output: Annotated[Path, options.output("the folder of findings")],
    network: Annotated[
        str | None,
        typer.Option(
            help="What pictures are compared by: a bundle, a weights file, 'imagenet' or 'none'."
        ),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="A run whose predictions the labels are compared with.")
    ] = None,
    apply: Annotated[
        str | None,
        typer.Option(help="Findings that leave pictures out, by name and with commas between."),
    ] = None,
    earlier: Annotated[
        Path | None, typer.Option(help="An earlier audit: what it knows is not read again.")
    ] = None,
    apply_corrections: Annotated[
        Path | None,
        typer.Option(
            help="Labels that people gave: a CSV of image_id, label, by; the page helps to make it."
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Find copies, leaks, bad pictures and wrong labels; write a page and a marked manifest."""
    from pixonomy.verbs.audit import AuditChoices
    from pixonomy.verbs.audit import audit as run

    kinds = tuple(one.strip() for one in (apply or "").split(",") if one.strip())
    choices = AuditChoices(network, predictions, kinds, earlier, apply_corrections)
    result = run(manifest, output, choices, overwrite, context())
    show(result, _lines(result), as_json)


def _lines(result: "AuditResult") -> list[str]:
    found = {kind.replace("_", " "): n for kind, n in result.findings.items() if n}
    width = max(map(len, found), default=0)
    lines = [f"{kind.ljust(width)}  {n}" for kind, n in found.items()]
    return [
        *(lines or ["Nothing was found."]),
        *result.notes,
        f"Page: {result.page}",
        f"Manifest: {result.manifest}",
    ]
