"""Prepares a collection: providers, folder and User-Agent, checked before anything runs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

from pixonomy.collecting.known import check_tables, open_provider
from pixonomy.collecting.licences import NOT_ASKED_FOR
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.proxies import environment_proxies, without_secret
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.collecting.settings import search_fingerprint
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.dataset.taxonomy_toml import KeywordFile
from pixonomy.errors import SettingError
from pixonomy.storage.address import is_remote, require_local
from pixonomy.storage.files import printable, storage_errors
from pixonomy.storage.locks import is_lock
from pixonomy.storage.s3 import require_writable

STATE_DB, SHARDS = "ledger.sqlite", "shards"

_HOMEPAGE = "https://pypi.org/project/pixonomy"


@dataclass(frozen=True)
class CollectChoices:
    """How images are collected.

    Attributes:
        providers: asked one after the other, until a keyword has enough.
        per_keyword: images wanted of each.
        contact: an address or page by which a site's owner finds us; goes into the User-Agent.
        keys: provider → its secret.
        permission: why providers whose terms forbid training may be used all the same.
        state: where state database and images lie while the output is an s3:// address.
        retry_policy: how long is waited for those who do not answer.
        licenses: SPDX identifiers; images of others are not taken. Empty: all are.
        retry: failed, refused or a host's name: such images are asked for again.
    """

    providers: tuple[str, ...] = ("commons",)
    per_keyword: int = 100
    contact: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    permission: str | None = None
    state: Path | None = None
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Callable[[], float] = time.time
    licenses: frozenset[str] = frozenset()
    retry: tuple[str, ...] = ()


def check_choices(choices: CollectChoices) -> None:
    """Refuse choices that cannot work.

    Raises:
        SettingError: see above.
    """
    if choices.per_keyword < 1:
        raise SettingError(f"A keyword wants 1 or more pictures, not {choices.per_keyword}.")
    if not choices.providers:
        raise SettingError("Name a provider: --provider commons.")


def open_providers(taxonomy: Path, wanted: KeywordFile, choices: CollectChoices) -> list[Provider]:
    """Return the providers with their settings and keys.

    Raises:
        SettingError: if there is none of that name, or a setting is wrong.
    """
    check_tables(wanted.providers, taxonomy)
    return [
        open_provider(name, wanted.providers.get(name, {}), choices.keys.get(name), taxonomy)
        for name in dict.fromkeys(choices.providers)
    ]


def find_folder(output: str | Path, choices: CollectChoices) -> Path:
    """Return the folder that state database and tar files lie in.

    Raises:
        SettingError: if it cannot be used.
    """
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
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        is_other = not all(map(is_lock, names)) and STATE_DB not in names
        if is_other or (folder.exists() and not folder.is_dir()):
            raise SettingError(
                f"{printable(folder)} holds other files; choose an empty or new folder."
            )
    return folder


def introduce(wanted: KeywordFile, choices: CollectChoices) -> str:
    """Return our User-Agent; everybody but hosts of our own is told whom to turn to.

    Raises:
        SettingError: if nobody can be turned to.
    """
    from importlib.metadata import version

    name = f"pixonomy/{version('pixonomy')}"
    tools = f"aiohttp/{version('aiohttp')}"
    if choices.contact:
        contact = " ".join(choices.contact.split())
        return f"{name} ({contact}; {_HOMEPAGE}) {tools}"
    if all(wanted.providers.get(one, {}).get("private_hosts") for one in choices.providers):
        return f"{name} ({_HOMEPAGE}) {tools}"
    raise SettingError(
        "Say who collects, so that a site's owner can turn to you: --contact you@example.org."
    )


def check_terms(providers: list[Provider], choices: CollectChoices) -> None:
    """Refuse providers whose terms do not allow training, unless somebody is said to have.

    Raises:
        SettingError: see above.
    """
    for one in providers:
        if one.terms.ml_use != "allowed" and not (choices.permission or "").strip():
            raise SettingError(
                f"{one.name}: its terms ({one.terms.terms_url}) may forbid training. If you have "
                "permission, state it: --permission 'who gave it, and for what'. It is kept."
            )


def private_hosts(wanted: KeywordFile, choices: CollectChoices) -> tuple[str, ...]:
    """Return the private hosts that the taxonomy file allows to be asked."""
    own = [wanted.providers.get(name, {}).get("private_hosts") for name in choices.providers]
    return tuple(str(host) for hosts in own if isinstance(hosts, list) for host in hosts)


def own_proxies(report: Callable[[str], None]) -> Mapping[str, URL]:
    """Return the proxies that the environment names, and tell of them.

    Raises:
        SettingError: if one of them cannot be used.
    """
    found = environment_proxies()
    if found:
        named = ", ".join(f"{without_secret(url)} for {one}" for one, url in found.items())
        report(
            f"Requests go through a proxy, as the environment says: {named}; but not those for "
            "NO_PROXY and private_hosts. Where a name leads is known to the proxy alone: it has to "
            "keep requests from private hosts."
        )
    return found


def begin_changed_again(
    state_db: StateDatabase,
    wanted: KeywordFile,
    providers: list[Provider],
    report: Callable[[str], None],
) -> None:
    """Let searches begin again that were made with other settings: what they found may differ."""
    for one in providers:
        name, digest = (
            f"settings:{one.name}",
            search_fingerprint(wanted.providers.get(one.name, {})),
        )
        before = state_db.noted(name)
        if (
            before is not None
            and before != digest
            and (count := state_db.begin_all_again(one.name))
        ):
            report(f"[provider.{one.name}] was changed: {count:,} of its searches begin again.")
        state_db.note(name, digest)


def prepare_state(
    state_db: StateDatabase, providers: list[Provider], choices: CollectChoices
) -> None:
    """Note who allows what, and let those be asked for again that are to be.

    Raises:
        SettingError: if there is nothing of what is to be asked for again.
    """
    for one in providers:
        if one.terms.ml_use != "allowed" and choices.permission:
            state_db.note(f"permission:{one.name}", choices.permission.strip())
    policy = ",".join(sorted(choices.licenses))
    if (state_db.noted("licenses") or "") != policy:
        state_db.reopen(NOT_ASKED_FOR)
    state_db.note("licenses", policy)
    state_db.note("per_keyword", str(choices.per_keyword))
    state_db.note("providers", ",".join(choices.providers))
    for what in choices.retry:
        is_host = what not in ("failed", "refused")
        if not state_db.retry(what) and is_host:
            raise SettingError(
                f"--retry {what!r}: nothing from a host of that name was refused or has failed. "
                "It takes failed, refused, or a host such as images.example.org."
            )
