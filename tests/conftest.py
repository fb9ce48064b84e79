"""Small real picture files for the tests: three categories that can be told apart."""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from filelock import FileLock
from PIL import Image, ImageDraw

from result_schema import check_output

pytest_plugins = ("in_browser", "object_store", "photo_site", "postgres", "stores")

# Trainings are compared to the last bit: their sums must not depend on the machine's load.
# Where several workers of xdist share the cores, each computes on one.
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
os.environ.setdefault("OMP_NUM_THREADS", "1" if IS_WORKER else str(os.cpu_count()))

SHAPES = ("circle", "cross", "stripes")
MakeOnce = Callable[[str, Callable[[Path], object]], Path]


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name bytes by their argument: some have the time in them, and workers have to agree."""
    return argname if isinstance(val, bytes) and len(val) > 16 else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms of tests to `make soak`, whichever others are asked for."""
    if "PIXONOMY_SOAK" not in os.environ:
        long = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("soak")]


def pytest_runtest_teardown() -> None:
    """Let the exporter gather its operators once a process: each export takes a second less."""
    exporter = sys.modules.get("torch.onnx._internal.exporter._registration")
    if exporter is not None and not hasattr(exporter, "gathered_once"):
        registry = exporter.ONNXRegistry
        registry.from_torchlib = staticmethod(cache(registry.from_torchlib))
        exporter.gathered_once = True  # type: ignore[attr-defined]


def draw_shape(label: str, seed: int, size: int = 48) -> Image.Image:
    """Draw one shape at a random place in a random colour on a random ground."""
    generator = np.random.default_rng([SHAPES.index(label), seed])
    colours = [tuple(int(c) for c in generator.integers(0, 256, 3)) for _ in range(2)]
    image = Image.new("RGB", (size, size), colours[0])
    pen = ImageDraw.Draw(image)
    x, y = (int(v) for v in generator.integers(size // 4, 3 * size // 4, 2))
    reach = size // 5
    if label == "circle":
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colours[1])
    elif label == "cross":
        pen.line((x - reach, y, x + reach, y), fill=colours[1], width=4)
        pen.line((x, y - reach, x, y + reach), fill=colours[1], width=4)
    else:
        for left in range(0, size, 8):
            pen.line((left, 0, left, size), fill=colours[1], width=3)
    return image


def as_bytes(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    """Encode a picture."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


@pytest.fixture(scope="session")
def write_images() -> Callable[..., Path]:
    """Return a function that writes `count` pictures a category into `folder/<category>/`."""

    def write(folder: Path, count: int = 12, labels: tuple[str, ...] = SHAPES) -> Path:
        for label in labels:
            (folder / label).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                data = as_bytes(draw_shape(label, number))
                (folder / label / f"{number:03d}.jpg").write_bytes(data)
        return folder

    return write


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own that holds 64 KiB, or the parameter."""
    disk, size = tmp_path / "small disk", getattr(request, "param", 64)
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small disk can only be mounted by root")
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no mounting")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def ordinary_folder() -> Iterator[Path]:
    """Return a folder of an ordinary user; the test runs as that user, whom permissions bind."""
    folder = Path(tempfile.mkdtemp(prefix="pixonomy-test-"))
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if is_root:
        os.seteuid(0)
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Return a function that gives the folder of a name, made by whichever worker comes first."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if IS_WORKER else root

    def once(name: str, make: Callable[[Path], object]) -> Path:
        folder, made = root / "shared" / name, root / "shared" / f"{name}.made"
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not made.exists():
                make(folder)
                made.touch()
        return folder

    return once


ODD_LABEL, ODD_FILE = "gâteaux d'été", b"caf\xe9 cr\xe8me.jpg"  # a name that is not UTF-8
TINY_RECIPE = 'model = "compact"\nsize = 32\nepochs = 6\nbatch = 16\n'


@pytest.fixture(scope="session")
def fitted_images(make_once: MakeOnce) -> Path:
    """Three categories of 24 pictures with odd names, one file of which is no picture."""
    return make_once("fitted pictures", _write_odd_images) / "my photos"


def _write_odd_images(place: Path) -> None:
    folder = place / "my photos"
    for label, shape in ((ODD_LABEL, "circle"), ("cross", "cross"), ("stripes", "stripes")):
        (folder / label).mkdir(parents=True)
        for number in range(24):
            data = as_bytes(draw_shape(shape, number))
            (folder / label / f"{number:03d} à.jpg").write_bytes(data)
    (folder / "cross" / "text.jpg").write_text("This is no picture.")
    (folder / os.fsdecode(b"cross/" + ODD_FILE)).write_bytes(as_bytes(draw_shape("cross", 99)))


@pytest.fixture(scope="session")
def tiny_recipe(make_once: MakeOnce) -> Path:
    """A recipe that is trained in a second."""
    return make_once("recipe", lambda at: (at / "tiny.toml").write_text(TINY_RECIPE)) / "tiny.toml"


@pytest.fixture(scope="session")
def fitted_run(make_once: MakeOnce, fitted_images: Path, tiny_recipe: Path) -> Path:
    """The one trained run that many tests read; take `run_copy` to change it."""
    from pixonomy.verbs.fit import FitChoices, fit
    from pixonomy.verbs.train import TrainChoices

    choices = FitChoices(training=TrainChoices(recipe=str(tiny_recipe), weights="none"))
    return make_once("run", lambda at: fit([fitted_images], at / "run", choices)) / "run"


@pytest.fixture
def run_copy(tmp_path: Path, fitted_run: Path) -> Path:
    """A copy of the trained run, its own arrays included."""
    copy = shutil.copytree(fitted_run, tmp_path / "run")
    about = json.loads((copy / "run.json").read_text())
    about["arrays"] = str(copy / "data" / "arrays")
    (copy / "run.json").write_text(json.dumps(about))
    return copy


@pytest.fixture
def bundle_copy(run_copy: Path) -> Path:
    """A copy of the trained run's bundle."""
    return run_copy / "bundle"


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any, str]]:
    """Return a function that calls a verb with `--json`: exit code, JSON object, messages."""
    from pixonomy.cli.main import run

    def call_verb(*arguments: object) -> tuple[int, Any, str]:
        capfd.readouterr()
        code = run([*(str(one) for one in arguments), "--json"])
        captured = capfd.readouterr()
        told = json.loads(captured.out)
        if code == 0:
            check_output(arguments[0], told)
        return code, told, captured.err

    return call_verb


@pytest.fixture
def mixed_images(fitted_images: Path) -> list[Path]:
    """72 of the fitted pictures: one of each category, then again one of each, …"""
    folders = sorted(path for path in fitted_images.iterdir() if path.is_dir())
    files = [sorted(folder.glob("0*")) for folder in folders]
    return [path for one_of_each in zip(*files, strict=True) for path in one_of_each]


@pytest.fixture
def write_products(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a manifest of picture files.

    Without `groups` they are products of three pictures, with the ids 100, 100, 100, 99, …
    """
    from pixonomy.dataset.location import path_to_uri
    from pixonomy.dataset.manifest import Manifest, conform, write_manifest

    def write(
        paths: list[Path],
        groups: list[str] | None = None,
        name: str = "manifest.parquet",
        **columns: Any,
    ) -> Path:
        rows = pl.DataFrame(
            {
                "image_id": [f"picture {number}" for number in range(len(paths))],
                "group_id": groups or [str(100 - number // 3) for number in range(len(paths))],
                "uri": [path_to_uri(path) for path in paths],
                **columns,
            }
        )
        write_manifest(tmp_path / name, Manifest(conform(rows), Path("/")))
        return tmp_path / name

    return write
