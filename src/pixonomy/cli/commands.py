"""The verbs of the command line: where each stands in the help, what it needs, an example.

A verb's module is imported when the verb is called or its help is asked for, so that
`pixonomy --help` and shell completion answer at once.
"""

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from pixonomy.cli.extras import require_extras

if TYPE_CHECKING:  # Typer's copy of Click has no public name
    from typer._click.core import Command, Context
    from typer._click.formatting import HelpFormatter

START, DATA, TRAINING, ANSWERS, TOOLS = "Start here", "Data", "Training", "Answers", "Tools"
_HEADINGS = (START, DATA, TRAINING, ANSWERS, TOOLS)


@dataclass(frozen=True)
class Verb:
    """A command of `pixonomy`.

    Attributes:
        home: its module below `pixonomy.cli`, and the function or the group of commands there.
        heading: under which the help lists it.
        example: of a call, without the word `pixonomy`.
        extras: what has to be installed beside the base, see `pixonomy.cli.extras`.
    """

    name: str
    home: str
    heading: str
    example: str
    extras: tuple[str, ...] = ()

    def load(self) -> Callable[..., None] | typer.Typer:
        """Return the function, or the `typer.Typer` of a group."""
        module, _, name = self.home.partition(".")
        loaded: Callable[..., None] | typer.Typer = getattr(
            import_module(f"pixonomy.cli.{module}"), name
        )
        return loaded

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        loaded = self.load()
        text = loaded.info.help if isinstance(loaded, typer.Typer) else loaded.__doc__
        return str(text).partition("\n")[0].partition(";")[0].rstrip(".")


VERBS: dict[str, Verb] = {
    one.name: one
    for one in (
        Verb("demo", "model.demo", START, "demo -o demo", ("train", "collect")),
        Verb("fit", "model.fit", START, "fit photos/ -o run", ("train",)),
        Verb("classify", "model.classify", START, "classify run new.jpg"),
        Verb("taxonomy", "collect.taxonomy", DATA, "taxonomy init -o goals.toml", ("collect",)),
        Verb("gallery", "collect.gallery", DATA, "gallery serve --port 8000", ("collect",)),
        Verb("collect", "collect.collect", DATA, "collect goals.toml -o pictures", ("collect",)),
        Verb("index", "data.index", DATA, "index photos/ -o pictures.parquet"),
        Verb(
            "browse", "catalogue.browse", DATA, "browse pictures.parquet -o look.html", ("audit",)
        ),
        Verb("audit", "audit.audit", DATA, "audit pictures.parquet -o audit", ("audit",)),
        Verb(
            "sample",
            "catalogue.sample",
            DATA,
            "sample pictures.parquet --each 500 -o small.parquet",
            ("audit",),
        ),
        Verb(
            "join",
            "data.join",
            DATA,
            "join split.parquet uploads.parquet -o all.parquet",
            ("audit",),
        ),
        Verb("split", "data.split", DATA, "split pictures.parquet -o split.parquet", ("audit",)),
        Verb("export", "export.export", DATA, "export split.parquet --to webdataset -o shards"),
        Verb("prepare", "data.prepare", DATA, "prepare split.parquet --size 64 -o arrays"),
        Verb("train", "model.train", TRAINING, "train arrays --epochs 20 -o run", ("train",)),
        Verb("evaluate", "model.evaluate", TRAINING, "evaluate run", ("train",)),
        Verb("compare", "compare.compare", TRAINING, "compare run other -o both.html", ("audit",)),
        Verb("study", "study.study", TRAINING, "study study.toml -o study", ("train",)),
        Verb("predict", "predict.predict", ANSWERS, "predict run new.parquet -o answers.parquet"),
        Verb("serve", "serve.serve", ANSWERS, "serve run --port 8000", ("serve",)),
        Verb("token", "token.token", ANSWERS, "token new app --state state", ("serve",)),
        Verb("backup", "state.backup", ANSWERS, "backup --state state -o backup.tar", ("serve",)),
        Verb("restore", "state.restore", ANSWERS, "restore backup.tar --state state", ("serve",)),
        Verb("bundle", "bundles.bundle", ANSWERS, "bundle add run --models models"),
        Verb("list", "list_settings.list_names", TOOLS, "list models"),
        Verb("bench", "bench.bench", TOOLS, "bench decode --quick"),
    )
}
"""Every verb by its name, in the order of the help."""


class Commands(MutableMapping[str, "Command"]):
    """The commands by name; each is built when it is first asked for."""

    def __init__(self) -> None:
        """Build nothing yet."""
        self._built: dict[str, Command] = {}

    def __getitem__(self, name: str) -> "Command":
        if name not in self._built:
            self._built[name] = _build(VERBS[name])
        return self._built[name]

    def __setitem__(self, name: str, command: "Command") -> None:
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        del self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)


class VerbGroup(TyperGroup):
    """The command `pixonomy`, whose help lists the verbs in groups."""

    def __init__(self, **settings: Any) -> None:
        """Take Typer's settings; the commands are those of `VERBS`."""
        super().__init__(**settings)
        self.commands = Commands()

    def format_commands(
        self,
        ctx: "Context",  # noqa: ARG002 - as Click calls it
        formatter: "HelpFormatter",
    ) -> None:
        """Write each heading with its verbs."""
        for heading in _HEADINGS:
            verbs = [verb for verb in VERBS.values() if verb.heading == heading]
            with formatter.section(heading):
                formatter.write_dl([(verb.name, verb.summary) for verb in verbs])


def _build(verb: Verb) -> "Command":
    """Return the command, or group of commands, that Typer makes of a verb."""
    loaded = verb.load()
    example = f"Example: pixonomy {verb.example}"
    if isinstance(loaded, typer.Typer):
        loaded.rich_markup_mode = None  # as the application itself, see `pixonomy.cli.app`
        group = typer.main.get_group(loaded)
        group.name, group.epilog = verb.name, example
        for command in group.commands.values():
            _require_first(command, verb)
        return group
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(verb.name, epilog=example)(loaded)
    command = typer.main.get_command(single)
    _require_first(command, verb)
    return command


def _require_first(command: "Command", verb: Verb) -> None:
    """Have the command look for the extras it needs before it does anything."""
    work = command.callback
    assert work is not None  # every verb has a function

    @wraps(work)
    def checked(*arguments: object, **named: object) -> object:
        require_extras(verb.name, verb.extras)
        return work(*arguments, **named)

    command.callback = checked
