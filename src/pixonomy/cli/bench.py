"""`bench`: the project's own benchmarks, each beside its yardstick in the same run."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from pixonomy.cli import options
from pixonomy.cli.console import show, surroundings
from pixonomy.errors import SettingError
from pixonomy.files import existing_path

# Imported when asked for: benchmarks bring their yardsticks with them.
_NAMES = {
    "audit": "pixonomy.bench.audit:bench_audit",
    "collect": "pixonomy.bench.collect:bench_collect",
    "decode": "pixonomy.bench.decode:bench_decode",
    "duplicates": "pixonomy.bench.duplicates:bench_duplicates",
    "index": "pixonomy.bench.index:bench_index",
    "labels": "pixonomy.bench.labels:bench_labels",
    "loader": "pixonomy.bench.loader:bench_loader",
    "prepare": "pixonomy.bench.prepare:bench_prepare",
    "train": "pixonomy.bench.train:bench_train",
}


_OF_PICTURES = ("audit", "decode", "duplicates", "index", "labels", "prepare")


def bench(
    name: Annotated[str | None, typer.Argument(help=f"One of: {', '.join(_NAMES)}.")] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            help="A .bson catalogue or a folder to take pictures from; drawn ones otherwise."
        ),
    ] = None,
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
    if source is not None and name not in _OF_PICTURES:
        raise SettingError(f"The benchmark {name!r} takes no pictures: leave --source out.")
    more = [existing_path(source, "catalogue")] if source is not None else []
    measured = getattr(import_module(module), function)(around, *more)
    results = [one.as_json() for one in measured]
    lines = [
        f"{one['work']}: {_figure(one['figure'])} {one['unit']}; {yardstick['name']}: "
        f"{_figure(yardstick['figure'])}; ratio {_figure(yardstick['ratio'])}"
        for one in results
        for yardstick in one["yardsticks"]
    ] + [
        f"{one['work']}: {_figure(one['figure'])} {one['unit']}"
        for one in results
        if not one["yardsticks"]
    ]
    show({"name": name, "cores": around.cores, "results": results}, lines, as_json)


def _figure(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"
