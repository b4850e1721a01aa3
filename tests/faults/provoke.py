"""What the tests of faults share: a small model of one's own, what a command came to, processes, folders."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

OWN_MODEL = "def demand(x1, x2):\n    'Demand of things.'\n    return 100 * x1 / x2\n"
OWN_PRIORS = """\
[prior_set]
name = "own"
title = "A set of one's own"
[parameters]
x1 = { distribution = "lognormal", mu = 0.3, sigma = 0.4 }
x2 = { distribution = "lognormal", mu = -0.2, sigma = 0.5 }
"""
RUN = ("run", "own.toml", "--model", "own.py", "--draws", "64")


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    def assert_mistake(self, code: int, *said: str, lines: int = 1) -> None:
        """Check the exit code and that every line of the error stream is an error that says what is wrong."""
        assert self.code == code, self.err
        assert "Traceback" not in self.err
        shown = self.err.splitlines()
        assert len(shown) == lines, self.err
        assert all(line.startswith("error: ") and line.isprintable() for line in shown)
        for part in said:
            assert part in self.err


def start(
    folder: Path,
    code: str,
    *words: str,
    prepare: Callable[[], None] | None = None,
    words_in: str | None = None,
    **environment: str | None,
):
    """Run Python code in a process of its own; None takes a variable of the environment away."""
    # A process whose disk is full would leave broken byte code of whatever library it imports.
    given = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    variables = {name: value for name, value in given.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env=variables,
        preexec_fn=prepare,
        input=words_in,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=240,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
