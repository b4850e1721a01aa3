"""A progress bar on the error stream, for people who wait more than a second."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mcdemand.commands.interruption import check_interruption

PATIENCE_SECONDS = 1.0


@contextmanager
def show_progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, total) that moves the bar, if anybody looks, and heeds a Ctrl-C that was lost."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _done, _total: check_interruption()
        return
    from rich.progress import Progress

    from mcdemand.report.text import console, literal

    bar = Progress(console=console(sys.stderr), transient=True)
    task = bar.add_task(f"{literal(title)} (the first run compiles)", total=None)

    def move(done: int, total: int) -> None:
        check_interruption()
        bar.update(task, description=literal(title), completed=done, total=total)

    timer = threading.Timer(PATIENCE_SECONDS, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield move
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
