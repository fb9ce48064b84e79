"""`bench`: the project's own benchmarks, each beside its yardstick in the same run."""

from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import show, surroundings
from pixonomy.errors import SettingError

_NAMES = ("train",)


def bench(
    name: Annotated[str | None, typer.Argument(help=f"One of: {', '.join(_NAMES)}.")] = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Measure Pixonomy against well-known yardsticks, in turn, in one run."""
    if name is None:
        show({"benchmarks": list(_NAMES)}, [f"Benchmarks: {', '.join(_NAMES)}"], as_json)
        return
    if name not in _NAMES:
        raise SettingError(f"There is no benchmark {name!r}; known are {', '.join(_NAMES)}.")
    from pixonomy.bench.train import bench_train

    around = surroundings()
    results = [one.as_json() for one in bench_train(around)]
    lines = [
        f"{one['work']}: {one['figure']:.0f} {one['unit']}; {yardstick['name']}: "
        f"{yardstick['figure']:.0f}; ratio {yardstick['ratio']:.2f}"
        for one in results
        for yardstick in one["yardsticks"]
    ]
    show({"name": name, "cores": around.cores, "results": results}, lines, as_json)
