"""The command `pixonomy`: parses, calls a verb, prints; turns every failure into one sentence."""

import json
import sys
import traceback
from contextlib import redirect_stdout


import typer

from pixonomy.cli import bench, data, model
from pixonomy.cli.console import bars
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
    data.index,
    data.split,
    data.prepare,
    model.train,
    model.evaluate,
    bench.bench,
):
    app.command()(verb)


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
    except typer.TyperException as error:
        return _fail("UsageError", _sentence(_usage_message(error)), 2, arguments)
    except PixonomyError as error:
        return _fail(error.kind, str(error), error.exit_code, arguments)
    except OSError as error:
        problem = storage_error(error)
        return _fail(problem.kind, str(problem), problem.exit_code, arguments)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("Interrupted", "Stopped; run the same command to go on.", 1, arguments)
    except MemoryError:
        return _fail("MemoryError", "There is not enough memory for this.", 1, arguments)
    except Exception as error:  # a fault of ours: still one sentence, never a wall of text
        message = f"Unexpected failure ({type(error).__name__}: {error}). See --debug."
        return _fail(type(error).__name__, message, 1, arguments)
    return 0


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


def _sentence(message: str) -> str:
    text = " ".join(message.split())
    return text if text.endswith(".") else f"{text}."


def _fail(kind: str, message: str, code: int, arguments: list[str]) -> int:
    bars.close()
    if "--debug" in arguments:
        traceback.print_exc()
    if "--json" in arguments:
        print(json.dumps({"error": {"kind": kind, "message": message}}, ensure_ascii=False))
    else:
        print(f"pixonomy: {message}", file=sys.stderr)
    return code
