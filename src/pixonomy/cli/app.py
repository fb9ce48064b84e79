"""The application that parses a call and runs its verb."""

from typing import Annotated

import typer

from pixonomy.cli.commands import VerbGroup

app = typer.Typer(
    cls=VerbGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing what draws boxes takes longer than all the rest of --help
    help="Photographs in, a trained, honest image classifier out.",
    epilog="pixonomy VERB --help shows a verb's options and an example.",
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"pixonomy {version('pixonomy')}")
        raise typer.Exit


@app.callback()
def pixonomy(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Show the version and exit."
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", hidden=True)] = False,
) -> None:
    """Hold the options that stand before a verb; --debug is read from the raw call."""
