"""The command line: arguments, one call, an exit code."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError, Parameter

from mcdemand.commands import priors
from mcdemand.commands.compare import compare
from mcdemand.commands.condition import condition
from mcdemand.commands.elicit import elicit
from mcdemand.commands.explain import explain
from mcdemand.commands.export import export
from mcdemand.commands.interruption import watch_signals
from mcdemand.commands.model import model
from mcdemand.commands.run import run
from mcdemand.commands.selftest import selftest
from mcdemand.commands.sensitivity import sensitivity
from mcdemand.commands.verify import verify
from mcdemand.errors import McdemandError
from mcdemand.report.text import literal, make_printable

FAULT, USAGE, FILES, INTERRUPTED = 1, 2, 4, 130
DEBUG = "--debug"

app = App(
    name="mcdemand",
    help="Monte Carlo forecasts of AI compute demand: prior sets in, credible intervals out.",
    help_epilogue=f"Every command takes {DEBUG}: an error shows where in the code it arose.",
    version=lambda: version("mcdemand"),
    help_format="plaintext",
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
    result_action="return_none",
)
app.command(run)
app.command(compare)
app.command(explain)
app.command(export)
app.command(sensitivity)
app.command(condition)
app.command(model)
app.command(elicit)
app.command(priors.app)
app.command(verify)
app.command(selftest)


def start() -> None:
    """Run the command line in a process of its own, with the collector of reference cycles out of the way.

    Its passes over what the libraries have loaded, while they load and once more at the end, take a quarter of a short
    run; what they would free goes with the process.
    """
    gc.disable()
    try:
        main()
    finally:
        gc.freeze()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0, 2 (input), 3 (numbers), 4 (files, memory), 5 (content)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # It would complain of a home that cannot be written, and works without one.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    for stream in (sys.stdout, sys.stderr):
        make_printable(stream)
    watch_signals()
    sys.exit(_call([argument for argument in given if argument != DEBUG], debug=DEBUG in given))


def _call(arguments: list[str], *, debug: bool) -> int:
    """Return the exit code of one call."""
    try:
        app(arguments, exit_on_error=False, print_error=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # What is still buffered would be written, and fail, when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    except Exception as error:
        if debug:
            raise
        return _report(error)
    return 0


def _report(error: Exception) -> int:
    """Print an error, a line for each problem, and return its exit code."""
    if isinstance(error, McdemandError):
        lines, code = str(error).split("\n"), error.exit_code
    elif isinstance(error, CycloptsError):
        lines, code = [f"{literal(error)} Try: mcdemand --help"], USAGE
    elif isinstance(error, OSError):
        lines, code = [str(error)], FILES
    elif isinstance(error, MemoryError):
        lines, code = [f"memory: {str(error) or 'used up'}; ask for fewer draws, outputs or threads"], FILES
    else:
        lines, code = [f"{type(error).__name__}: {error}; this is a fault of mcdemand, {DEBUG} shows where"], FAULT
    for line in lines:
        sys.stderr.write(f"error: {literal(line)}\n")
    return code
