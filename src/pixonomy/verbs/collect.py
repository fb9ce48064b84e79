"""Collects images for a taxonomy's keywords, with a manifest and where each is from."""

import time
from dataclasses import replace
from pathlib import Path

from pixonomy.collecting.asked import Asked
from pixonomy.collecting.collection_plan import plan_collection
from pixonomy.collecting.collector import MOST_TRIES
from pixonomy.collecting.licences import read_policy
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.providers.url_table import Table
from pixonomy.collecting.records import count_images
from pixonomy.collecting.run_collection import Work, run_collection
from pixonomy.collecting.setup import (
    SHARDS,
    STATE_DB,
    CollectChoices,
    begin_changed_again,
    check_choices,
    check_terms,
    find_folder,
    introduce,
    open_providers,
    own_proxies,
    prepare_state,
    private_hosts,
)
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.tar_writer import ShardWriter
from pixonomy.collecting.write_outcome import write_outcome
from pixonomy.dataset.taxonomy_toml import KeywordFile, read_keyword_file
from pixonomy.errors import DataError
from pixonomy.progress import Context
from pixonomy.results.collection_results import CollectPlanResult, CollectResult
from pixonomy.storage.files import printable
from pixonomy.storage.locks import lock_folder

__all__ = ["SHARDS", "STATE_DB", "CollectChoices", "collect", "collect_outcome"]

_DEFAULT = Context()


def collect(
    taxonomy: Path,
    output: str | Path,
    choices: CollectChoices | None = None,
    is_dry_run: bool = False,
    context: Context = _DEFAULT,
) -> CollectResult | CollectPlanResult:
    """Collect pictures for each keyword, politely; go on where an earlier run stopped.

    Interrupted, it writes manifest and page of what is kept before it ends.

    Args:
        output: a folder, or s3://bucket/prefix (then `choices.state` is needed).
        is_dry_run: tell what would be asked for and how long it takes; ask nobody.

    Returns:
        A CollectResult; for a dry run a CollectPlanResult.

    Raises:
        SettingError: for a taxonomy, provider or choice that is wrong.
        DataError: if no host at all could be reached; the manifest is written before.
        StorageError: if the disk is full or cannot be written.
    """
    began = time.monotonic()
    wanted, choices = read_keyword_file(taxonomy), choices or CollectChoices()
    check_choices(choices)
    providers = open_providers(taxonomy, wanted, choices)
    if is_dry_run:
        plan = plan_collection(providers, len(wanted.keywords), choices.per_keyword)
        return plan.as_result(round(time.monotonic() - began, 2))
    folder, user_agent = find_folder(output, choices), introduce(wanted, choices)
    check_terms(providers, choices)
    proxies = own_proxies(context.report)
    with lock_folder(folder, context.report), StateDatabase(folder / STATE_DB) as state_db:
        _prepare(state_db, wanted, providers, choices, folder, context)
        work = Work(
            state_db=state_db,
            writer=ShardWriter(folder / SHARDS, state_db.shards()),
            providers=providers,
            keywords=wanted.keywords,
            choices=choices,
            user_agent=user_agent,
            private_hosts=private_hosts(wanted, choices),
            proxies=proxies,
            state=folder,
        )
        asked = replace(_ask(wanted, taxonomy, folder, output, choices), began=began)
        outcome = _run(work, asked, context)
    return replace(outcome, seconds=round(time.monotonic() - began, 2))


def collect_outcome(
    taxonomy: Path,
    output: str | Path,
    choices: CollectChoices | None = None,
    context: Context = _DEFAULT,
) -> CollectResult:
    """Write manifest, page and attribution of what is kept by now; ask nobody.

    It works while a run goes on: what it had kept at this moment is written.

    Returns:
        A CollectResult.

    Raises:
        SettingError: if nothing was collected there yet.
    """
    began = time.monotonic()
    wanted, choices = read_keyword_file(taxonomy), choices or CollectChoices()
    folder = find_folder(output, choices)
    with StateDatabase(folder / STATE_DB, is_read_only=True) as state_db:
        licenses = choices.licenses or read_policy([state_db.noted("licenses") or ""])
        each = int(state_db.noted("per_keyword") or choices.per_keyword)
        providers = tuple(filter(None, (state_db.noted("providers") or "").split(",")))
        options = _list_options(choices)
        asked = Asked(
            wanted, taxonomy, folder, str(output), each, licenses, providers, options=options
        )
        outcome = write_outcome(state_db, asked, context)
    return replace(outcome, seconds=round(time.monotonic() - began, 2))


def _ask(
    wanted: KeywordFile, taxonomy: Path, folder: Path, output: str | Path, choices: CollectChoices
) -> Asked:
    each, licenses, providers = choices.per_keyword, choices.licenses, choices.providers
    options = _list_options(choices)
    return Asked(wanted, taxonomy, folder, str(output), each, licenses, providers, options=options)


def _list_options(choices: CollectChoices) -> dict[str, str]:
    """Return what somebody else has to give to collect the same; whom to turn to is left open."""
    options = {} if choices.state is None else {"--state": printable(choices.state)}
    if choices.contact:
        options["--contact"] = "you@example.org"
    return options | ({"--permission": choices.permission} if choices.permission else {})


def _prepare(
    state_db: StateDatabase,
    wanted: KeywordFile,
    providers: list[Provider],
    choices: CollectChoices,
    folder: Path,
    context: Context,
) -> None:
    prepare_state(state_db, providers, choices)
    begin_changed_again(state_db, wanted, providers, context.report)
    for one in providers:
        if isinstance(one, Table):
            one.keep_in(folder, [keyword for _, keyword in wanted.keywords])
    state_db.try_again(MOST_TRIES)


def _run(work: Work, asked: Asked, context: Context) -> CollectResult:
    """Collect and write the outcome, also where somebody interrupts it or nobody is reached."""
    try:
        left = run_collection(work, context)
    except KeyboardInterrupt:
        context.report(_stopping(work.state_db))
        write_outcome(work.state_db, asked, context)
        raise
    except DataError:
        write_outcome(work.state_db, asked, context)
        raise
    return write_outcome(work.state_db, replace(asked, left=left), context)


def _stopping(state_db: StateDatabase) -> str:
    counts = count_images(state_db)
    return (
        f"Stopping with {state_db.count_all():,} pictures kept and "
        f"{counts.get('waiting', 0):,} addresses waiting: their manifest is being written; "
        "Ctrl-C again leaves it."
    )
