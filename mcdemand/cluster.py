"""Passes over draws by a Dask cluster: processes of this machine, or whoever has joined a scheduler.

A span that a lost worker had is computed again, by whoever is free; the bits are those of threads.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from mcdemand.cluster_pass import Shift, explain_loss, shorten
from mcdemand.cluster_task import Assignment, explain_refusal, state_for_cluster
from mcdemand.crew import MAX_THREADS
from mcdemand.errors import ClusterError, InputError
from mcdemand.local_workers import start_workers
from mcdemand.ranges import check_range
from mcdemand.run import Run
from mcdemand.streaming.passes import Arrays, Pass, Watch
from mcdemand.streaming.source import Keeper
from mcdemand.streaming.spans import Span
from mcdemand.versions import explain_skew, installed_versions

ADDRESSES = "local:N (N processes of this machine), tcp://host:port or tls://host:port"
CONNECT_SECONDS, CLOSE_SECONDS = 30, 5


@dataclass(frozen=True)
class Connection:
    """A scheduler whose workers are of this version.

    Attributes
    ----------
    client
        Dask's own.
    notes
        What its user should know, a line each.
    """

    address: str
    client: Any
    notes: tuple[str, ...] = ()


@contextmanager
def open_cluster(address: str) -> Iterator[Connection]:
    """Connect to a cluster, or start one of this machine's processes that ends with the block.

    Parameters
    ----------
    address
        `"local:4"`, four processes of one thread each; or the address of a scheduler, `"tcp://host:port"`, or
        `"tls://host:port"` with keys from Dask's configuration.

    Raises
    ------
    InputError
        If the address is none of these, or the library is not installed.
    ClusterError
        If nobody answers, no worker has joined, or one is of another version.

    Notes
    -----
    A scheduler runs whatever anyone sends who can reach it: on a network that others share, use `tls://`. Processes of
    `"local:N"` listen on this machine alone, to all its users.

    Examples
    --------
    >>> with open_cluster("local:2") as connection:  # doctest: +SKIP
    ...     ask(source, question, Cluster(connection, run), span_draws=2**20)
    """
    check_library()
    from distributed.utils import silence_logging_cmgr

    processes = _local_processes(address)
    scheduler = start_workers(processes) if processes else nullcontext(address)
    with silence_logging_cmgr(logging.CRITICAL), scheduler as where, _connect(where, address) as client:
        _check_versions(client, address)
        yield Connection(address, client, () if processes else notes_on(address))


def check_library() -> None:
    """Raise unless Dask's scheduler is installed.

    Raises
    ------
    InputError
        If it is not.
    """
    if find_spec("distributed") is None:
        raise InputError(
            "cluster: needs distributed, which is not installed; add the extra 'distributed': pip install "
            "'mcdemand[distributed]', or uv run --extra distributed"
        )


def _local_processes(address: str) -> int:
    """Return how many processes of this machine are asked for; 0: a scheduler is named."""
    local = re.fullmatch(r"local:(\d{1,9})", address)
    if local:
        check_range("cluster", int(local[1]), 1, MAX_THREADS)
        return int(local[1])
    if not re.fullmatch(r"(tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d{1,5}", address):
        raise InputError(f"cluster: {address!r:.80}: must be {ADDRESSES}")
    return 0


def notes_on(address: str) -> tuple[str, ...]:
    """Return what the user of a scheduler should know, a line each."""
    parts = urlsplit(address)
    if parts.scheme == "tls" or _is_loopback(parts.hostname or ""):
        return ()
    return (f"{address}: anyone who reaches this scheduler can run code on its machines; tls:// keeps strangers out",)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _connect(where: Any, address: str) -> Iterator[Any]:
    """Yield a client once a worker has joined."""
    from distributed import Client

    try:
        client = Client(where, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(f"cluster: {address}: cannot be reached: {shorten(error)}") from None
    try:
        yield client
    finally:
        client.close(timeout=CLOSE_SECONDS)


def _check_versions(client: Any, address: str) -> None:
    """Raise unless the scheduler and all workers are of this version; newcomers look for themselves."""
    with explain_loss(address):
        _wait_for_workers(client, address)
        found = {"scheduler": _ask_scheduler(client)} | {
            f"worker {worker}": answer for worker, answer in client.run(installed_versions, on_error="return").items()
        }
    for who, answer in found.items():
        if isinstance(answer, Exception):
            raise ClusterError(explain_refusal(who, f"cannot load this mcdemand: {shorten(answer)}"))
        skew = explain_skew(answer, installed_versions())
        if skew:
            raise ClusterError(explain_refusal(who, skew))


def _wait_for_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError:
        raise ClusterError(
            f"cluster: {address}: no worker has joined; start one on each machine: dask worker {address}"
        ) from None


def _ask_scheduler(client: Any) -> Any:
    try:
        return client.run_on_scheduler(installed_versions)
    except (ImportError, AttributeError) as error:
        return error


class Cluster:
    """A team of workers that make the run again and compute its spans.

    Parameters
    ----------
    run
        The run whose draws are read.
    model_text
        The text of the file of a model of one's own, which workers run.
    new_keeper
        Makes, in each process, who keeps the draws; None: nobody does.

    Raises
    ------
    InputError
        If the model is one's own and its text is not given, or makes another model.
    """

    def __init__(
        self,
        connection: Connection,
        run: Run,
        *,
        model_text: str | None = None,
        new_keeper: Callable[[Run], Keeper] | None = None,
    ) -> None:
        self._connection = connection
        self._run = state_for_cluster(run, model_text, new_keeper)

    def run(self, work: Pass, spans: Iterable[Span], keep: Callable[[Span, Arrays], None], watch: Watch) -> None:
        """Compute all spans and hand each to `keep`, one at a time, in any order.

        Raises
        ------
        ClusterError
            If the scheduler has gone, no worker is left, one is of another version, or several died with a span.
        NumericalError
            If a draw is not finite.
        """
        assignment = Assignment(self._run, work.new_worker)
        Shift(self._connection.client, self._connection.address, assignment, spans).run(keep, watch)
