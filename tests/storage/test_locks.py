import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pixonomy.errors import ArtefactInUse, StorageError
from pixonomy.storage.files import partial_path
from pixonomy.storage.locks import forget_holder, is_lock, lock_file, lock_folder

HOLD = """
import sys, time
from pathlib import Path
from pixonomy.storage.files import partial_path
from pixonomy.storage.locks import lock_file
path = Path(sys.argv[1])
with lock_file(path):
    partial_path(path).write_text("half")
    print("held", flush=True)
    sys.stdin.read()
"""
TRY = """
import os, sys
from pathlib import Path
from pixonomy.errors import ArtefactInUse
from pixonomy.storage.locks import lock_file
assert os.getpid() == 1
try:
    with lock_file(Path(sys.argv[1])):
        print("got")
except ArtefactInUse as error:
    print(error)
"""
WITHOUT_LOCKS = """
import errno, fcntl, os, sys
from pathlib import Path
from pixonomy.storage.locks import lock_file
def refuse(*_):
    raise OSError(int(sys.argv[2]), os.strerror(int(sys.argv[2])))
fcntl.flock = refuse
with lock_file(Path(sys.argv[1]), print):
    print("at work")
"""
NAMESPACES = ("unshare", "--map-root-user", "--pid", "--fork", "--kill-child")


def can_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACES, "true"], check=False, capture_output=True).returncode == 0


@contextmanager
def held(path: Path, *prefix: str) -> Iterator["subprocess.Popen[str]"]:
    call = [*prefix, sys.executable, "-c", HOLD, str(path)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(call, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.timed
def test_the_second_is_told_at_once_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    with held(path) as process:
        began = time.monotonic()
        with pytest.raises(ArtefactInUse) as told, lock_file(path):
            pass
        assert time.monotonic() - began < 1
    host = os.uname().nodename
    sentence = str(told.value)
    assert sentence.startswith(f"{path} is being made by another run: `-c {path}` (process ")
    assert f"(process {process.pid} on {host}, since 2" in sentence
    assert sentence.endswith(" UTC). Wait for its end, or choose another name.")
    assert told.value.exit_code == 1


def test_a_killed_run_blocks_nobody_and_the_next_one_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "m [1].parquet"
    with held(path) as process:
        assert len(names(tmp_path)) == 3
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(names(tmp_path)) == 3, "the test should leave something"
        with lock_file(path):
            assert not list(tmp_path.glob(".*partial*"))
    assert names(tmp_path) == [".m [1].parquet.lock"]
    assert (tmp_path / ".m [1].parquet.lock").stat().st_size == 0


@pytest.mark.skipif(not can_unshare(), reason="processes of one number need namespaces")
def test_two_containers_with_processes_of_one_number_leave_each_other_alone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.parquet"
    with held(path, *NAMESPACES):
        call = [*NAMESPACES, sys.executable, "-c", TRY, str(path)]
        told = subprocess.run(call, check=True, capture_output=True, text=True).stdout
        assert "(process 1 on " in told
        assert len(list(tmp_path.glob(".*partial*"))) == 1, "the other one's work is kept"


def test_one_thread_may_lock_twice_and_another_is_told(tmp_path: Path) -> None:
    met: list[object] = []

    def other() -> None:
        try:
            with lock_folder(tmp_path / "run"):
                met.append("got")
        except ArtefactInUse as error:
            met.append(str(error))

    with lock_folder(tmp_path / "run"):
        with lock_folder(tmp_path / "run"):
            assert ".holder" in names(tmp_path / "run")
        assert ".holder" in names(tmp_path / "run")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(met) == 1
    assert f"process {os.getpid()} on" in str(met[0])
    assert names(tmp_path / "run") == [".lock"]


def test_who_waits_says_for_whom_and_goes_on_when_that_one_has_ended(tmp_path: Path) -> None:
    path, said = tmp_path / "m.parquet", list[str]()
    with held(path) as process:
        threading.Timer(0.3, process.kill).start()
        with lock_file(path, said.append, waits=True):
            assert process.wait() == -signal.SIGKILL
    assert len(said) == 1
    assert f"(process {process.pid} on" in said[0]
    assert said[0].endswith(": waiting for its end.")


@pytest.mark.parametrize("number", ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
def test_where_there_are_no_locks_it_is_said_and_nothing_is_removed(
    tmp_path: Path, number: str
) -> None:
    import errno

    path, code = tmp_path / "m.parquet", getattr(errno, number)
    left = partial_path(path)
    left.write_text("perhaps somebody writes here")
    call = [sys.executable, "-c", WITHOUT_LOCKS, str(path), str(code)]
    told = subprocess.run(call, check=True, capture_output=True, text=True)
    first, second = told.stdout.splitlines()
    assert first == (
        f"The file system of {path} has no locks ({os.strerror(code)}): see to it yourself that "
        "no other run writes there meanwhile."
    )
    assert second == "at work"
    assert left.exists()
    assert told.stderr == ""


def test_what_killed_runs_left_in_a_folder_is_removed_but_not_what_has_a_lock_of_its_own(
    tmp_path: Path,
) -> None:
    left = (
        ".survey.parquet.thumbnails-4711", ".survey.parquet.thumbnails.partial-0123456789ab",
        ".audit.html.partial-77", "50/.images-00000.npy.partial-00ff00ff00ff",
    )  # fmt: skip
    kept = (
        "mine.partial-1", ".partial-1", ".theirs.parquet.partial-1", ".theirs.parquet.lock",
        "other/.images.npy.partial-1", ".table.parts", ".x.partial-old",
    )  # fmt: skip
    for name in (*left, *kept):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    with lock_folder(tmp_path, within=("[0-9]*",)):
        found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert found == {*kept, "50", "other", ".lock", ".holder"}


def test_a_part_of_the_work_is_locked_by_itself(tmp_path: Path) -> None:
    left = tmp_path / ".table.csv.partial-1"
    left.write_text("another part writes here")
    with lock_folder(tmp_path, part="-1-of-2"), lock_folder(tmp_path, part="-2-of-2"):
        assert left.exists()
    assert all(is_lock(name) for name in names(tmp_path) if name != left.name)


@pytest.mark.parametrize(
    "record", [b"", b"[]", b"7", b"{}", b"\xff\xfe", b"[" * 5000, b'{"host": "a"}']
)
def test_a_record_that_says_nothing_is_not_believed(tmp_path: Path, record: bytes) -> None:
    path = tmp_path / "m.parquet"
    with held(path):
        (tmp_path / ".m.parquet.holder").write_bytes(record)
        sentence = f"{path} is being made by another run. Wait for its end, or choose another name."
        with pytest.raises(ArtefactInUse) as told, lock_file(path):
            pass
    assert str(told.value) == sentence


def test_a_long_command_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/venv/pixonomy/__main__.py", "index", "x" * 9000, "\udcff"])
    with lock_file(tmp_path / "m.parquet"):
        record = json.loads((tmp_path / ".m.parquet.holder").read_text())
    assert record["command"] == f"pixonomy index {'x' * 185}…"


@pytest.mark.parametrize(("folder", "file"), [(0o700, 0o600), (0o755, 0o644), (0o770, 0o660)])
def test_whoever_may_write_in_the_folder_may_lock_in_it(
    tmp_path: Path, folder: int, file: int
) -> None:
    tmp_path.chmod(folder)
    with lock_file(tmp_path / "m.parquet"):
        assert (tmp_path / ".m.parquet.lock").stat().st_mode & 0o777 == file


def test_a_folder_that_cannot_be_written_is_told_by_the_name_of_the_artefact(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "m.parquet"
    with (
        pytest.raises(StorageError, match=r"m\.parquet could not be read or written"),
        lock_file(path),
    ):
        pass


def test_what_a_run_left_that_was_killed_at_its_end_is_removed_unless_somebody_is_there(
    tmp_path: Path,
) -> None:
    forget_holder(tmp_path)
    assert names(tmp_path) == []
    with lock_folder(tmp_path):
        forget_holder(tmp_path)
        assert ".holder" in names(tmp_path), "it is of a run that goes on"
    (tmp_path / ".holder").write_text("{}")
    forget_holder(tmp_path)
    assert set(names(tmp_path)) <= {".lock"}
