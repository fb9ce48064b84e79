"""The command `pixonomy`: parses, calls a verb, prints; turns every failure into one sentence."""

import sys
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass

import typer

from pixonomy.cli import (
    audit,
    bench,
    catalogue,
    collect,
    compare,
    data,
    export,
    model,
    predict,
    study,
)
from pixonomy.cli.console import bars, show
from pixonomy.errors import PixonomyError
from pixonomy.files import storage_error

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Photographs in, a trained, honest image classifier out.",
)
for verb in (
    model.fit,
    model.classify,
    model.demo,
    collect.collect,
    data.index,
    catalogue.browse,
    audit.audit,
    catalogue.sample,
    data.split,
    export.export,
    data.prepare,
    model.train,
    model.evaluate,
    compare.compare,
    study.study,
    predict.predict,
    bench.bench,
):
    app.command()(verb)
app.add_typer(collect.taxonomy, name="taxonomy")
app.add_typer(collect.gallery, name="gallery")


@dataclass(frozen=True)
class _Failure:
    kind: str
    message: str
    exit_code: int


def main() -> None:
    """Run the command line and exit: 0 done, 1 the work failed, 2 the call is wrong."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one call and return its exit code."""
    try:
        with redirect_stdout(sys.stderr if _is_work(arguments) else sys.stdout):
            app(arguments, standalone_mode=False)
    except (typer.Exit, SystemExit) as end:
        return _code_of(end)
    except (Exception, KeyboardInterrupt) as error:
        if not arguments:  # the help has been shown; there is nothing more to say
            return 2
        return _fail(_describe(error, arguments), arguments)
    return 0


def _describe(error: BaseException, arguments: list[str]) -> _Failure:
    """Tell any failure in one sentence: a person's, the machine's, or a fault of ours."""
    kind, code = type(error).__name__, 1
    match error:
        case typer.Abort() | KeyboardInterrupt():
            kind, message = "Interrupted", "Stopped; run the same command to go on."
        case typer.TyperException():
            kind, code = "UsageError", 2
            message = f"{_sentence(_usage_message(error))} See `{_help_for(arguments)}`."
        case PixonomyError():
            kind, code, message = error.kind, error.exit_code, str(error)
        case OSError():
            problem = storage_error(error)
            kind, code, message = problem.kind, problem.exit_code, str(problem)
        case MemoryError():
            message = "There is not enough memory for this."
        case _:
            reason = " ".join(str(error).split())
            message = f"Unexpected failure ({kind}: {reason}). See --debug."
    return _Failure(kind, message, code)


def _is_work(arguments: list[str]) -> bool:
    """Tell a verb's work from a request for help, which belongs on standard output."""
    return bool(arguments) and "--help" not in arguments


def _code_of(end: BaseException) -> int:
    code = getattr(end, "exit_code", getattr(end, "code", 0))
    return code if isinstance(code, int) else 0


def _usage_message(error: typer.TyperException) -> str:
    # Only some of Typer's errors carry the sentence that names the option.
    tell = getattr(error, "format_message", None)
    return str(tell() if callable(tell) else error)


def _help_for(arguments: list[str]) -> str:
    verbs = {command.callback.__name__ for command in app.registered_commands if command.callback}
    verbs |= {str(group.name) for group in app.registered_groups}
    return f"pixonomy {arguments[0]} --help" if arguments[0] in verbs else "pixonomy --help"


def _sentence(message: str) -> str:
    text = " ".join(message.split())
    return text if text.endswith(".") else f"{text}."


def _fail(failure: _Failure, arguments: list[str]) -> int:
    bars.close()
    if "--debug" in arguments:
        traceback.print_exc()
    if "--json" in arguments:
        error = {"kind": failure.kind, "message": failure.message}
        show({"error": error}, [], as_json=True)
    else:
        print(f"pixonomy: {failure.message}", file=sys.stderr)
    return failure.exit_code
