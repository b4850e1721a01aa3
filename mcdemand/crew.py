"""Threads that take one job after the other, until there is none or one has failed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterable
from itertools import chain, islice

from mcdemand.control_group import processors

WAIT_SECONDS = 0.1
MAX_THREADS = 1024

type Watch[Result] = Callable[[Collection[Result]], None]


def available_threads() -> int:
    """Return the number of processors that this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, processors() or count)


def do_jobs[Job, Result](
    work: Callable[[Job], Result], jobs: Iterable[Job], threads: int, watch: Watch[Result] | None = None
) -> list[Result]:
    """Return what each job comes to, in their order.

    Parameters
    ----------
    threads
        How many jobs are done at once; a single thread without a watcher is the calling one.
    watch
        Called from the calling thread with the results so far, now and then and once at the end.

    Raises
    ------
    Exception
        What the first of the jobs that failed raised, once the others have stopped.

    Notes
    -----
    Not a pool of futures: waiting for thousands of them takes all their locks, which costs more than the jobs, waking
    the waiting thread for each costs as much again, and an interrupt that falls into it leaves the locks taken.

    Examples
    --------
    >>> do_jobs(abs, [-1, 2, -3], threads=2)
    [1, 2, 3]
    """
    if threads == 1 and watch is None:
        return [work(job) for job in jobs]
    return _Crew(work, jobs, threads).run(watch)


class _Crew[Job, Result]:
    def __init__(self, work: Callable[[Job], Result], jobs: Iterable[Job], threads: int) -> None:
        self._work = work
        jobs = iter(jobs)
        first = [*islice(jobs, threads)]
        self._threads = len(first)
        self._jobs = enumerate(chain(first, jobs))
        self._taking = threading.Lock()
        self._results: dict[int, Result] = {}
        self._failures: dict[int, Exception] = {}
        self._stopped = threading.Event()

    def run(self, watch: Watch[Result] | None) -> list[Result]:
        crew = [threading.Thread(target=self._labour, daemon=True) for _ in range(self._threads)]
        for thread in crew:
            thread.start()
        try:
            while alive := [thread for thread in crew if thread.is_alive()]:
                alive[0].join(WAIT_SECONDS)
                self._show(watch)
        finally:
            self._stopped.set()
            for thread in crew:
                thread.join()
        if self._failures:
            # Jobs start in order, so the first failure is the same one whichever thread met it.
            raise self._failures[min(self._failures)]
        self._show(watch)
        return [self._results[number] for number in sorted(self._results)]

    def _show(self, watch: Watch[Result] | None) -> None:
        if watch and not self._failures:
            watch(list(self._results.values()))

    def _labour(self) -> None:
        while not self._stopped.is_set():
            with self._taking:
                numbered = next(self._jobs, None)
            if numbered is None:
                return
            number, job = numbered
            try:
                self._results[number] = self._work(job)
            except Exception as error:
                self._failures[number] = error
                self._stopped.set()
