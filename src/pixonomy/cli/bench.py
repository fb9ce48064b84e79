"""`bench`: the project's own benchmarks, each beside its yardstick in the same run."""

from importlib import import_module
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import show, surroundings
from pixonomy.errors import SettingError

# Imported when asked for: benchmarks bring their yardsticks with them.
_NAMES = {
    "loader": "pixonomy.bench.loader:bench_loader",
    "train": "pixonomy.bench.train:bench_train",
}


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
    module, _, function = _NAMES[name].partition(":")
    around = surroundings()
    measured = getattr(import_module(module), function)(around)
    results = [one.as_json() for one in measured]
    lines = [
        f"{one['work']}: {_figure(one['figure'])} {one['unit']}; {yardstick['name']}: "
        f"{_figure(yardstick['figure'])}; ratio {yardstick['ratio']:.2f}"
        for one in results
        for yardstick in one["yardsticks"]
    ]
    show({"name": name, "cores": around.cores, "results": results}, lines, as_json)


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"
