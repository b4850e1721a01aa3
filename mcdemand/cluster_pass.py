"""One pass on a cluster: spans go out as workers come free, and what they come to is fetched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, wait
from contextlib import contextmanager
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from mcdemand.cluster_task import Assignment, compute, hand_over
from mcdemand.errors import ClusterError
from mcdemand.streaming.passes import Arrays, Watch
from mcdemand.streaming.spans import Span

SPANS_PER_THREAD = 3
WITHOUT_WORKERS_SECONDS = 60.0
LOOK_SECONDS = 0.2
"""Seconds between two looks at what has come in while nothing does."""
COUNT_SECONDS = 1.0
"""Seconds between two counts of the workers."""
MAX_AT_ONCE = 32
"""Spans that are fetched at once."""
MAX_WORDS = 300
RUNNING = "running"
"""The state of a client whose scheduler answers."""


class Shift:
    """One pass: a few spans for each thread are out, more follow as these come back."""

    def __init__(self, client: Any, address: str, assignment: Assignment, spans: Iterable[Span]) -> None:
        self._client, self._address = client, address
        self._spans = iter(spans)
        self._out: dict[str, tuple[Span, Any]] = {}
        self._finished: SimpleQueue[Any] = SimpleQueue()
        self._threads, self._counted, self._last_seen = 0, 0.0, time.monotonic()
        with explain_loss(self._address):
            self._assignment = _submit(self._client, hand_over, assignment)

    def run(self, keep: Callable[[Span, Arrays], None], watch: Watch) -> None:
        """Compute all spans and hand each to `keep`.

        Raises
        ------
        ClusterError
            If the scheduler or all workers have gone, or several died with one span.
        Exception
            What a worker raised.
        """
        done = 0
        try:
            self._send()
            while self._out:
                found = self._receive()
                self._send()
                for span, arrays in found:
                    keep(span, arrays)
                    done += span.draws
                watch(done)
        finally:
            if self._client.status == RUNNING:
                self._client.cancel([future for _, future in self._out.values()], force=True)

    def _send(self) -> None:
        """Hand out spans, and no more than workers can soon begin."""
        with explain_loss(self._address):
            for span in islice(self._spans, max(0, SPANS_PER_THREAD * self._count_threads() - len(self._out))):
                future = _submit(self._client, compute, self._assignment, *span)
                self._out[future.key] = span, future
                future.add_done_callback(self._finished.put)

    def _count_threads(self) -> int:
        """Return the threads of all workers, as of a moment ago; at least one.

        Raises
        ------
        ClusterError
            If there has been none for some time.
        CancelledError
            If the scheduler has gone, which Dask itself would wait for.
        """
        if self._client.status != RUNNING:
            raise CancelledError("connection lost")
        now = time.monotonic()
        if now - self._counted > COUNT_SECONDS:
            self._counted, self._threads = now, sum(self._client.nthreads().values())
        if self._threads:
            self._last_seen = now
        elif now - self._last_seen > WITHOUT_WORKERS_SECONDS:
            raise ClusterError(f"cluster: {self._address}: no worker is left; start one, and then the run again")
        return max(1, self._threads)

    def _receive(self) -> list[tuple[Span, Arrays]]:
        """Return spans that have come in, if any have."""
        # A future that ends twice, as one does whose worker died after it was computed, counts once.
        futures = {future.key: future for future in self._arrived() if future.key in self._out}
        come = []
        with explain_loss(self._address):
            for key, arrays in self._fetch(futures).items():
                if arrays is None:
                    raise _failure(self._address, self._out[key][0], futures[key])
                come.append((self._out.pop(key)[0], arrays))
        return come

    def _fetch(self, futures: dict[str, Any]) -> dict[str, Arrays | None]:
        """Return what futures came to, None for those that failed; what was lost meanwhile is computed again."""
        coming = self._client.gather(futures, errors="skip", asynchronous=True)
        waiting = asyncio.run_coroutine_threadsafe(coming, self._client.loop.asyncio_loop)
        try:
            while not wait([waiting], LOOK_SECONDS).done:
                self._count_threads()
        finally:
            waiting.cancel()
        found: dict[str, Arrays | None] = waiting.result()
        return found

    def _arrived(self) -> Iterator[Any]:
        try:
            yield self._finished.get(timeout=LOOK_SECONDS)
            for _ in range(MAX_AT_ONCE - 1):
                yield self._finished.get_nowait()
        except Empty:
            return


def _submit(client: Any, task: Callable[..., Any], *arguments: Any) -> Any:
    """Return the future of a task of which no two are the same."""
    import dask

    # The plan of a pass may be large; it goes out once.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
        return client.submit(task, *arguments, pure=False)


def _failure(address: str, span: Span, future: Any) -> BaseException:
    """Return what is to be raised for a span that could not be computed."""
    from distributed import KilledWorker

    if future.status != "error":
        return CancelledError(f"chain {span.chain}, draw {span.first_draw} is lost")
    error: BaseException = future.exception()
    if not isinstance(error, KilledWorker):
        return error
    place = f"chain {span.chain}, draws {span.first_draw} to {span.first_draw + span.draws - 1}"
    return ClusterError(
        f"cluster: {address}: {place}: {error.allowed_failures + 1} workers died with it, the last "
        f"{error.last_worker.address}; see that worker's log, most often memory is used up"
    )


def shorten(error: BaseException) -> str:
    """Return what an error says, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:MAX_WORDS]


@contextmanager
def explain_loss(address: str) -> Iterator[None]:
    """Say in a line that the scheduler has gone."""
    from distributed.comm.core import CommClosedError

    try:
        yield
    except (CommClosedError, CancelledError, TimeoutError, ConnectionError) as error:
        raise ClusterError(
            f"cluster: {address}: the scheduler is gone: {shorten(error)}; start it again, and then the run"
        ) from None
