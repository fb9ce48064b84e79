import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from pixonomy.errors import StorageError, UndecodableImage
from pixonomy.executors.local import count_cores, run

TASKS = """
import os, signal, sys, time
from pixonomy.errors import UndecodableImage

def double_slowly(number):
    time.sleep(0.2 if number % 3 == 0 else 0)  # so that later tasks finish first
    return 2 * number

def refuse_three(number):
    if number == 3:
        raise UndecodableImage("no picture")
    return number

def die_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number

def who(number):
    return os.getpid()

def leave_pid(folder):
    open(os.path.join(folder, str(os.getpid())), "w").close()
    time.sleep(60)
"""

PARENT = """
import sys
from tasks_of_tests import leave_pid
from pixonomy.executors.local import run
if __name__ == "__main__":
    list(run(leave_pid, [sys.argv[1]] * 8, 2))
"""


WITHOUT_SHARED_MEMORY = """
import sys
from tasks_of_tests import who
from pixonomy.cli.console import context
from pixonomy.executors.local import run
if __name__ == "__main__":
    around = context()
    print(len(list(run(who, range(4), 2))), len(set(run(who, range(4), 2))))
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Give functions in a module that spawned processes can import too."""
    (tmp_path / "tasks_of_tests.py").write_text(TASKS)
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module("tasks_of_tests")
    del sys.modules["tasks_of_tests"]


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_tasks(tasks: ModuleType, workers: int) -> None:
    assert list(run(tasks.double_slowly, range(8), workers)) == [2 * n for n in range(8)]


@pytest.mark.parametrize("workers", [1, 2])
def test_no_tasks_give_no_results(tasks: ModuleType, workers: int) -> None:
    assert list(run(tasks.double_slowly, [], workers)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_task_reaches_the_caller(tasks: ModuleType, workers: int) -> None:
    results = run(tasks.refuse_three, range(10), workers)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(UndecodableImage, match="no picture"):
        next(results)


def test_endless_tasks_are_taken_as_they_are_needed(tasks: ModuleType) -> None:
    results = run(tasks.double_slowly, itertools.count(), 2)
    assert list(itertools.islice(results, 5)) == [0, 2, 4, 6, 8]


def test_one_worker_is_this_process_and_more_are_others(tasks: ModuleType) -> None:
    assert set(run(tasks.who, range(3), 1)) == {os.getpid()}
    assert os.getpid() not in set(run(tasks.who, range(3), 2))


def test_a_killed_worker_is_told_as_a_storage_error_and_nobody_stays(tasks: ModuleType) -> None:
    with pytest.raises(StorageError, match=r"memory.*[Rr]un the same command again"):
        list(run(tasks.die_at_three, range(20), 2))
    assert not [child for child in psutil.Process().children() if "spawn_main" in str(child)]


def test_workers_end_when_their_parent_is_killed(tmp_path: Path, tasks: ModuleType) -> None:
    script, seen = tmp_path / "parent.py", tmp_path / "seen"
    script.write_text(PARENT)
    seen.mkdir()
    parent = subprocess.Popen([sys.executable, str(script), str(seen)])
    assert wait_for(lambda: len(list(seen.iterdir())) == 2), "the workers should be at work"
    workers = [psutil.Process(int(path.name)) for path in seen.iterdir()]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    gone, alive = psutil.wait_procs(workers, timeout=10)
    for process in alive:
        process.kill()
    assert (len(gone), alive) == (2, [])


def test_there_is_at_least_one_core() -> None:
    assert 1 <= count_cores() <= (os.cpu_count() or 1)


def test_without_shared_memory_one_process_does_all_and_says_so(
    tasks: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(WITHOUT_SHARED_MEMORY)
    hide = "mount -t tmpfs -o ro tmpfs /dev/shm && exec "
    own = ["unshare", "--mount", "sh", "-c"]
    if os.geteuid() != 0 or subprocess.run([*own, f"{hide} true"], check=False).returncode != 0:
        pytest.skip("/dev/shm can only be hidden by root, and on Linux")
    command = f'{hide} "{sys.executable}" "{tmp_path / "main.py"}"'
    done = subprocess.run([*own, command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "4 1\n"), done.stderr
    if count_cores() > 1:
        assert done.stderr.startswith("/dev/shm is missing or cannot be written")
