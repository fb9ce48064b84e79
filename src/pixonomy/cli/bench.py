"""`bench`: the project's own benchmarks, each beside its yardstick in the same run."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import context, report, show
from pixonomy.errors import SettingError
from pixonomy.nearest_names import suggest
from pixonomy.storage.files import existing_path

if TYPE_CHECKING:
    from pixonomy.bench.result import MeasurementRecord


@dataclass(frozen=True)
class _Benchmark:
    """A function `bench_<name>` in a module `<name>`, imported when asked for.

    Attributes:
        needs: {module: package} of the yardsticks that it cannot do without.
    """

    takes_images: bool
    needs: tuple[tuple[str, str], ...] = ()


_BENCHMARKS = {
    "audit": _Benchmark(True),
    "collect": _Benchmark(False, (("aiohttp", "pixonomy[collect]"),)),
    "decode": _Benchmark(True),
    "duplicates": _Benchmark(True, (("pdqhash", "pdqhash"),)),
    "index": _Benchmark(True, (("bson", "pymongo"),)),
    "labels": _Benchmark(True, (("cleanlab", "cleanlab"),)),
    "loader": _Benchmark(False),
    "prepare": _Benchmark(True),
    "serve": _Benchmark(False, (("uvicorn", "pixonomy[serve]"),)),
    "train": _Benchmark(False),
}
_NAMES = ", ".join(_BENCHMARKS)


def bench(
    name: Annotated[str | None, typer.Argument(help=f"One of: {_NAMES}.")] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            help="A .bson catalogue or a folder to take pictures from; drawn ones otherwise."
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A few pictures only: to see it run, not to measure.")
    ] = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Measure Pixonomy against well-known yardsticks, in turn, in one run."""
    if find_spec("pixonomy.bench") is None:
        raise SettingError(
            "The benchmarks are no part of the installed package: run them in a checkout of the "
            "repository."
        )
    if name is None:
        show({"benchmarks": list(_BENCHMARKS)}, [f"Benchmarks: {_NAMES}"], as_json)
        return
    if name not in _BENCHMARKS:
        raise SettingError(
            f"There is no benchmark {name!r}; known are {_NAMES}.{suggest(name, _BENCHMARKS)}"
        )
    if source is not None and not _BENCHMARKS[name].takes_images:
        raise SettingError(f"The benchmark {name!r} takes no pictures: leave --source out.")
    _require_yardsticks(name)
    more = [existing_path(source, "catalogue")] if source is not None else []
    module = import_module(f"pixonomy.bench.bench_{name}")
    scale: dict[str, object] = module.QUICK if quick else {}
    around = context()
    if quick:
        report("A few pictures only: the figures say that it runs, and nothing about speed.")
    measured = getattr(module, f"bench_{name}")(around, *more, **scale)
    results = [one.as_json() for one in measured]
    show({"name": name, "cores": around.cores, "results": results}, _lines(results), as_json)


def _require_yardsticks(name: str) -> None:
    """Say what is missing before work that would be in vain."""
    for module, package in _BENCHMARKS[name].needs:
        if find_spec(module) is None:
            raise SettingError(
                f"The benchmark {name!r} measures beside {module}: pip install {package!r}."
            )


def _lines(results: list["MeasurementRecord"]) -> list[str]:
    beside = [
        f"{one['work']}: {_figure(one['figure'])} {one['unit']}; {yardstick['name']}: "
        f"{_figure(yardstick['figure'])}; ratio {_figure(yardstick['ratio'])}"
        for one in results
        for yardstick in one["yardsticks"]
    ]
    alone = [
        f"{one['work']}: {_figure(one['figure'])} {one['unit']}"
        for one in results
        if not one["yardsticks"]
    ]
    return beside + alone


def _figure(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"
