"""Writes calls as command lines, for the pages that say how all of it is repeated."""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from pixonomy.arrays.image_shards import Arrays
from pixonomy.storage.files import printable
from pixonomy.training.run import Origin

_OF_RECIPES = ("size", "epochs", "seed")  # what the command line can change


def command_line(
    verb: str, arguments: Iterable[Path | str], options: Mapping[str, object] | None = None
) -> str:
    """Return a call of `pixonomy` for a shell; options without a value are left out."""
    words = ["pixonomy", verb, *map(_quote, arguments)]
    for name, value in (options or {}).items():
        if value is not None:
            words += [name, _quote(value if isinstance(value, Path) else str(value))]
    return " ".join(words)


def training_options(
    model: str | None, recipe: str | None, weights: str | None, changes: Mapping[str, object]
) -> dict[str, object]:
    """Return the options of `fit` and `train` for a training; a seed of 0 needs none.

    Args:
        changes: recipe keys and their values.
    """
    options = {f"--{name}": changes.get(name) for name in _OF_RECIPES}
    options["--seed"] = options["--seed"] or None
    return {"--model": model, "--recipe": recipe, "--weights": weights, **options}


def remark(changes: Mapping[str, object]) -> str:
    """Return, as a shell's comment, what is changed by no option; empty where nothing is."""
    others = [
        f"{name} = {value}"
        for name, value in changes.items()
        if name not in _OF_RECIPES and value is not None
    ]
    return f"  # and, set from Python: {', '.join(others)}" if others else ""


def training_origin(
    arrays: Arrays, output: Path, options: Mapping[str, object], changes: Mapping[str, object]
) -> Origin:
    """Say how arrays, run and report are made again; where the manifest is unknown, without arrays.

    Args:
        options, changes: see `training_options`.
    """
    about, commands = arrays.about, []
    source = about.get("manifest")  # arrays of an earlier Pixonomy do not say
    if source:
        sizes = [word for size in arrays.sizes for word in ("--size", str(size))]
        seed = about["fingerprint"]["seed"] or None
        more = {"-o": arrays.folder, "--framing": about["fit"], "--seed": seed}
        commands.append(command_line("prepare", [source, *sizes], more))
    commands += [
        command_line("train", [arrays.folder], {"-o": output, **options}),
        command_line("evaluate", [output]),
    ]
    return Origin(" && ".join(commands) + remark(changes), source or printable(arrays.folder))


def _quote(text: Path | str) -> str:
    return shlex.quote(printable(text))
