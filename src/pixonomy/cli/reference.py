"""Writes the reference of the command line, in Markdown (`make reference`)."""

from collections.abc import Iterator
from typing import Any

import typer

from pixonomy.cli.app import app


def write_reference() -> str:
    """Return the reference of every verb, its arguments and options, as Markdown."""
    command: Any = typer.main.get_command(app)
    parts = ["# Command reference", "Made by `make reference` from the commands themselves."]
    for name, verb in _verbs(command):
        parts += [f"## pixonomy {name}", verb.help, _usage(name, verb), _table(verb), verb.epilog]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verbs(command: Any) -> Iterator[tuple[str, Any]]:
    """Yield each verb with its name; one of several words stands below a group."""
    for name, verb in command.commands.items():
        if hasattr(verb, "commands"):
            yield from ((f"{name} {below}", one) for below, one in _verbs(verb))
        else:
            yield name, verb


def _usage(name: str, verb: Any) -> str:
    words = [f"pixonomy {name}"]
    for one in verb.params:
        if one.param_type_name == "argument":
            word = one.name.upper() + ("..." if one.nargs == -1 else "")
            words.append(word if one.required else f"[{word}]")
        elif one.required:
            words.append(f"{one.opts[-1]} {one.name.upper()}")
    return f"    {' '.join(words)} [options]"


def _table(verb: Any) -> str:
    rows = ["| argument or option | meaning | default |", "| --- | --- | --- |"]
    for one in verb.params:
        if getattr(one, "hidden", False):
            continue
        is_argument = one.param_type_name == "argument"
        names = one.name.upper() if is_argument else ", ".join(one.opts)
        has_default = one.default not in (None, False, ()) and not callable(one.default)
        default = f"`{one.default}`" if has_default else "required" if one.required else ""
        rows.append(f"| `{names}` | {one.help or ''} | {default} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(write_reference(), end="")
