"""Writes to a state in many threads until it is killed, and prints what was acknowledged.

Run as `python state_writer.py STATE [DATABASE]`; each line is the kind and the id of a row.
"""

import os
import sys
import threading
from decimal import Decimal
from pathlib import Path

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.state.store import Store
from stores import ANSWERED

THREADS = 4
IMAGE = bytes(range(256)) * 200


def write(store: Store, thread: int) -> None:
    saver = store.make_saver(f"cookie:{thread}")
    while True:
        upload = store.keep_upload(saver.id, ANSWERED, True, True, IMAGE)
        acknowledge("upload", upload.id)
        goal = store.add_goal(saver.id, GoalFields("Trip", saved=Decimal(1)), upload.id)
        acknowledge("goal", goal.id)
        changed = store.change_goal(saver.id, goal.id, 1, GoalFields("Trip", saved=Decimal(2)))
        if changed is not None:
            acknowledge("changed", goal.id)
        correction = store.correct(saver.id, upload.id, "home", "a house")
        if correction is not None:
            acknowledge("correction", correction.id)
        if store.set_consent(saver.id, upload.id, keep=None, improve=False) is not None:
            acknowledge("consent", upload.id)
        second = store.keep_upload(saver.id, ANSWERED, True, False, IMAGE)
        if store.set_consent(saver.id, second.id, keep=False, improve=None) is not None:
            acknowledge("withdrawn", second.id)


def acknowledge(kind: str, row_id: str) -> None:
    os.write(1, f"{kind} {row_id}\n".encode())  # whole, whatever the other threads do


if __name__ == "__main__":
    opened = Store.open(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
    for number in range(THREADS):
        threading.Thread(target=write, args=(opened, number)).start()
