import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from pixonomy.bench.bench_loader import Scale, bench_loader
from pixonomy.progress import Context


def test_rates_and_waiting_are_measured_beside_their_yardsticks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told: list[Any] = []
    context = Context(1, lambda *report: told.append(report))
    small = Scale(images=1024, sizes=(32,), steps=(("compact", 2),), rounds=1)
    rate, training = bench_loader(context, small)
    assert (rate.work, rate.unit) == ("batches of 256, 32 px, shuffled", "MB/s")
    assert [one.name for one in rate.yardsticks] == [
        "torch DataLoader, 2 workers",
        "torch DataLoader, 2 workers, whole batches by our gather",
    ]
    assert min(rate.figure, *(one.figure for one in rate.yardsticks)) > 0
    assert training.work == "training compact, 32 px, batch 64: not waiting for batches"
    assert training.unit == "% of the time"
    (between,) = training.yardsticks
    assert 0 < between.figure < 100
    assert 0 < training.figure < 100
    assert told == [("bench loader", 1, 2), ("bench loader", 2, 2)]
    assert list(tmp_path.iterdir()) == [], "the pictures are removed"
    assert not [one for one in threading.enumerate() if one.name.startswith("loader")]
