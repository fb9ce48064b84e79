"""Does `collect` stay as fast and as small on a list of a million rows? Lines of JSON.

    python benchmarks/long_list.py --rows 1000000 --minutes 10
    python benchmarks/long_list.py --ledger

The first writes a list, serves small JPEGs (320 x 240) from a process of its own, has `pixonomy
collect` work on it for so long, kills it (SIGKILL), and starts it again. A line an interval: images
kept so far, images a second, CPU a row in milliseconds, anonymous memory in MiB, the load of the
machine; seconds until the first new image at the start and after the kill.

With `--ledger` the ledger alone is filled, as a run fills it: a line per tenth of the rows with CPU
a row in microseconds and memory, then its size and the seconds until it is open again.
"""

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixonomy.collecting.state_db import StateDatabase

KEYWORDS = 8
PAGE, BATCH = 500, 250  # rows of a search's page, and that are written together


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)


def anonymous_mib(process: int | str = "self") -> int:
    """Return the anonymous memory of a process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(one.split()[1]) // 1024 for one in lines if one.startswith("RssAnon"))


def cpu_seconds(process: int) -> float:
    """Return the CPU that a process has used."""
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def serve_tiny() -> None:
    """Serve JPEGs that differ in their last bytes, on a free port told on standard output."""
    import cv2
    import numpy as np

    from pixonomy.bench.collect_site import serve

    coarse = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    image = cv2.imencode(".jpg", cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC))[1]
    data = image.tobytes()
    serve(lambda name: data + name.encode())


@contextmanager
def serving() -> Iterator[str]:
    """Yield the address of the server."""
    command = [sys.executable, __file__, "--serve"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def write_list(folder: Path, address: str, rows: int) -> Path:
    """Write a list and the taxonomy file that has it collected."""
    with (folder / "list.csv").open("w") as file:
        file.write("url,keyword,license\n")
        lines = (f"{address}/{row}.jpg,word {row % KEYWORDS},CC0\n" for row in range(rows))
        file.writelines(lines)
    words = [f"word {number}" for number in range(KEYWORDS)]
    taxonomy = folder / "taxonomy.toml"
    taxonomy.write_text(
        f'[[category]]\nid = "all"\nname = "all"\nkeywords = {json.dumps(words)}\n'
        f"[provider.table]\npath = {json.dumps(str(folder / 'list.csv'))}\nat_once = 32\n"
        'per_second = 100000\nprivate_hosts = ["127.0.0.1"]\n'
    )
    return taxonomy


class Collection:
    """A run of `pixonomy collect` in a process of its own, which is killed in the end."""

    def __init__(self, taxonomy: Path, rows: int) -> None:
        self._output = taxonomy.parent / "out"
        command = [sys.executable, "-m", "pixonomy", "collect", str(taxonomy), "-o"]
        command += [str(self._output), "--provider", "table", "--per-keyword", str(rows)]
        self._at_first, self._began = self.kept(), time.monotonic()
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kept(self) -> int:
        """Return how many images are noted in the ledger."""
        address = f"file:{self._output}/ledger.sqlite?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True)) as state_db:
                (last,) = state_db.execute("SELECT max(number) FROM pictures").fetchone()
        except sqlite3.Error:  # it has not begun
            return 0
        return 0 if last is None else int(last) + 1

    def first(self) -> float:
        """Wait for the first new image; return the seconds since the start."""
        while self.kept() == self._at_first:
            assert self._process.poll() is None, "the collection ended"
            time.sleep(0.05)
        return round(time.monotonic() - self._began, 1)

    def watch(self, seconds: float, intervals: int) -> None:
        """Tell of each interval."""
        process = self._process.pid
        before = time.monotonic(), self.kept(), cpu_seconds(process)
        for _ in range(intervals):
            time.sleep(seconds / intervals)
            if self._process.poll() is not None:
                tell(ended="the list is collected")
                return
            now = time.monotonic(), self.kept(), cpu_seconds(process)
            took, new, cpu = (later - earlier for later, earlier in zip(now, before, strict=True))
            tell(
                kept=now[1],
                images_a_second=round(new / took),
                cpu_ms=round(1000 * cpu / max(1, new), 2),
                anonymous_mib=anonymous_mib(process),
                load=round(os.getloadavg()[0], 1),
            )
            before = now

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def collect(folder: Path, rows: int, minutes: float, intervals: int) -> None:
    """Collect for some minutes, be killed, and go on."""
    with serving() as address:
        taxonomy = write_list(folder, address, rows)
        for name in ("first_seconds", "restart_seconds"):
            collection = Collection(taxonomy, rows)
            try:
                tell(rows=rows, **{name: collection.first()})
                if name == "first_seconds":
                    collection.watch(60 * minutes, intervals)
            finally:
                collection.kill()


def fill_ledger(folder: Path, rows: int) -> None:
    """Fill a ledger, as a run on a list does, with a batch a transaction; open it again."""
    from pixonomy.collecting.state_db import StateDatabase

    path, each = folder / "ledger.sqlite", max(PAGE, rows // 10 // PAGE * PAGE)
    with StateDatabase(path) as state_db:
        began = time.process_time()
        for page in range(rows // PAGE):
            note_page(state_db, page)
            noted = (page + 1) * PAGE
            if noted % each == 0:
                used, began = time.process_time() - began, time.process_time()
                tell(noted=noted, cpu_us=round(1e6 * used / each), anonymous_mib=anonymous_mib())
    now = time.monotonic()
    with StateDatabase(path) as state_db:
        state_db.try_again(4)
        count = state_db.count_all()
    seconds = round(time.monotonic() - now, 3)
    tell(kept=count, ledger_mib=path.stat().st_size // 2**20, open_seconds=seconds)


def note_page(state_db: "StateDatabase", page: int) -> None:
    """Note a page of a search, and its images as they come in."""
    from pixonomy.collecting.search_results import Page, SearchResult
    from pixonomy.collecting.stored_rows import StoredImage

    key = ("table", "all", f"word {page % KEYWORDS}")
    numbers = range(page * PAGE, (page + 1) * PAGE)
    urls = {number: f"http://127.0.0.1:50000/{number}.jpg" for number in numbers}
    search_results = tuple(SearchResult(one, one, license="CC0") for one in urls.values())
    state_db.add_page(*key, Page(search_results, {"row": page}, None), 0.0)
    for first in numbers[::BATCH]:
        state_db.waiting(*key, 128)
        state_db.count_stored(*key[1:])
        assert state_db.count_all() == first
        shas = {one: hashlib.sha256(b"%d" % one).hexdigest() for one in range(first, first + BATCH)}
        kept = [
            StoredImage(sha, one, 0, 512 * one, 9, f"2:{sha[:16]}", 320, 240, "jpg", 0.0)
            for one, sha in shas.items()
        ]
        pairs = [(urls[one], sha) for one, sha in shas.items()]
        state_db.add_images(kept, pairs, {0: (512 * first, False)})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--intervals", type=int, default=10)
    parser.add_argument("--ledger", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.serve:
        serve_tiny()
        return
    folder = Path(tempfile.mkdtemp(prefix="pixonomy-long-list-"))
    try:
        if told.ledger:
            fill_ledger(folder, told.rows)
        else:
            collect(folder, told.rows, told.minutes, told.intervals)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
