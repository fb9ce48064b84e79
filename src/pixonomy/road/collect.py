"""A taxonomy's keywords go in; pictures, their manifest and where they are from come out."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixonomy.collecting.client import Client
from pixonomy.collecting.collect import MOST_TRIES, Collector, CollectSettings
from pixonomy.collecting.finds import Kind, Pace
from pixonomy.collecting.known import open_provider
from pixonomy.collecting.ledger import Ledger
from pixonomy.collecting.manners import Manners, Patience
from pixonomy.collecting.plan import plan_collection
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.shards import ShardWriter
from pixonomy.errors import PixonomyError, SettingError
from pixonomy.files import printable, storage_errors
from pixonomy.keywords import KeywordFile, read_keyword_file
from pixonomy.outputs import require_local
from pixonomy.progress import Surroundings
from pixonomy.remote import is_remote, require_writable
from pixonomy.road.collect_outcome import write_outcome

LEDGER, SHARDS = "ledger.sqlite", "shards"

_DEFAULT = Surroundings()
_HOMEPAGE = "https://pypi.org/project/pixonomy"


@dataclass(frozen=True)
class CollectChoices:
    """How pictures are collected.

    Attributes:
        providers: asked one after the other, until a keyword has enough.
        per_keyword: pictures wanted of each.
        contact: an address or page by which a site's owner finds us; goes into the User-Agent.
        keys: provider → its secret.
        permission: why providers whose terms forbid training may be used all the same.
        state: where ledger and pictures lie while the output is an s3:// address.
        patience: how long is waited for those who do not answer.
    """

    providers: tuple[str, ...] = ("commons",)
    per_keyword: int = 100
    contact: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    permission: str | None = None
    state: Path | None = None
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.time


def collect(
    taxonomy: Path,
    output: str | Path,
    choices: CollectChoices | None = None,
    is_dry_run: bool = False,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Collect pictures for each keyword, politely; go on where an earlier run stopped.

    Args:
        output: a folder, or s3://bucket/prefix (then `choices.state` is needed).
        is_dry_run: tell what would be asked for and how long it takes; ask nobody.

    Returns:
        {manifest, pictures, duplicates, refused, failed, shortfall: {keyword: count}, sightings,
        attribution, page, seconds}; for a dry run {keywords, pictures, providers: [{provider,
        terms, terms_url, pictures, shortfall, requests, interface_hours, media_hours, hours}],
        seconds}.

    Raises:
        SettingError: for a taxonomy, provider or choice that is wrong.
        StorageError: if the disk is full or cannot be written.
    """
    began = time.monotonic()
    wanted, choices = read_keyword_file(taxonomy), choices or CollectChoices()
    _check(choices)
    providers = _open_providers(wanted, choices)
    if is_dry_run:
        outcome = _plan(providers, len(wanted.keywords), choices.per_keyword)
        return outcome | {"seconds": round(time.monotonic() - began, 2)}
    folder, user_agent = _place(output, choices), _introduce(wanted, choices)
    _check_terms(providers, choices)
    with Ledger(folder / LEDGER) as ledger:
        _note_permissions(ledger, providers, choices)
        ledger.try_again(MOST_TRIES)
        writer = ShardWriter(folder / SHARDS, ledger.shards())
        _run(wanted, providers, ledger, writer, choices, user_agent, surroundings=surroundings)
        asked = choices.per_keyword, str(output), surroundings.cores
        outcome = write_outcome(ledger, folder, wanted, *asked)
    return outcome | {"seconds": round(time.monotonic() - began, 2)}


def _plan(providers: list[Provider], keywords: int, per_keyword: int) -> dict[str, Any]:
    plans = plan_collection(providers, keywords, per_keyword)
    return {
        "keywords": keywords,
        "pictures": keywords * per_keyword,
        "providers": [one.as_json() for one in plans],
    }


def _check(choices: CollectChoices) -> None:
    if choices.per_keyword < 1:
        raise SettingError(f"A keyword wants 1 or more pictures, not {choices.per_keyword}.")
    if not choices.providers:
        raise SettingError("Name a provider: --provider commons.")


def _open_providers(wanted: KeywordFile, choices: CollectChoices) -> list[Provider]:
    return [
        open_provider(name, wanted.providers.get(name, {}), choices.keys.get(name))
        for name in dict.fromkeys(choices.providers)
    ]


def _place(output: str | Path, choices: CollectChoices) -> Path:
    """Return the folder that ledger and tar files lie in."""
    if is_remote(str(output)):
        require_writable(str(output))
        if choices.state is None:
            raise SettingError(
                f"For {output}, say where the ledger lies meanwhile: --state FOLDER."
            )
        require_local(choices.state)
        return choices.state
    folder = Path(output)
    require_local(folder)
    with storage_errors(folder):
        is_other = folder.is_dir() and any(folder.iterdir()) and not (folder / LEDGER).exists()
        if is_other or (folder.exists() and not folder.is_dir()):
            raise SettingError(
                f"{printable(folder)} holds other files; choose an empty or new folder."
            )
    return folder


def _introduce(wanted: KeywordFile, choices: CollectChoices) -> str:
    """Return our User-Agent; everybody but hosts of our own is told whom to turn to."""
    from importlib.metadata import version

    name = f"pixonomy/{version('pixonomy')}"
    tools = f"aiohttp/{version('aiohttp')}"
    if choices.contact:
        told = " ".join(choices.contact.split())
        return f"{name} ({told}; {_HOMEPAGE}) {tools}"
    if all(wanted.providers.get(one, {}).get("private_hosts") for one in choices.providers):
        return f"{name} ({_HOMEPAGE}) {tools}"
    raise SettingError(
        "Say who collects, so that a site's owner can turn to you: --contact you@example.org."
    )


def _check_terms(providers: list[Provider], choices: CollectChoices) -> None:
    for one in providers:
        if one.terms.ml_use != "allowed" and not (choices.permission or "").strip():
            raise SettingError(
                f"{one.name}: its terms ({one.terms.terms_url}) may forbid training. If you have "
                "permission, state it: --permission 'who gave it, and for what'. It is kept."
            )


def _note_permissions(ledger: Ledger, providers: list[Provider], choices: CollectChoices) -> None:
    for one in providers:
        if one.terms.ml_use != "allowed" and choices.permission:
            ledger.note(f"permission:{one.name}", choices.permission.strip())


def _run(
    wanted: KeywordFile,
    providers: list[Provider],
    ledger: Ledger,
    writer: ShardWriter,
    choices: CollectChoices,
    user_agent: str,
    *,
    surroundings: Surroundings,
) -> None:
    hosts = _private_hosts(wanted, providers)
    by_name = {one.name: one for one in providers}
    limits = {one.name: one.terms.daily_requests for one in providers}

    def spend(provider: str) -> None:
        day = datetime.fromtimestamp(choices.clock(), UTC).date().isoformat()
        ledger.spend(provider, day, limits[provider])

    def pace(provider: str, kind: Kind) -> Pace:
        return by_name[provider].pace(kind)

    async def work() -> None:
        with ThreadPoolExecutor(max(1, surroundings.cores)) as threads:
            async with Client(user_agent, hosts) as client:
                manners = Manners(client, pace, spend, choices.patience, choices.clock)
                collector = Collector(
                    ledger,
                    writer,
                    providers,
                    manners,
                    CollectSettings(choices.per_keyword),
                    threads,
                    surroundings.progress,
                    surroundings.say,
                    choices.clock,
                )
                await collector.run(wanted.keywords)

    with _one_reason():
        _run_loop(work)


def _private_hosts(wanted: KeywordFile, providers: list[Provider]) -> tuple[str, ...]:
    own = [wanted.providers.get(one.name, {}) for one in providers]
    return tuple(host for one in own for host in one.get("private_hosts", ()))


@contextmanager
def _one_reason() -> Iterator[None]:
    """Raise, of errors that ended several tasks at once, the first one that people are told."""
    try:
        yield
    except ExceptionGroup as group:
        known = group.subgroup(PixonomyError)
        if known is None:
            raise
        while isinstance(known, ExceptionGroup):
            known = known.exceptions[0]  # type: ignore[assignment]
        raise known from group


def _run_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end, in a thread where this one runs a loop already (notebooks)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work())
        return
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()
