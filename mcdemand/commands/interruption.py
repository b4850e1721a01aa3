"""Signals: the exception that stops a run can be lost inside a library that catches everything, so it is remembered."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

TERMINATED = 143

_asked: list[BaseException] = []


def watch_signals() -> None:
    """Let Ctrl-C and a request to terminate end the program tidily."""
    _asked.clear()
    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, interrupt)


def interrupt(_signal: int, _frame: FrameType | None) -> Any:
    """Stop tidily on Ctrl-C; a second one kills."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _asked.append(KeyboardInterrupt())
    raise _asked[-1]


def terminate(_signal: int, _frame: FrameType | None) -> Any:
    """Stop tidily when the system asks for it."""
    _asked.append(SystemExit(TERMINATED))
    raise _asked[-1]


def check_interruption() -> None:
    """Raise again what somebody swallowed.

    Raises
    ------
    KeyboardInterrupt, SystemExit
        If the program was asked to stop.
    """
    if _asked:
        raise _asked[-1]
