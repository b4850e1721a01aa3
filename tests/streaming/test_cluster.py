"""A cluster gives the bits of threads: processes that come, go and die, and what cannot go on ends in one line."""

import os
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from mcdemand.cluster import Cluster, notes_on, open_cluster
from mcdemand.cluster_pass import SPANS_PER_THREAD, Shift
from mcdemand.errors import ClusterError, InputError, NumericalError
from mcdemand.model import Model
from mcdemand.own_model import read_model_text
from mcdemand.request import prepare_request
from mcdemand.streaming.passes import Threads
from mcdemand.streaming.source import RunSource
from mcdemand.streaming.spans import LEAF_DRAWS, Span, cut_spans
from mcdemand.streaming.study import Question, ask
from mcdemand.versions import installed_versions

DRAWS, CHAINS = 2**17, 4
QUESTION = Question((0.05, 0.5, 0.95), (0.9,), {}, replicates=True)
OWN_TEXT = """\
import mcdemand.math as mm

def demand(users):
    return mm.log(users + 4.6)
"""
OWN_PRIORS = {"parameters": {"users": {"distribution": "normal", "mu": 0, "sigma": 1}}}


def _prepare(priors="consensus", model=None, outputs=("energy_served",), **options):
    sizes = {"draws": DRAWS, "chains": CHAINS, "seed": 0, "design": "sobol", **options}
    years = [2030] if priors == "consensus" else None
    return prepare_request(priors, model=model, outputs=outputs, years=years, set=None, **sizes)


def _bits(run, team, watch=None):
    """Return the bits of what all draws come to."""
    answer = ask(RunSource(run), QUESTION, team, span_draws=LEAF_DRAWS, watch=watch)
    return repr(
        [(s.mean.hex(), s.sd.hex(), s.quantiles.tobytes(), s.mcse_quantiles.tobytes()) for s in answer.summaries]
    )


@pytest.fixture(scope="module")
def run():
    return _prepare()


@pytest.fixture(scope="module")
def expected(run):
    return _bits(run, Threads(RunSource(run), 1))


@pytest.fixture(scope="module")
def connection():
    with open_cluster("local:1") as opened:
        yield opened


def _pids(connection):
    return set(connection.client.run(os.getpid).values())


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_that_join_give_the_bits_of_threads(connection, run, expected, workers):
    connection.client.cluster.scale(workers)
    connection.client.wait_for_workers(workers)
    assert len(_pids(connection)) == workers
    assert _bits(run, Cluster(connection, run)) == expected


def test_workers_killed_in_the_middle_give_the_same_bits(connection, run, expected):
    doomed = sorted(_pids(connection))[-2:]
    left = [*doomed]

    def kill(done, _total):
        if done and left:
            os.kill(left.pop(), signal.SIGKILL)

    assert _bits(run, Cluster(connection, run), kill) == expected
    assert not left
    assert not _pids(connection) & {*doomed}


def test_a_model_of_ones_own_travels_as_text(connection):
    text = OWN_TEXT.replace("4.6", "40.0")
    run = _prepare(OWN_PRIORS, read_model_text(text, "own"), None)
    assert _bits(run, Cluster(connection, run, model_text=text)) == _bits(run, Threads(RunSource(run), 1))


def test_a_draw_that_is_not_finite_is_named(connection):
    run = _prepare(OWN_PRIORS, read_model_text(OWN_TEXT, "own"), None, design="random", seed=4)
    with pytest.raises(NumericalError) as here:
        _bits(run, Threads(RunSource(run), 1))
    with pytest.raises(NumericalError) as there:
        _bits(run, Cluster(connection, run, model_text=OWN_TEXT))
    assert str(there.value) == str(here.value)


def test_a_model_of_ones_own_needs_its_text(connection):
    run = _prepare(OWN_PRIORS, read_model_text(OWN_TEXT, "own"), None)
    with pytest.raises(InputError, match="'own': one's own, and a cluster needs the text"):
        Cluster(connection, run)
    with pytest.raises(InputError, match="the text of its file makes another one: model_sha256"):
        Cluster(connection, run, model_text=OWN_TEXT.replace("4.6", "5.6"))


def test_another_version_is_refused_when_connecting(connection, monkeypatch):
    address = connection.client.scheduler.address
    monkeypatch.setitem(installed_versions(), "numpy", "1.0")
    said = r"^cluster: worker tcp://\S+: numpy \S+ there, 1.0 here; .*$"
    with pytest.raises(ClusterError, match=said) as caught, open_cluster(address):
        pass
    assert caught.value.exit_code == 4


def test_a_worker_of_another_version_that_joins_later_refuses_its_task(connection, run, monkeypatch):
    monkeypatch.setitem(installed_versions(), "scipy", "1.0")
    team = Cluster(connection, run)
    with pytest.raises(ClusterError, match=r"^cluster: worker tcp://\S+: scipy \S+ there, 1.0 here"):
        _bits(run, team)


class Deadly:
    """Kills the process that computes."""

    stores = False

    def take(self, _rows, _span, _first_draw):
        os.kill(os.getpid(), signal.SIGKILL)

    def finish(self):
        return {}


def test_a_span_that_kills_three_workers_is_named(connection, run):
    work = SimpleNamespace(new_worker=Deadly)
    with pytest.raises(ClusterError, match="chain 2, draws 8192 to 16383: 3 workers died with it"):
        Cluster(connection, run).run(work, [Span(2, 8192, 8192)], pytest.fail, lambda _: None)


@pytest.mark.parametrize("address", ["local:0", "local:x", "local", "tcp://", "tcp://host", "inproc://a:1", "8786"])
def test_other_addresses_are_refused(address):
    with pytest.raises(InputError, match=r"^cluster: "), open_cluster(address):
        pass


def test_nobody_answers(monkeypatch):
    monkeypatch.setattr("mcdemand.cluster.CONNECT_SECONDS", 1)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ClusterError, match=f"^cluster: {address}: cannot be reached"), open_cluster(address):
            pass


def test_strangers_on_an_open_network_are_mentioned():
    assert "run code" in notes_on("tcp://10.0.0.7:8786")[0]
    assert notes_on("tls://10.0.0.7:8786") == notes_on("tcp://[::1]:8786") == notes_on("tcp://localhost:8786") == ()


def test_the_library_is_asked_for(monkeypatch):
    monkeypatch.setattr("mcdemand.cluster.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'mcdemand\[distributed\]'"), open_cluster("local:2"):
        pass


@pytest.fixture
def scheduler(tmp_path):
    """A scheduler and a worker started as on two machines: its process and address."""
    dask = [sys.executable, "-W", "ignore", "-m", "dask"]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    first = subprocess.Popen(
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"], **options
    )
    second = subprocess.Popen([*dask, "worker", address, "--nthreads", "2", "--no-nanny", "--no-dashboard"], **options)
    yield first, address
    for process in (first, second):
        process.kill()
        process.wait()


def test_a_scheduler_that_is_killed_ends_the_run_in_one_line(scheduler, run):
    process, address = scheduler

    def kill(done, _total):
        if done:
            process.kill()

    with open_cluster(address) as opened:
        started = time.monotonic()
        with pytest.raises(ClusterError, match=f"^cluster: {address}: the scheduler is gone: .*$") as caught:
            _bits(run, Cluster(opened, run), kill)
    assert caught.value.exit_code == 4
    assert time.monotonic() - started < 60


class Fake:
    """A client whose workers compute at once and whose futures all end twice; counts what is out."""

    status = "running"

    def __init__(self, loop, threads, ends="finished"):
        self.threads, self.ends, self.out, self.most = threads, ends, 0, 0
        self.loop = loop

    def submit(self, _task, *arguments, pure):
        assert not pure
        self.out += len(arguments) > 1
        self.most = max(self.most, self.out)
        future = SimpleNamespace(key=str(arguments), status=self.ends)
        future.add_done_callback = lambda put: [put(future), put(future)]
        return future

    async def gather(self, futures, *, errors, asynchronous):
        assert (errors, asynchronous) == ("skip", True)
        self.out -= len(futures)
        return {key: {"key": key} if self.ends == "finished" else None for key in futures}

    def nthreads(self):
        return {"worker": self.threads}

    def cancel(self, futures, *, force):
        pass


def test_a_span_that_comes_twice_counts_once_and_few_are_out(connection):
    client, kept = Fake(connection.client.loop, threads=2), []
    spans = [*cut_spans(3, 100 * LEAF_DRAWS, LEAF_DRAWS)]
    Shift(client, "fake", None, spans).run(lambda span, _: kept.append(span), lambda _: None)
    assert sorted(kept) == spans
    assert client.most == SPANS_PER_THREAD * 2


def test_futures_lost_with_the_scheduler_end_the_pass(connection):
    client = Fake(connection.client.loop, 1, "cancelled")
    with pytest.raises(ClusterError, match=r"^cluster: fake: the scheduler is gone"):
        Shift(client, "fake", None, [Span(0, 0, 1)]).run(pytest.fail, lambda _: None)


def test_no_worker_is_left(monkeypatch):
    monkeypatch.setattr("mcdemand.cluster_pass.WITHOUT_WORKERS_SECONDS", -1.0)
    with pytest.raises(ClusterError, match="no worker is left"):
        Shift(Fake(None, 0), "fake", None, [Span(0, 0, 1)]).run(pytest.fail, lambda _: None)


def test_texts_of_models_are_named():
    model = read_model_text("def demand(x):\n    return 2.0 * x\n", "mine")
    assert isinstance(model, Model)
    assert (model.name, [*model.quantities]) == ("mine", ["demand"])
