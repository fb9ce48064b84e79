"""Reports how far a collection is, at any moment and at once, from its state database alone."""

from datetime import UTC, datetime
from pathlib import Path

from pixonomy.collecting.asked import MANIFEST
from pixonomy.collecting.records import count_images, count_reasons, sum_keywords
from pixonomy.collecting.setup import STATE_DB, CollectChoices, find_folder
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.dataset.taxonomy_toml import read_keyword_file
from pixonomy.results.collection_results import CollectStatusResult, KeywordStatus
from pixonomy.storage.files import printable

_MOST_NAMED = 5


def collect_status(
    taxonomy: Path, output: str | Path, choices: CollectChoices | None = None
) -> CollectStatusResult:
    """Tell how far a collection is, also while it runs; nothing is asked for or written.

    Returns:
        A CollectStatusResult.

    Raises:
        SettingError: if nothing was collected there yet.
    """
    wanted, choices = read_keyword_file(taxonomy), choices or CollectChoices()
    folder = find_folder(output, choices)
    with StateDatabase(folder / STATE_DB, is_read_only=True) as state_db:
        each = int(state_db.noted("per_keyword") or choices.per_keyword)
        counts = count_images(state_db)
        resting = state_db.resting_hosts(choices.clock())
        manifest = folder / MANIFEST
        return CollectStatusResult(
            pictures=state_db.count_all(),
            wanted=each * len(wanted.keywords),
            **{state: counts.get(state, 0) for state in ("waiting", "refused", "failed")},
            last_kept=_find_last(state_db),
            manifest=printable(manifest) if manifest.exists() else None,
            keywords=_keywords(state_db, wanted.keywords, each),
            refused_by_reason=count_reasons(state_db, "refused"),
            failed_by_reason=count_reasons(state_db, "failed"),
            resting_hosts={
                host: f"{reason}; until {_moment(until)}"
                for host, (until, reason) in resting.items()
            },
        )


def status_lines(result: CollectStatusResult) -> list[str]:
    """Return what people read of it."""
    last = f"; the last one came {result.last_kept}" if result.last_kept else ""
    lines = [
        f"{result.pictures:,} different pictures of {result.wanted:,} wanted are kept{last}.",
        f"Addresses: {result.waiting:,} waiting, {result.refused:,} refused, "
        f"{result.failed:,} failed.",
    ]
    reasons = {"Refused": result.refused_by_reason, "Failed": result.failed_by_reason}
    for state, counts in reasons.items():
        first = list(counts.items())[:_MOST_NAMED]
        if first:
            named = "; ".join(f"{count:,} {reason}" for reason, count in first)
            lines.append(f"{state}: {named}.")
    lines += [f"Left alone: {host} ({why})." for host, why in result.resting_hosts.items()]
    short = [one for one in result.keywords if one.kept < one.wanted]
    if short:
        short.sort(key=lambda one: one.kept - one.wanted)
        named = ", ".join(f"{one.keyword} ({one.kept:,})" for one in short[:_MOST_NAMED])
        more = f" and {len(short) - _MOST_NAMED:,} more" if len(short) > _MOST_NAMED else ""
        lines.append(f"Not full yet: {named}{more}.")
    made = result.manifest
    write = "--manifest-only writes one of what is kept by now"
    return [*lines, f"Manifest: {made or 'none yet'}; {write}."]


def _keywords(
    state_db: StateDatabase, keywords: tuple[tuple[str, str], ...], wanted: int
) -> tuple[KeywordStatus, ...]:
    known = {(one.category, one.keyword): one for one in sum_keywords(state_db)}
    return tuple(
        KeywordStatus(
            category=category,
            keyword=keyword,
            kept=found.kept if (found := known.get((category, keyword))) else 0,
            wanted=wanted,
            waiting=found.waiting if found else 0,
        )
        for category, keyword in keywords
    )


def _find_last(state_db: StateDatabase) -> str | None:
    row = state_db.rows("SELECT fetched_at FROM pictures ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else _moment(row[0])


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
