"""Every benchmark is run to its end, on a small scale, by the command that people give."""

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from conftest import MakeOnce
from pixonomy.bench.draw_catalogue import read_products
from pixonomy.cli import bench
from pixonomy.sources.bson.write_bson import write_bson

Call = Callable[..., tuple[int, Any, str]]
HEAVY = ("audit", "collect", "loader", "serve")  # processes, or large libraries


@pytest.fixture(scope="session")
def catalogue(make_once: MakeOnce) -> Path:
    def write(folder: Path) -> None:
        write_bson(folder / "small.bson", read_products(None)[:20])

    return make_once("catalogue", write) / "small.bson"


@pytest.fixture
def one_core() -> Iterator[None]:
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    yield
    os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in HEAVY else name
        for name in bench._BENCHMARKS
    ],
)
def test_every_benchmark_is_run_to_its_end(
    call: Call, catalogue: Path, one_core: None, name: str
) -> None:
    if name == "duplicates" and find_spec("pdqhash") is None:
        pytest.skip("pdqhash is not installed")
    source = ["--source", catalogue] if name in ("audit", "decode", "index", "prepare") else []
    code, answer, said = call("bench", name, "--quick", *source)
    assert code == 0, answer
    assert list(answer) == ["name", "cores", "results"]
    assert answer["results"]
    assert all(one["figure"] >= 0 for one in answer["results"])
    assert "nothing about speed" in said


def test_a_yardstick_that_is_not_installed_is_told_before_the_work(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = bench._Benchmark(True, (("no_such_module", "no-such-package"),))
    monkeypatch.setitem(bench._BENCHMARKS, "index", needed)
    code, answer, _ = call("bench", "index")
    assert code == 2
    assert "pip install 'no-such-package'" in answer["error"]["message"]


def test_the_quick_loader_trains_by_every_recipe_of_the_long_one() -> None:
    from pixonomy.bench.bench_loader import QUICK, Scale

    asked = [recipe for recipe, _ in Scale().steps]
    assert [recipe for recipe, _ in QUICK["scale"].steps] == asked
