"""Writes the reference of the command line, in Markdown (`make reference`)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

from pixonomy.cli.app import app

if TYPE_CHECKING:
    from typer._click.core import Command  # Typer's copy of Click has no public name


def write_reference() -> str:
    """Return the reference of every verb, its arguments and options, as Markdown."""
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    parts: list[str | None] = [
        "# Command reference",
        "Made by `make reference` from the commands themselves.",
    ]
    for name, verb in _verbs(command):
        parts += [f"## pixonomy {name}", verb.help, _usage(name, verb), _table(verb), verb.epilog]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verbs(command: TyperGroup) -> Iterator[tuple[str, "Command"]]:
    """Yield each verb with its name; one of several words stands below a group."""
    for name, verb in command.commands.items():
        if isinstance(verb, TyperGroup):
            yield from ((f"{name} {below}", one) for below, one in _verbs(verb))
        else:
            yield name, verb


def _usage(name: str, verb: "Command") -> str:
    words = [f"pixonomy {name}"]
    for one in verb.params:
        if one.param_type_name == "argument":
            word = one.name.upper() + ("..." if one.nargs == -1 else "")
            words.append(word if one.required else f"[{word}]")
        elif one.required:
            words.append(f"{one.opts[-1]} {one.name.upper()}")
    return f"    {' '.join(words)} [options]"


def _table(verb: "Command") -> str:
    rows = ["| argument or option | meaning | default |", "| --- | --- | --- |"]
    for one in verb.params:
        if getattr(one, "hidden", False):
            continue
        is_argument = one.param_type_name == "argument"
        names = one.name.upper() if is_argument else ", ".join(one.opts)
        has_default = one.default not in (None, False, ()) and not callable(one.default)
        default = f"`{one.default}`" if has_default else "required" if one.required else ""
        rows.append(f"| `{names}` | {getattr(one, 'help', None) or ''} | {default} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(write_reference(), end="")
