"""`taxonomy`, `collect`, `gallery`: from keywords to pictures."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from pixonomy.cli import options
from pixonomy.cli.console import show, surroundings
from pixonomy.errors import SettingError

taxonomy = typer.Typer(no_args_is_help=True, help="Categories and keywords: a file of your own.")
gallery = typer.Typer(no_args_is_help=True, help="A stock-photo site in a box, to try things on.")

TaxonomyFile = Annotated[
    Path, typer.Argument(metavar="TAXONOMY.toml", help="Categories, keywords.")
]


@taxonomy.command()
def init(
    name: Annotated[str, typer.Argument(help="A shipped one: savings-goals.")] = "savings-goals",
    output: Annotated[Path, options.output("the file")] = Path("taxonomy.toml"),
    table: Annotated[
        Path | None,
        typer.Option("--from", help="Propose categories from a CSV of goal names and counts."),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Write a file of categories and keywords to begin with."""
    from pixonomy.road.taxonomy import init_taxonomy

    result = init_taxonomy(output, name, table, overwrite)
    show(result, [f"{_count(result)}: {result['taxonomy']}"], as_json)


@taxonomy.command()
def check(
    file: TaxonomyFile,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Check a file of categories and keywords."""
    from pixonomy.road.taxonomy import check_taxonomy

    result = check_taxonomy(file)
    show(result, [f"{_count(result)}: it is sound."], as_json)


_STATE = typer.Option(
    help="For s3://: the folder of the ledger on this machine.", callback=options.local
)


def collect(
    file: TaxonomyFile,
    output: Annotated[str, typer.Option("--output", "-o", help="A folder, or s3://bucket/prefix.")],
    provider: Annotated[
        list[str], typer.Option(help="commons, openverse, flickr, table, html; repeatable.")
    ] = ["commons"],  # noqa: B006 - Typer reads it once
    per_keyword: Annotated[int, typer.Option(help="Pictures wanted of each keyword.")] = 100,
    contact: Annotated[
        str | None,
        typer.Option(
            envvar="PIXONOMY_CONTACT", help="Your e-mail or page, told to every site asked."
        ),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="A JSON file {provider: key}; or PIXONOMY_<PROVIDER>_KEY is set."),
    ] = None,
    permission: Annotated[
        str | None, typer.Option(help="Who allows training where a site's terms do not.")
    ] = None,
    state: Annotated[Path | None, _STATE] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be done.")
    ] = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Collect pictures for each keyword, politely; the same command again goes on."""
    from pixonomy.road.collect import CollectChoices
    from pixonomy.road.collect import collect as run

    choices = CollectChoices(
        tuple(provider), per_keyword, contact, read_keys(keys, os.environ), permission, state
    )
    result = run(file, output, choices, dry_run, surroundings())
    show(result, _plan_lines(result) if dry_run else _lines(result), as_json)


@gallery.command()
def serve(
    port: Annotated[int, typer.Option(help="Of http://127.0.0.1; 0 takes a free one.")] = 8000,
    pictures: Annotated[int, typer.Option(help="Drawn for each category.")] = 300,
    seed: options.Seed = 0,
    debug: options.Debug = False,
) -> None:
    """Serve drawn pictures as a photo site, and as look-alikes of the providers' interfaces."""
    from pixonomy.road.serve_gallery import serve_gallery

    serve_gallery(port, pictures, seed, surroundings())


def read_keys(file: Path | None, environment: Any) -> dict[str, str]:
    """Return provider → key, from a file and from PIXONOMY_<PROVIDER>_KEY, which goes first.

    Raises:
        SettingError: if the file is no JSON object of texts; nothing of it is told.
    """
    keys: dict[str, str] = {}
    if file is not None:
        try:
            keys = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            raise SettingError("--keys: expected a readable JSON file {provider: key}.") from None
        if not isinstance(keys, dict) or not all(isinstance(x, str) for x in keys.values()):
            raise SettingError("--keys: expected a JSON object {provider: key} of texts.")
    for name, value in environment.items():
        if name.startswith("PIXONOMY_") and name.endswith("_KEY") and value:
            keys[name.removeprefix("PIXONOMY_").removesuffix("_KEY").lower()] = value
    return keys


def _count(result: dict[str, Any]) -> str:
    return f"{result['categories']} categories, {result['keywords']} keywords"


def _lines(result: dict[str, Any]) -> list[str]:
    others = ", ".join(f"{result[name]} {name}" for name in ("duplicates", "refused", "failed"))
    lines = [f"{result['pictures']} pictures in {result['manifest']}; {others}."]
    missing = result["shortfall"]
    if missing:
        worst = sorted(missing.items(), key=lambda one: -one[1])[:5]
        told = ", ".join(f"{keyword} ({count})" for keyword, count in worst)
        more = f" and {len(missing) - len(worst)} more" if len(missing) > len(worst) else ""
        lines.append(f"Fewer than wanted: {told}{more}.")
    return [*lines, f"Look at them: {result['page']}"]


def _plan_lines(result: dict[str, Any]) -> list[str]:
    lines = [f"{result['keywords']} keywords want {result['pictures']:,} pictures."]
    for one in result["providers"]:
        lines.append(
            f"{one['provider']} alone: {one['pictures']:,} pictures at most, {one['requests']:,} "
            f"requests, {one['hours']:,.1f} h or more (interface {one['interface_hours']:,.1f}, "
            f"pictures {one['media_hours']:,.1f} from one host); training: {one['terms']}, "
            f"{one['terms_url']}"
        )
    return lines
