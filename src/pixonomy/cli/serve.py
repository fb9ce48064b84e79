"""`serve`: a bundle behind HTTP."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import show

if TYPE_CHECKING:
    from pixonomy.results.serving_results import ServeStarted


Bundle = Annotated[Path, typer.Argument(help="A bundle, or the run it lies in.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes that classify; else one for each core.")
]
State = Annotated[
    Path | None,
    typer.Option(
        help="The folder of what people agree to keep, and of the tokens, see `pixonomy token`.",
        callback=options.local,
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        envvar="PIXONOMY_DATABASE",
        show_envvar=True,
        help="A PostgreSQL's URL, for several services; else a file in --state.",
    ),
]
Pictures = Annotated[
    str | None, typer.Option(help="A folder or s3://… for kept pictures; else in --state.")
]
KeepDays = Annotated[
    int | None, typer.Option(help="Delete what is kept after so many days; else when asked to.")
]
EmbedFrom = Annotated[
    list[str] | None,
    typer.Option(help="An origin whose pages may show this one in a frame: https://app.example."),
]
Models = Annotated[
    Path | None,
    typer.Option(
        help="A folder of bundles, under their digests, that an operator may turn to.",
        callback=options.local,
    ),
]
Public = Annotated[bool, typer.Option("--public", help="Let anybody classify, without a token.")]
BehindProxy = Annotated[
    list[str] | None,
    typer.Option(help="A proxy's address or network: its X-Forwarded-For is believed."),
]
Rate = Annotated[str | None, typer.Option(help="How often a token or address may ask: 600/minute.")]


def serve(
    bundle: Bundle,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: any that is free.")] = 8000,
    workers: Workers = None,
    state: State = None,
    database: Database = None,
    pictures: Pictures = None,
    keep_days: KeepDays = None,
    embed_from: EmbedFrom = None,
    models: Models = None,
    public: Public = False,
    behind_proxy: BehindProxy = None,
    rate: Rate = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Answer over HTTP which category a picture shows, with a page to try it; Ctrl-C ends it."""
    from pixonomy.executors.local import count_cores
    from pixonomy.serving.serve_settings import ServeSettings
    from pixonomy.serving.server import serve as run

    settings = ServeSettings(
        host=host,
        port=port,
        workers=workers or count_cores(),
        state=state,
        database=database,
        pictures=pictures,
        keep_days=keep_days,
        embed_from=tuple(embed_from or ()),
        models=models,
        public=public,
        behind_proxy=tuple(behind_proxy or ()),
        rate=rate,
    )
    run(bundle, settings, lambda result: show(result, [_line(result)], as_json))


def _line(result: "ServeStarted") -> str:
    token = ", with a token" if result.needs_token else ""
    return f"{result.categories} categories at {result.address}{token}, until Ctrl-C."
