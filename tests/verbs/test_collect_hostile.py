"""A hostile site of forty traps costs two minutes at most, and each of them is a row."""

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from aiohttp import web

from hostile_site import ADDRESSES, HOST, TRAPS, HostileSite
from photo_site import write_taxonomy
from pixonomy.collecting import circuits
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read import read_all
from pixonomy.gallery.http_site import serving
from pixonomy.images.decode import decode
from pixonomy.progress import Context
from pixonomy.results.json_record import Result
from pixonomy.verbs.collect import CollectChoices, collect

HASTY = RetryPolicy(
    attempts=2, first_seconds=0.05, longest_seconds=0.2, most_seconds=20, reply_seconds=4,
    connect_seconds=2,
)  # fmt: skip
KEYWORDS = ["traps", "endless", "tags", "deep", "letters", "noai"]


@pytest.fixture
def hostile_site() -> Iterator[tuple[HostileSite, str]]:
    """Return a hostile site on many hosts of this machine, and its port."""
    site = HostileSite()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", site.answer)
    with serving(app, host="0.0.0.0") as address:
        yield site, address.rpartition(":")[2]


def gather(
    folder: Path, port: str, keywords: list[str], image: str
) -> tuple[Result, list[str], list[str]]:
    """Collect what the site offers; return the result, the hosts it may ask, and what was said."""
    allowed = sorted({f"127.0.0.{one.host}" for one in TRAPS})
    settings = (
        f'[provider.html]\nsearch = "http://{HOST}:{port}/s?q={{keyword}}"\npicture = "{image}"\n'
        f"at_once = 8\nper_second = 200\nprivate_hosts = {allowed}\n"
    )
    taxonomy = write_taxonomy(folder, {"travel": keywords}, settings)
    choices = CollectChoices(("html",), 200, permission="it is ours", retry_policy=HASTY)
    said: list[str] = []
    result = collect(taxonomy, folder / "out", choices, context=Context(report=said.append))
    return result, allowed, said


def rows_of(folder: Path) -> dict[str, tuple[str, str]]:
    """Return of each address its state and the reason for it."""
    with sqlite3.connect(folder / "out/ledger.sqlite") as state_db:
        found = state_db.execute("SELECT url, state, reason FROM images")
        return {str(url): (str(state), str(reason or "")) for url, state, reason in found}


@pytest.mark.slow
def test_every_trap_is_a_row_and_the_manifest_is_whole(
    tmp_path: Path, hostile_site: tuple[HostileSite, str]
) -> None:
    site, port = hostile_site
    assert len(TRAPS) + len(ADDRESSES) >= 40
    began = time.monotonic()
    result, allowed, said = gather(tmp_path, port, KEYWORDS, "img")
    assert time.monotonic() - began < 120

    rows = rows_of(tmp_path)
    for trap in TRAPS:
        state, reason = rows[f"http://127.0.0.{trap.host}:{port}/{trap.name}"]
        if trap.told == "kept":
            assert state == "kept", (trap.name, reason)
        else:
            assert state in ("refused", "failed", "waiting"), trap.name
            assert re.search(trap.told, reason), (trap.name, state, reason)
    assert [url for url, (state, _) in rows.items() if state == "kept" and "good" not in url] == [
        f"http://127.0.0.{one.host}:{port}/{one.name}" for one in TRAPS if one.told == "kept"
    ]
    assert sum("good" in url and state == "kept" for url, (state, _) in rows.items()) == site.good

    for told in ("tags", "levels", "noai", "no new pictures", "Left"):
        assert any(told in sentence for sentence in said), told
    assert {host for host, _ in site.asked} <= set(allowed)
    assert ("127.0.0.99", "/secret") not in site.asked
    manifest = read_manifest(Path(result["manifest"]))
    assert manifest.rows.height == result["pictures"]
    for _, data in read_all(locate(manifest.rows, manifest.base)):
        assert isinstance(data, bytes)
        decode(data)
    written = {path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("*.tar")}
    assert written == {"shards/pictures-00000.tar"}


def test_what_no_column_takes_is_cut_and_the_rest_of_the_page_is_kept(
    tmp_path: Path, hostile_site: tuple[HostileSite, str]
) -> None:
    result, _, _ = gather(tmp_path, hostile_site[1], ["data"], "")
    assert result["pictures"] == 3
    rows = rows_of(tmp_path)
    assert sorted(state for state, _ in rows.values()) == ["kept"] * 3 + ["refused"] * 3
    manifest = read_manifest(Path(result["manifest"])).rows
    assert max(len(one) for one in manifest["license"]) <= 500


def test_a_host_that_opens_again_while_nothing_else_is_under_way_does_not_stop_the_run(
    tmp_path: Path, hostile_site: tuple[HostileSite, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is closed for so short that it is open again when the slow picture of another has come.
    monkeypatch.setattr(circuits, "_AGAIN_SECONDS", 0.3)
    found: list[Result] = []
    running = Thread(
        target=lambda: found.append(gather(tmp_path, hostile_site[1], ["closed"], "img")[0]),
        daemon=True,  # one that stands still is not waited for
    )
    running.start()
    running.join(30)
    assert [(one["pictures"], one["waiting"]) for one in found] == [(1, 1)]
