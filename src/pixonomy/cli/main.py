"""The command `pixonomy`: parses, calls a verb, prints; turns every failure into one sentence.

Only small modules are imported here; the verbs, with all they bring, where the call is run: an
interrupt is answered in one sentence even then.
"""

import json
import os
import signal
import sys
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass

from pixonomy.cli.visible import visible
from pixonomy.errors import PixonomyError, SettingError
from pixonomy.nearest_names import suggest
from pixonomy.platforms import explain_unsupported
from pixonomy.storage.refusal import find_refusal

_INTERRUPTED = 130  # as shells count: 128 and the number of the signal
_ANSWERED_AT_ONCE = {"--help", "--version", "--show-completion", "--install-completion"}


@dataclass(frozen=True)
class _Failure:
    kind: str
    message: str
    exit_code: int


def main() -> None:
    """Run the command line and exit.

    The exit code is 0: done, 1: the work failed, 2: the call is wrong, 130: interrupted.
    """
    # This process is ours: OpenCV's threads would only get in the way of our own processes.
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")
    code = run(sys.argv[1:])
    if code == _INTERRUPTED:  # an impatient second Ctrl-C has nothing to add while we end
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one call and return its exit code."""
    try:
        _check_platform()
        from pixonomy.cli.app import app

        with redirect_stdout(sys.stderr if _is_work(arguments) else sys.stdout):
            code = app(arguments, prog_name="pixonomy", standalone_mode=False)
        if code == _INTERRUPTED:  # what Typer makes of Ctrl-C
            raise KeyboardInterrupt
    except SystemExit as end:
        code = end.code
    except (Exception, KeyboardInterrupt) as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # of Typer, for a call without a verb
            print(_usage_message(error))
            return 2
        return _fail(_describe(error, arguments), arguments)
    return code if isinstance(code, int) else 0


def _check_platform() -> None:
    refused = explain_unsupported(sys.platform)
    if refused is not None:
        raise SettingError(refused)


def _describe(error: BaseException, arguments: list[str]) -> _Failure:
    """Tell any failure in one sentence: a person's, the machine's, or a fault of ours."""
    if _is_interrupt(error):
        message = "Stopped; run the same command to go on."
        return _Failure("Interrupted", message, _INTERRUPTED)
    if isinstance(error, PixonomyError):
        return _Failure(error.kind, str(error), error.exit_code)
    if _is_of_typer(error, "TyperException"):
        message = f"{_sentence(_usage_message(error))} See `{_help_for(arguments)}`."
        return _Failure("UsageError", message, 2)
    if _is_of_typer(error, "Abort") and error.__cause__ is not None:
        error = error.__cause__  # what Typer makes of an EOFError, wherever it came from
    if isinstance(error, ModuleNotFoundError) and (missing := _explain_missing(error)):
        return _Failure("SettingError", missing, 2)
    refused = find_refusal(error)
    if refused is not None:
        return _describe_refusal(refused)
    return _describe_fault(error, "--debug" in arguments)


def _explain_missing(error: ModuleNotFoundError) -> str | None:
    from pixonomy.cli.extras import explain_missing

    return explain_missing(error.name)


def _is_interrupt(error: BaseException | None) -> bool:
    """Tell Ctrl-C, also where a library has made an error of its own of it."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _describe_fault(error: BaseException, is_shown: bool) -> _Failure:
    kind, reason = type(error).__name__, " ".join(str(error).split())
    message = f"Unexpected failure ({kind}: {reason})."
    if not is_shown:
        message += " The same command with --debug at its end shows where."
    if isinstance(error, MemoryError):
        message = "There is not enough memory for this."
    return _Failure(kind, message, 1)


def _describe_refusal(refused: OSError) -> _Failure:
    from pixonomy.storage.files import storage_error

    problem = storage_error(refused)
    return _Failure(problem.kind, str(problem), problem.exit_code)


def _is_of_typer(error: BaseException, kind: str) -> bool:
    found = getattr(sys.modules.get("typer"), kind, None)  # Typer may not be imported, or in part
    return found is not None and isinstance(error, found)


def _is_work(arguments: list[str]) -> bool:
    """Tell a verb's work from a request for help, which belongs on standard output."""
    return bool(arguments) and not set(arguments) & _ANSWERED_AT_ONCE


def _usage_message(error: BaseException) -> str:
    # Only some of Typer's errors carry the sentence that names the option.
    print_error: object = getattr(error, "format_message", None)
    option: object = getattr(error, "option_name", None)
    possible = getattr(error, "possibilities", None)
    if isinstance(option, str) and possible is not None:
        return f"No such option: {option}.{suggest(option, possible)}"
    return str(print_error() if callable(print_error) else error)


def _help_for(arguments: list[str]) -> str:
    from pixonomy.cli.commands import VERBS

    verb = next((one for one in arguments if not one.startswith("-")), "")
    return f"pixonomy {verb} --help" if verb in VERBS else "pixonomy --help"


def _sentence(message: str) -> str:
    text = " ".join(message.split())
    return text if text.endswith((".", "?")) else f"{text}."


def _fail(failure: _Failure, arguments: list[str]) -> int:
    # The console may not have been imported, or not whole.
    bars = getattr(sys.modules.get("pixonomy.cli.console"), "bars", None)
    if bars is not None:
        bars.close()
    if "--debug" in arguments:
        traceback.print_exc()
    message = visible(failure.message)
    if "--json" in arguments:
        error = {"error": {"kind": failure.kind, "message": message}}
        stream = sys.__stdout__ or sys.stdout
        text = json.dumps(error, ensure_ascii=False)
        stream.buffer.write(f"{text}\n".encode("utf-8", "replace"))
        stream.flush()
    else:
        print(f"pixonomy: {message}", file=sys.stderr)
    return failure.exit_code
