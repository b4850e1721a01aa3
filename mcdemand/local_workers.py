"""A Dask cluster of this machine's own: worker processes that end with the block that started them."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

DEATHS_ALLOWED = 2
"""Workers that may die with a task before the next one makes an end of it."""
SETTINGS = {
    "distributed.scheduler.allowed-failures": DEATHS_ALLOWED,
    # On a busy machine the process that replaces a dead one takes longer to come than Dask waits for it.
    "distributed.deploy.lost-worker-timeout": "1 hour",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


@contextmanager
def start_workers(processes: int) -> Iterator[Any]:
    """Yield a cluster of worker processes of one thread each; one that dies is replaced.

    They listen on the loopback interface, and write nothing but in a temporary folder.
    """
    import dask
    from distributed import LocalCluster

    options: dict[str, Any] = {"n_workers": processes, "threads_per_worker": 1, "processes": True}
    quiet: dict[str, Any] = {"dashboard_address": None, "silence_logs": logging.CRITICAL, "memory_limit": None}
    with (
        tempfile.TemporaryDirectory(prefix="mcdemand-workers-", ignore_cleanup_errors=True) as folder,
        dask.config.set(SETTINGS),
        _deaf_loop() as loop,
        LocalCluster(**options, **quiet, host="127.0.0.1", local_directory=folder, loop=loop) as cluster,
    ):
        try:
            yield cluster
        finally:
            _end_workers(cluster)


@contextmanager
def _deaf_loop() -> Iterator[Any]:
    """Yield the loop of a thread that Ctrl-C does not reach, nor the processes that it starts: they end with us."""
    from distributed.utils import LoopRunner

    runner = LoopRunner()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        runner.start()
    finally:
        if blocked is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    try:
        yield runner.loop
    finally:
        runner.stop()


def _end_workers(cluster: Any) -> None:
    """End the processes at once: what they still compute is wanted by nobody."""
    for nanny in cluster.workers.values():
        nanny.close_gracefully()
        with suppress(ProcessLookupError):
            if nanny.pid:
                os.kill(nanny.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
