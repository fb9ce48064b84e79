import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pixonomy.bench.pinned import (
    BareLoop,
    children,
    cpu_seconds,
    on_cores,
    resident_megabytes,
    serving,
)
from pixonomy.errors import DataError
from pixonomy.gallery.draw_images import draw_image
from pixonomy.gallery.photograph import encode_jpeg

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what /proc says is measured")

BUSY = """
import time
content = bytearray(50 << 20)
while time.process_time() < 0.5:
    pass
print(flush=True)
input()
"""


def test_the_cpu_time_and_memory_of_a_process_are_its_own() -> None:
    command = [sys.executable, "-c", BUSY]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    before = cpu_seconds(os.getpid())
    with subprocess.Popen(command, text=True, **streams) as process:  # type: ignore[call-overload]
        process.stdout.readline()
        assert 0.5 <= cpu_seconds(process.pid) < 1.5
        assert 50 < resident_megabytes(process.pid) < 90
        assert process.pid in children(os.getpid())
        process.communicate("\n")
    assert cpu_seconds(os.getpid()) - before < 0.4


def test_what_is_started_on_some_cores_stays_there_and_this_thread_does_not() -> None:
    allowed = os.sched_getaffinity(0)
    with on_cores({max(allowed)}):
        show = "import os; print(os.sched_getaffinity(0))"
        shown = subprocess.run(
            [sys.executable, "-c", show], check=True, capture_output=True, text=True
        )
    assert shown.stdout.strip() == str({max(allowed)})
    assert os.sched_getaffinity(0) == allowed


def test_the_bare_loop_says_what_its_images_cost(fitted_run: Path, tmp_path: Path) -> None:
    import numpy as np

    image = tmp_path / "image.jpg"
    image.write_bytes(encode_jpeg(draw_image("travel", np.random.default_rng(0)), 90))
    with BareLoop(fitted_run, image, os.sched_getaffinity(0)) as bare:
        began = time.perf_counter()
        few, many = bare.run(2), bare.run(40)
        wall = time.perf_counter() - began
    assert 0 < few.cpu_seconds < many.cpu_seconds
    assert many.cpu_seconds <= many.seconds + 0.02
    assert few.seconds + many.seconds <= wall


def test_a_service_that_cannot_begin_is_reported_with_its_reason(tmp_path: Path) -> None:
    service = serving(tmp_path / "none", tmp_path / "log", os.sched_getaffinity(0))
    with pytest.raises(DataError, match="There is no bundle at"), service:
        pass
