"""Two runs of one verb at once, killed runs, and artefacts that cannot be written."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest

from pixonomy.arrays.write import ArraySettings
from pixonomy.browsing.overview_page import BrowseChoices
from pixonomy.errors import ArtefactInUse
from pixonomy.storage.locks import lock_file, lock_folder
from pixonomy.verbs.audit import AuditChoices, audit
from pixonomy.verbs.browse import browse
from pixonomy.verbs.export import export
from pixonomy.verbs.fit import FitChoices, fit
from pixonomy.verbs.index import index
from pixonomy.verbs.predict import PredictChoices, predict
from pixonomy.verbs.prepare import prepare
from pixonomy.verbs.sample import sample
from pixonomy.verbs.split import split
from pixonomy.verbs.train import TrainChoices, plan_training, train

Written = Callable[..., Path]
SETTINGS = ArraySettings((32,), "stretch")
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
MOUNTS = ("unshare", "--map-root-user", "--mount")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, fitted_images: Path) -> Path:
    """A folder with pictures, their manifest and its splits."""
    folder = tmp_path_factory.mktemp("data")
    shutil.copytree(fitted_images, folder / "pictures")
    index([folder / "pictures"], folder / "m.parquet")
    split(folder / "m.parquet", folder / "s.parquet")
    return folder


VERBS: dict[str, tuple[str, Callable[[Path, Path], Any]]] = {
    "index": ("out.parquet", lambda data, out: index([data / "pictures"], out)),
    "split": ("out.parquet", lambda data, out: split(data / "m.parquet", out)),
    "sample": ("out.parquet", lambda data, out: sample(data / "m.parquet", out)),
    "browse": ("out.html", lambda data, out: browse(data / "m.parquet", out, BrowseChoices())),
    "prepare": ("out", lambda data, out: prepare(data / "s.parquet", out, SETTINGS)),
    "webdataset": ("out", lambda data, out: export(data / "s.parquet", out, "webdataset")),
    "folder": ("out", lambda data, out: export(data / "s.parquet", out, "folder")),
    "parquet": ("out", lambda data, out: export(data / "s.parquet", out, "parquet")),
    "audit": (
        "out",
        lambda data, out: audit(data / "m.parquet", out, AuditChoices(network="none")),
    ),
}


AUDIT = pytest.param("audit", marks=pytest.mark.slow)
MAKING = [AUDIT if verb == "audit" else verb for verb in VERBS]


@contextmanager
def locked_by_another(lock: AbstractContextManager[None]) -> Iterator[None]:
    """Hold a lock in a thread: to the system that is as good as another process."""
    taken, done = threading.Event(), threading.Event()

    def set_pending() -> None:
        with lock:
            taken.set()
            done.wait()

    thread = threading.Thread(target=set_pending)
    thread.start()
    assert taken.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("verb", MAKING)
def test_the_second_run_of_a_verb_is_told_and_the_next_one_makes_it(
    data: Path, tmp_path: Path, verb: str
) -> None:
    name, make = VERBS[verb]
    out = tmp_path / name
    lock = lock_file(out) if out.suffix else lock_folder(out)
    with locked_by_another(lock), pytest.raises(ArtefactInUse) as told:
        make(data, out)
    assert str(told.value).startswith(f"{out} is being made by another run: `")
    made = make(data, out)
    again = make(data, out)
    timed = {"seconds", "images_per_second"}
    assert {k: v for k, v in dict(made).items() if k not in timed} == {
        k: v for k, v in dict(again).items() if k not in timed
    }
    hidden = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob(".*")}
    assert hidden == {f".{name}.lock" if out.suffix else f"{name}/.lock"}


@pytest.mark.parametrize("verb", MAKING)
def test_what_is_finished_is_told_while_another_run_has_the_lock(
    data: Path, tmp_path: Path, verb: str
) -> None:
    name, make = VERBS[verb]
    out = tmp_path / name
    make(data, out)
    with locked_by_another(lock_file(out) if out.suffix else lock_folder(out)):
        make(data, out)


def test_a_second_training_and_a_second_fit_are_told(
    data: Path, tmp_path: Path, tiny_recipe: Path
) -> None:
    choices = TrainChoices(recipe=str(tiny_recipe), weights="none")
    prepare(data / "s.parquet", tmp_path / "arrays", SETTINGS)
    with locked_by_another(lock_folder(tmp_path / "run")):
        with pytest.raises(ArtefactInUse, match="run is being made by another run"):
            train(tmp_path / "arrays", tmp_path / "run", plan_training(choices))
        with pytest.raises(ArtefactInUse, match="run is being made by another run"):
            fit([data / "pictures"], tmp_path / "run", FitChoices(training=choices))
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [".lock"]


@pytest.mark.parametrize("verb", ["prepare", "folder", AUDIT])
def test_a_folder_of_a_lock_alone_is_as_good_as_an_empty_one(
    data: Path, tmp_path: Path, verb: str
) -> None:
    for name in (".lock", ".holder"):
        (tmp_path / name).write_text("")
    VERBS[verb][1](data, tmp_path)


def test_the_lock_of_a_manifest_is_no_source(data: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(data / "pictures", tmp_path / "pictures")
    first = index([folder], folder / "m.parquet").as_json()
    assert (folder / ".m.parquet.lock").exists()
    (folder / ".m.parquet.holder").write_text("{}")
    (folder / "cross" / ".lock").write_text("")
    second = index([folder], tmp_path / "again.parquet").as_json()
    del first["manifest"], second["manifest"]
    first["passed_over"], second["passed_over"] = {}, {}  # but for the manifest itself
    assert first == second


def test_arrays_begun_before_there_were_locks_are_gone_on_with(data: Path, tmp_path: Path) -> None:
    whole, begun = tmp_path / "whole", tmp_path / "begun"
    prepare(data / "s.parquet", whole, SETTINGS)
    prepare(data / "s.parquet", begun, SETTINGS)
    (begun / ".lock").unlink()
    (begun / "arrays.json").unlink()
    (begun / "shard-00001.json").unlink()
    (begun / "32" / ".images-00001.npy.partial-4711").write_bytes(b"half")
    kept = (begun / "32" / "images-00000.npy").stat().st_mtime_ns
    prepare(data / "s.parquet", begun, SETTINGS)
    assert (begun / "32" / "images-00000.npy").stat().st_mtime_ns == kept
    for path in whole.rglob("*.np?"):
        assert (begun / path.relative_to(whole)).read_bytes() == path.read_bytes()
    assert not list(begun.rglob(".*partial*"))


def test_what_was_left_when_the_arrays_had_been_finished_is_removed(
    data: Path, tmp_path: Path
) -> None:
    prepare(data / "s.parquet", tmp_path / "arrays", SETTINGS)
    (tmp_path / "arrays" / "work").mkdir()
    (tmp_path / "arrays" / "work" / "bucket-00000").write_bytes(b"gigabytes")
    prepare(data / "s.parquet", tmp_path / "arrays", SETTINGS)
    assert not (tmp_path / "arrays" / "work").exists()


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "pixonomy", *map(str, words)]


def stop_at_work(call: list[str], lock: Path, until: Path | None = None) -> "subprocess.Popen[str]":
    """Start a run and stop it, not ending it, while it holds the lock (and `until` is there)."""
    process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    holder = lock.with_name(lock.name.replace(".lock", ".holder"))
    while not (holder.exists() and holder.stat().st_size and (until or lock).exists()):
        assert process.poll() is None, "it ended before it could be stopped"
        time.sleep(0.001)
    process.send_signal(signal.SIGSTOP)
    assert holder.exists(), "it ended before it could be stopped"
    return process


def check_two_at_once(call: list[str], lock: Path) -> str:
    """Check that the second of two runs is told, and the first one ends well; return the words."""
    first = stop_at_work(call, lock)
    second = subprocess.run(call, capture_output=True, text=True, check=False)
    first.send_signal(signal.SIGCONT)
    _, words = first.communicate()
    assert first.returncode == 0, words
    assert second.returncode == 1
    assert f"(process {first.pid} on {os.uname().nodename}, since " in second.stderr
    assert second.stderr.count("\n") == 1
    return second.stderr


def test_two_processes_index_at_once(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.parquet"
    call = command("index", data / "pictures", "-o", out)
    words = check_two_at_once(call, tmp_path / ".m.parquet.lock")
    assert f"{out} is being made by another run: `pixonomy index {data}/pictures -o " in words
    assert pl.read_parquet(out).equals(pl.read_parquet(data / "m.parquet"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".m.parquet.lock", "m.parquet"]


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["split", "prepare", "export", "audit", "browse"])
def test_two_processes_of_a_verb_at_once(data: Path, tmp_path: Path, verb: str) -> None:
    out = tmp_path / {"split": "s.parquet", "browse": "b.html"}.get(verb, "out")
    more = {
        "prepare": ("--size", 32), "export": ("--to", "folder"), "audit": ("--network", "none"),
    }  # fmt: skip
    source = data / ("s.parquet" if verb in ("prepare", "export") else "m.parquet")
    call = command(verb, source, "-o", out, *more.get(verb, ()))
    lock = tmp_path / f".{out.name}.lock" if out.suffix else out / ".lock"
    check_two_at_once(call, lock)
    assert subprocess.run(call, check=False, capture_output=True).returncode == 0
    assert list(tmp_path.rglob(".*")) == [lock]


@pytest.mark.slow
def test_two_processes_train_at_once(data: Path, tmp_path: Path, tiny_recipe: Path) -> None:
    prepare(data / "s.parquet", tmp_path / "arrays", SETTINGS)
    call = command("train", tmp_path / "arrays", "-o", tmp_path / "run", "--recipe", tiny_recipe)
    check_two_at_once([*call, "--weights", "none"], tmp_path / "run" / ".lock")
    assert (tmp_path / "run" / "bundle" / "model.onnx").exists()


@pytest.mark.slow
def test_two_processes_predict_at_once(data: Path, tmp_path: Path, fitted_run: Path) -> None:
    out = tmp_path / "p.parquet"
    call = command("predict", fitted_run, data / "m.parquet", "-o", out)
    check_two_at_once(call, tmp_path / ".p.parquet.lock")
    assert pl.read_parquet(out).height == pl.read_parquet(data / "m.parquet").height


def test_a_killed_run_of_a_verb_leaves_nothing_behind_when_it_is_run_again(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "arrays"
    call = command("prepare", data / "s.parquet", "-o", out, "--size", 32)
    process = stop_at_work(call, out / ".lock", until=out / "32")
    process.kill()
    process.communicate()
    left = (out / ".rows.parquet.partial-00", out / "32" / ".images-00000.npy.partial-00")
    for path in left:
        path.write_bytes(b"what it might have left")
    assert (out / ".holder").exists(), "the test should leave something"
    prepare(data / "s.parquet", out, SETTINGS)
    assert [path.relative_to(out) for path in out.rglob(".*")] == [Path(".lock")]


def test_thumbnails_of_a_killed_audit_are_removed_by_the_next(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = audit(data / "m.parquet", out, AuditChoices(network="none"))
    (out / "audit.json").rename(tmp_path / "audit.json")
    (out / ".plan.json").write_text((tmp_path / "audit.json").read_text())
    for name in ("-4711", ".partial-0123456789ab"):
        (out / f".survey.parquet.thumbnails{name}").write_bytes(bytes(1024))
    again = audit(data / "m.parquet", out, AuditChoices(network="none"), overwrite=True)
    assert again["findings"] == made["findings"]
    assert [path.name for path in out.rglob(".*")] == [".lock"]


def can_mount() -> bool:
    with TemporaryDirectory() as folder:
        call = [*MOUNTS, "sh", "-c", READ_ONLY, folder, "true"]
        return bool(shutil.which("unshare")) and not subprocess.call(
            call, stderr=subprocess.DEVNULL
        )


@pytest.mark.skipif(not can_mount(), reason="a read-only mount needs namespaces")
def test_what_is_only_read_may_lie_where_nothing_can_be_written(data: Path, tmp_path: Path) -> None:
    place = shutil.copytree(data, tmp_path / "place")
    index([place / "pictures"], place / "own.parquet")
    call = command("index", place / "pictures", "-o", place / "own.parquet")
    subprocess.run([*MOUNTS, "sh", "-c", READ_ONLY, str(place), *call], check=True)
    call = command("browse", place / "own.parquet", "-o", tmp_path / "b.html")
    subprocess.run([*MOUNTS, "sh", "-c", READ_ONLY, str(place), *call], check=True)
    call = command("split", place / "own.parquet", "-o", place / "new.parquet")
    told = subprocess.run(
        [*MOUNTS, "sh", "-c", READ_ONLY, str(place), *call],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (
        1, f"pixonomy: No permission for {place}/new.parquet: Read-only file system.\n",
    )  # fmt: skip


def test_a_bundle_that_cannot_be_written_predicts(
    data: Path, tmp_path: Path, bundle_copy: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in [bundle_copy, *bundle_copy.rglob("*")]}
    with locked_by_another(lock_folder(bundle_copy.parent)):
        told = predict(bundle_copy, data / "m.parquet", tmp_path / "p.parquet", PredictChoices())
    assert told["rows"] == pl.read_parquet(data / "m.parquet").height
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert {*bundle_copy.rglob("*"), bundle_copy} == set(before)
