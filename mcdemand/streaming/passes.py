"""A pass over all draws: what a span comes to, computed anywhere, and the whole, put together in any order."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

from mcdemand.crew import do_jobs
from mcdemand.kernels.arrays import Floats
from mcdemand.streaming.source import Source
from mcdemand.streaming.spans import Span

type Arrays = dict[str, np.ndarray[Any, Any]]
"""Plain arrays by name: what goes to other processes and into files."""


class SpanWorker(Protocol):
    """Looks at the leaves of one span after the other; a thread has its own.

    Attributes
    ----------
    stores
        Whether draws that are kept elsewhere are written in this pass.
    """

    stores: bool

    def take(self, rows: Floats, span: Span, first_draw: int) -> None:
        """Look at a leaf (row, draw).

        Raises
        ------
        NotFinite
            If a value is NaN or infinite.
        """

    def finish(self) -> Arrays:
        """Return what the span came to, and begin anew."""


class Pass(Protocol):
    """One reading of all draws."""

    @property
    def new_worker(self) -> Callable[[], SpanWorker]:
        """Makes a worker; it can be sent to another process."""

    def merge(self, span: Span, found: Arrays) -> None:
        """Add what a span came to; the order of spans does not matter."""


class Summed(Pass, Protocol):
    """A pass that takes little room however many spans have been added, so that it can be kept as a whole."""

    @property
    def identity(self) -> str:
        """What must be the same for what was kept to be of use: a digest of what is counted."""

    def state(self) -> Arrays:
        """Return what the whole leaves so far came to."""

    def restore(self, state: Arrays) -> None:
        """Begin with what `state` returned."""

    def close(self) -> None:
        """Count the chains' short ends too: all draws have come."""


def digest_arrays(*arrays: np.ndarray[Any, Any]) -> str:
    """Return a digest of arrays: their shapes and their numbers."""
    hasher = hashlib.sha256()
    for array in arrays:
        hasher.update(repr((array.dtype.str, array.shape)).encode() + np.ascontiguousarray(array).tobytes())
    return hasher.hexdigest()


def compute_span(source: Source, worker: SpanWorker, span: Span) -> Arrays:
    """Return what a span comes to."""
    for first_draw, count in span.leaves():
        worker.take(source.fill(span.chain, first_draw, count, store=worker.stores), span, first_draw)
    return worker.finish()


class Team(Protocol):
    """Whoever computes spans: threads of this process, or a cluster."""

    def run(self, work: Pass, spans: Iterable[Span], keep: Callable[[Span, Arrays], None], watch: Watch) -> None:
        """Compute all spans and hand each to `keep`, one at a time, in any order."""


type Watch = Callable[[int], None]
"""Called from the calling thread with the draws done so far in a pass."""


class Threads:
    """Threads of this process."""

    def __init__(self, source: Source, threads: int) -> None:
        self._source, self._threads = source, threads

    def run(self, work: Pass, spans: Iterable[Span], keep: Callable[[Span, Arrays], None], watch: Watch) -> None:
        """Compute all spans and hand each to `keep`, one at a time, in any order."""
        own, keeping = threading.local(), threading.Lock()

        def compute(span: Span) -> int:
            if not hasattr(own, "worker"):
                own.worker = work.new_worker()
            found = compute_span(self._source, own.worker, span)
            with keeping:
                keep(span, found)
            return span.draws

        do_jobs(compute, spans, self._threads, lambda done: watch(sum(done)))
