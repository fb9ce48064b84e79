"""`index` is killed again and again; the same command still ends with the same bytes."""

import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pixonomy.errors import StorageError
from pixonomy.progress import Context
from pixonomy.sources import find_sources as sources
from pixonomy.sources.bson import chunks
from pixonomy.sources.bson.index_bson import index_bson
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.verbs import index as road

# Small chunks and parts, so that a small file has many.
CALL = """
import functools, pathlib, sys
from pixonomy.verbs import index
from pixonomy.sources import find_sources as sources
index._PART_STEPS = 100_000
sources.index_bson = functools.partial(sources.index_bson, chunk=20_000)
choices = index.IndexChoices(salvage=True)
index.index([pathlib.Path(sys.argv[1])], pathlib.Path(sys.argv[2]), choices)
"""


def start(source: Path, output: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", CALL, str(source), str(output)])


def kill_at(source: Path, output: Path, part: int) -> bool:
    """Kill a run once it has written a part; tell whether it was still running."""
    folder = output.with_name(f".{output.name}.parts")
    process = start(source, output)
    deadline = time.monotonic() + 60
    while process.poll() is None and not (folder / f"part-{part:05d}.parquet").exists():
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A catalogue of five megabytes, damaged in places."""
    path = tmp_path / "train.bson"
    images = [bytes([number]) * 400 for number in range(250)]
    products = (
        ProductImages(number, number % 9, images[number % 200 :][: number % 4])
        for number in range(8000)
    )
    write_bson(path, products)
    content = bytearray(path.read_bytes())
    for place in range(300_000, len(content), 900_000):
        content[place : place + 3000] = bytes(3000)
    path.write_bytes(content)
    return path


def test_index_killed_at_many_moments_ends_with_the_uninterrupted_bytes(
    tmp_path: Path, source: Path
) -> None:
    whole, killed = tmp_path / "whole" / "m.parquet", tmp_path / "killed" / "m.parquet"
    assert start(source, whole).wait() == 0
    assert sum(kill_at(source, killed, part) for part in (0, 7, 38)) >= 2
    assert start(source, killed).wait() == 0
    assert killed.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in killed.parent.iterdir()) == [".m.parquet.lock", "m.parquet"]
    assert start(source, killed).wait() == 0


def test_a_killed_run_goes_on_instead_of_beginning_anew(tmp_path: Path, source: Path) -> None:
    output = tmp_path / "m.parquet"
    folder = tmp_path / ".m.parquet.parts"
    assert kill_at(source, output, 5)
    first = (folder / "part-00002.parquet").stat()
    assert kill_at(source, output, 12)
    again = (folder / "part-00002.parquet").stat()
    assert (again.st_ino, again.st_mtime_ns) == (first.st_ino, first.st_mtime_ns)


def test_the_parts_of_another_catalogue_are_not_taken_up(tmp_path: Path, source: Path) -> None:
    output = tmp_path / "m.parquet"
    assert kill_at(source, output, 3)
    write_bson(source, [ProductImages(1, 2, [b"a"])])
    assert start(source, output).wait() == 0
    assert start(source, tmp_path / "new.parquet").wait() == 0
    assert output.read_bytes() == (tmp_path / "new.parquet").read_bytes()


def test_an_outage_of_the_storage_costs_only_what_was_not_yet_written(
    tmp_path: Path, source: Path, storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(road, "_PART_STEPS", 400_000)
    monkeypatch.setattr(sources, "index_bson", partial(index_bson, chunk=100_000))
    monkeypatch.setattr(chunks._Remote, "_BLOCK", 200_000)
    storage.put("bucket/train.bson", source.read_bytes())

    def break_off(work: str, done: int, total: int) -> None:
        storage.broken = 10**6 if done >= 3 else 0

    output, address = tmp_path / "m.parquet", "s3://bucket/train.bson"
    choices = road.IndexChoices(salvage=True)
    with pytest.raises(StorageError, match=r"train\.bson"):
        road.index([address], output, choices, context=Context(progress=break_off))
    storage.broken = 0
    storage.asked.clear()
    road.index([address], output, choices)
    first = next(span for method, _, span, _ in storage.asked if method == "GET")
    assert int(first.removeprefix("bytes=").partition("-")[0]) > 2_000_000
    road.index([address], tmp_path / "whole.parquet", choices)
    assert output.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
