"""`token`: the access tokens of `serve`."""

from pathlib import Path
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.answer_table import table_lines
from pixonomy.cli.console import report, show
from pixonomy.storage.files import printable

token = typer.Typer(no_args_is_help=True, help="Access tokens of the service: new, list, revoke.")

State = Annotated[
    Path,
    typer.Option("--state", help="The service's folder, as for serve.", callback=options.local),
]
Database = Annotated[
    str | None,
    typer.Option(
        envvar="PIXONOMY_DATABASE",
        show_envvar=True,
        help="A PostgreSQL's URL, as for serve; else a file in --state.",
    ),
]
Name = Annotated[str, typer.Argument(help="Who uses it: an app, a person.")]


@token.command()
def new(
    name: Name,
    state: State,
    scope: Annotated[
        str, typer.Option(help="classify; or operate: figures and swaps of the model, too.")
    ] = "classify",
    database: Database = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Make a token and show it this once; only its SHA-256 is kept."""
    from pixonomy.results.token_results import NewTokenResult
    from pixonomy.state.tokens import TokenStore

    store = TokenStore(state, report, database)
    made = store.new(name, scope)
    facts = store.facts()[-1]
    result = NewTokenResult(name=name, scope=facts.scope, token=made, file=store.place)
    if not as_json:
        report(
            f"This is the token of {name}, scope {facts.scope}. It is shown this once: "
            f"{result.file} keeps only its SHA-256."
        )
    show(result, [made], as_json)


@token.command("list")
def list_tokens(
    state: State,
    database: Database = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """List the tokens by name; what opens anything is not kept and not shown."""
    from pixonomy.results.token_results import TokenListResult
    from pixonomy.state.database import FILE
    from pixonomy.state.opening import is_made
    from pixonomy.state.tokens import TokenStore

    if database is None and not is_made(state):
        result = TokenListResult(tokens=(), file=printable(state / FILE))
    else:
        store = TokenStore(state, report, database)
        result = TokenListResult(tokens=store.facts(), file=store.place)
    rows = [one.as_json() for one in result.tokens]
    lines = table_lines(rows) if rows else [f"There is no token in {result.file}."]
    show(result, lines, as_json)


@token.command()
def revoke(
    name: Name,
    state: State,
    database: Database = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Revoke a token; a running service refuses it within a second."""
    from pixonomy.results.token_results import RevokedTokenResult
    from pixonomy.state.tokens import TokenStore

    store = TokenStore(state, report, database)
    store.revoke(name)
    result = RevokedTokenResult(name=name, file=store.place)
    show(result, [f"Revoked: {name}."], as_json)
