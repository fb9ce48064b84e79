"""`taxonomy`, `collect`, `gallery`: from keywords to images."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import context, show
from pixonomy.errors import SettingError
from pixonomy.pages.wording import counted

if TYPE_CHECKING:
    from pixonomy.results.data_results import TaxonomyResult
    from pixonomy.results.json_record import Result
    from pixonomy.verbs.collect import CollectChoices

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
    from pixonomy.verbs.taxonomy import init_taxonomy

    result = init_taxonomy(output, name, table, overwrite)
    show(result, [f"{_count(result)}: {result.taxonomy}"], as_json)


@taxonomy.command()
def check(
    file: TaxonomyFile,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Check a file of categories, its settings, what words can tell apart, and its goals' sums."""
    from pixonomy.verbs.taxonomy import check_taxonomy

    result = check_taxonomy(file)
    lines = [f"{_count(result)}: it is sound.", *_word_lines(result), *_goal_lines(result)]
    show(result, lines, as_json)


_MOST_MESSAGES = 20
_STATE = typer.Option(
    help="For s3://: the folder of the ledger on this machine.", callback=options.local
)
_OUTPUT = typer.Option("--output", "-o", help="A folder, or s3://bucket/prefix.")
_PROVIDER = typer.Option(
    help="commons, openverse, flickr, table, html; repeatable: asked in turn, until a keyword has "
    "enough."
)
_CONTACT = typer.Option(
    envvar="PIXONOMY_CONTACT", help="Your e-mail or page, told to every site asked."
)
_KEYS = typer.Option(help="A JSON file {provider: key}; or PIXONOMY_<PROVIDER>_KEY is set.")
_LICENCE = typer.Option(
    "--licence", help="Take only these, by SPDX: CC0-1.0,CC-BY-4.0. Unknown ones are not taken."
)
_RETRY = typer.Option(help="Ask again for failed or refused ones, or those of a HOST; repeatable.")
_PERMISSION = typer.Option(help="Who allows training where a site's terms do not.")
_DRY_RUN = typer.Option("--dry-run", help="Only tell what would be done.")
_STATUS = typer.Option("--status", help="Only tell how far it is, also while it runs.")
_OUTCOME = typer.Option(
    "--manifest-only", help="Only write manifest and page of what is kept by now; ask nobody."
)
_TRY = typer.Option("--try", metavar="URL", help="Only tell what the settings find on a page.")


def collect(
    file: TaxonomyFile,
    output: Annotated[str | None, _OUTPUT] = None,
    provider: Annotated[list[str], _PROVIDER] = ["commons"],  # noqa: B006 - Typer reads it once
    per_keyword: Annotated[int, typer.Option(help="Pictures wanted of each keyword.")] = 100,
    contact: Annotated[str | None, _CONTACT] = None,
    keys: Annotated[Path | None, _KEYS] = None,
    licence: Annotated[list[str], _LICENCE] = [],  # noqa: B006
    permission: Annotated[str | None, _PERMISSION] = None,
    retry: Annotated[list[str], _RETRY] = [],  # noqa: B006
    state: Annotated[Path | None, _STATE] = None,
    dry_run: Annotated[bool, _DRY_RUN] = False,
    status: Annotated[bool, _STATUS] = False,
    manifest_only: Annotated[bool, _OUTCOME] = False,
    try_url: Annotated[str | None, _TRY] = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Collect pictures for each keyword, politely; the same command again goes on."""
    from pixonomy.collecting.licences import read_policy
    from pixonomy.verbs.collect import CollectChoices

    _check_one_mode(
        {"--dry-run": dry_run, "--status": status, "--manifest-only": manifest_only,
         "--try": try_url is not None}
    )  # fmt: skip
    choices = CollectChoices(
        tuple(provider), per_keyword, contact, read_keys(keys, os.environ), permission, state,
        licenses=read_policy(licence), retry=tuple(retry),
    )  # fmt: skip
    if try_url is not None:
        result, lines = _try(file, try_url, choices)
    elif dry_run:
        result, lines = _plan(file, output, choices)
    elif output is None:
        raise SettingError("Say where the pictures go: --output FOLDER.")
    elif status:
        result, lines = _report_status(file, output, choices)
    else:
        result, lines = _collect(file, output, choices, manifest_only)
    show(result, lines, as_json)


_Answer = tuple["Result", list[str]]


def _try(file: Path, url: str, choices: "CollectChoices") -> _Answer:
    from pixonomy.collecting.try_settings import try_lines, try_page

    result = try_page(file, url, choices, context())
    return result, try_lines(result)


def _plan(file: Path, output: str | None, choices: "CollectChoices") -> _Answer:
    from pixonomy.cli.collect_lines import plan_lines
    from pixonomy.results.collection_results import CollectPlanResult
    from pixonomy.verbs import collect as road

    result = road.collect(file, output or ".", choices, True, context())
    assert isinstance(result, CollectPlanResult)  # as it was a dry run
    return result, plan_lines(result)


def _report_status(file: Path, output: str, choices: "CollectChoices") -> _Answer:
    from pixonomy.collecting.status import collect_status, status_lines

    result = collect_status(file, output, choices)
    return result, status_lines(result)


def _collect(file: Path, output: str, choices: "CollectChoices", has_only_outcome: bool) -> _Answer:
    from pixonomy.cli.collect_lines import outcome_lines
    from pixonomy.results.collection_results import CollectResult
    from pixonomy.verbs import collect as road

    verb = road.collect_outcome if has_only_outcome else road.collect
    result = verb(file, output, choices, context=context())
    assert isinstance(result, CollectResult)  # as it was no dry run
    return result, outcome_lines(result)


def _check_one_mode(modes: Mapping[str, bool]) -> None:
    asked = [name for name, is_asked in modes.items() if is_asked]
    if len(asked) > 1:
        raise SettingError(f"{' and '.join(asked)} do different things: give one of them.")


@gallery.command()
def serve(
    port: Annotated[int, typer.Option(help="Of http://127.0.0.1; 0 takes a free one.")] = 8000,
    pictures: Annotated[int, typer.Option(help="Drawn for each category.")] = 300,
    seed: options.Seed = 0,
    debug: options.Debug = False,
) -> None:
    """Serve drawn pictures as a photo site, and as look-alikes of the providers' interfaces."""
    from pixonomy.verbs.serve_gallery import serve_gallery

    serve_gallery(port, pictures, seed, context())


def read_keys(file: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
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


def _word_lines(result: "TaxonomyResult") -> list[str]:
    """Return what is to be said of the words: the first sentences, and how many more there are."""
    messages = result.words.messages if result.words else ()
    lines = [*messages[:_MOST_MESSAGES]]
    if len(messages) > len(lines):
        lines.append(f"… and {len(messages) - len(lines)} more such sentences: see --json.")
    known = "The words of each category are known, and no two categories share them"
    return lines or [f"{known}; how far words tell pictures apart shows on pictures alone."]


def _goal_lines(result: "TaxonomyResult") -> list[str]:
    """Return what is to be said of the goals: how many rest on a source, and which do not."""
    goals = result.goals
    if goals is None:
        return []
    lines = [f"{counted(goals.count, 'goal')}, {goals.sourced} with a source and its year."]
    if goals.guesses:
        lines.append(f"Guesses without a source: {', '.join(goals.guesses)}.")
    if goals.without_sum:
        lines.append(f"Without a sum: {', '.join(goals.without_sum)}.")
    if goals.old:
        lines.append(f"Figures over three years old: {', '.join(goals.old)}.")
    return lines


def _count(result: "TaxonomyResult") -> str:
    categories = counted(result.categories, "category", "categories")
    return f"{categories}, {counted(result.keywords, 'keyword')}"
