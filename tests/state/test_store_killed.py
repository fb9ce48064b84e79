"""A process that is killed while it writes loses nothing that it has acknowledged."""

import random
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from pixonomy.state.kept_images import image_name
from pixonomy.state.state_tables import consents, corrections, goals, uploads
from pixonomy.state.store import Store
from state_writer import IMAGE
from stores import ON_BOTH_DATABASES, Place

WRITER = Path(__file__).parents[1] / "state_writer.py"
TESTS = str(WRITER.parent)


def write_until_killed(place: Place, seconds: float) -> dict[str, set[str]]:
    """Return the ids that a killed process has acknowledged, by their kind."""
    command = [sys.executable, str(WRITER), str(place.state)]
    command += [place.database] if place.database else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    found: dict[str, set[str]] = defaultdict(set)
    for line in (first + process.stdout.read()).decode().splitlines():
        kind, _, row_id = line.partition(" ")
        found[kind].add(row_id)
    process.wait()
    return found


def check_nothing_is_lost(store: Store, acknowledged: dict[str, set[str]]) -> None:
    with store.database.read() as connection:
        kept = {row.id: row for row in connection.execute(select(uploads))}
        saved = {row.id: row for row in connection.execute(select(goals))}
        corrected = set(connection.scalars(select(corrections.c.id)))
        consented = connection.execute(select(consents)).all()
    assert acknowledged["upload"] <= kept.keys()
    assert acknowledged["goal"] <= saved.keys()
    assert {saved[one].saved for one in acknowledged["changed"]} <= {Decimal(2)}
    assert acknowledged["correction"] <= corrected
    assert acknowledged["consent"] <= {row.upload_id for row in consented if not row.improve}
    for one in acknowledged["upload"]:
        assert store.images.get(one) == IMAGE
    for one in acknowledged["withdrawn"]:
        assert not kept[one].has_image
        assert store.images.get(one) is None


def check_no_image_is_left_over(store: Store, place: Place) -> None:
    place.ahead = timedelta(minutes=61)
    store.sweep()
    with store.database.read() as connection:
        owned = set(connection.scalars(select(uploads.c.id).where(uploads.c.has_image)))
    assert {name for batch in store.images.scan() for name in batch} <= set(map(image_name, owned))
    assert store.sweep() == 0


def kill_so_often(place: Place, times: int) -> None:
    random.seed(times)
    everything: dict[str, set[str]] = defaultdict(set)
    for _ in range(times):
        for kind, found in write_until_killed(place, random.uniform(0, 0.7)).items():
            everything[kind] |= found
        with closing(place.open()) as store:
            check_nothing_is_lost(store, everything)
    with closing(place.open()) as store:
        check_no_image_is_left_over(store, place)
        check_nothing_is_lost(store, everything)
        if place.database is None:
            with store.database.read() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert len(everything["changed"]) >= times


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_killed_process_loses_nothing_that_it_has_acknowledged(place: Place) -> None:
    kill_so_often(place, 2)


@pytest.mark.slow
@ON_BOTH_DATABASES
def test_a_process_that_is_killed_again_and_again_loses_nothing(place: Place) -> None:
    kill_so_often(place, 12)
