"""A run that was stopped goes on to the same bits; one that is done grows; nothing is computed that was kept."""

from collections import Counter

import pytest

import mcdemand as mc
from benchmarks.checkpoints import PRIORS, assert_same, begin, go_on, own_model, plan_leaves, small_question, small_run
from benchmarks.faulty_disk import three_passes
from mcdemand.errors import FileError, InputError
from mcdemand.request import prepare_request
from mcdemand.simulation import read_question, run_stream
from mcdemand.streaming import passes
from mcdemand.streaming.checkpoint import Checkpoint, hold_folder
from mcdemand.streaming.spans import LEAF_DRAWS
from mcdemand.streaming.tally import TallyWorker

# Chains of two whole leaves and a short one; of two; of half a leaf.
SHAPES = {
    "random": ("random", 2, 40_000),
    "sobol": ("sobol", 2, 32_768),
    "sobol, short chains": ("sobol", 4, 16_384),
    "latin_hypercube": ("latin_hypercube", 2, 40_000),
}
THREADS = 2


class Stopped(Exception):
    """What stops a run."""


@pytest.fixture(params=SHAPES)
def run(request):
    design, chains, draws = SHAPES[request.param]
    return small_run(draws, chains=chains, design=design)


@pytest.fixture
def computed(monkeypatch):
    """Count the spans that are computed, by pass."""
    found = Counter()
    real = passes.compute_span

    def counting(source, worker, span):
        found[type(worker).__name__, span] += 1
        return real(source, worker, span)

    monkeypatch.setattr(passes, "compute_span", counting)
    return found


@pytest.fixture(params=[2, 3])
def number_of_passes(request):
    """Two passes, or three, as where too much would be kept."""
    if request.param == 2:
        yield 2
        return
    with three_passes():
        yield 3


def stop_at(monkeypatch, k, *, after):
    """Let the k-th time that a span is kept fail, before or after it is on the disk; return the times so far."""
    times = []

    def stopping(keep):
        def kept(*arguments):
            times.append(keep.__name__)
            if len(times) == k and not after:
                raise Stopped
            keep(*arguments)
            if len(times) == k:
                raise Stopped

        return kept

    for name in ("keep", "keep_piece"):
        monkeypatch.setattr(Checkpoint, name, stopping(getattr(Checkpoint, name)))
    return times


def spans_of(computed, *, whole):
    """Return how often spans were computed: by pass, and whether they are whole leaves."""
    return {key: times for key, times in computed.items() if key[1].is_whole == whole}


@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_was_stopped_anywhere_goes_on_to_the_same_bits(tmp_path, monkeypatch, run, number_of_passes, after):
    expected = begin(run, None)
    k = 0
    while True:
        k += 1
        folder = tmp_path / str(k)
        with monkeypatch.context() as patch:
            times = stop_at(patch, k, after=after)
            try:
                begin(run, folder)
            except Stopped:
                pass
            else:
                break
        assert_same(go_on(folder), expected)
    assert len(times) == k - 1
    # Each pass keeps each span once, but for short ends: only the last pass keeps those.
    leaves, ends = divmod(run.draws_per_chain, LEAF_DRAWS)
    assert k - 1 == run.chains * (number_of_passes * leaves + (ends > 0))


@pytest.mark.usefixtures("number_of_passes")
@pytest.mark.parametrize("threads", [1, THREADS])
def test_little_is_computed_twice(tmp_path, monkeypatch, run, computed, threads):
    for k in (1, 3, 4):
        computed.clear()
        folder = tmp_path / str(k)
        with monkeypatch.context() as patch:
            stop_at(patch, k, after=False)
            with pytest.raises(Stopped):
                begin(run, folder, threads=threads)
        go_on(folder)
        twice = sum(times - 1 for times in spans_of(computed, whole=True).values())
        assert twice <= threads
        assert max(computed.values()) <= 2


def test_nothing_is_computed_again_of_a_run_that_is_done(tmp_path, run, computed):
    expected = begin(run, tmp_path / "a")
    computed.clear()
    assert_same(go_on(tmp_path / "a"), expected)
    assert not spans_of(computed, whole=True)
    # Short ends are too cheap to be kept by the first pass, which a longer run could not use.
    assert {name for name, _ in computed} <= {TallyWorker.__name__}


def test_threads_and_the_length_of_spans_may_change(tmp_path, monkeypatch):
    run = small_run(200_000)
    expected = begin(run, None, leaves=4)
    with monkeypatch.context() as patch:
        stop_at(patch, 5, after=True)
        with pytest.raises(Stopped):
            begin(run, tmp_path / "a", leaves=2)
    with monkeypatch.context() as patch:
        stop_at(patch, 12, after=False)
        with pytest.raises(Stopped):
            go_on(tmp_path / "a", leaves=1, threads=THREADS)
    assert_same(go_on(tmp_path / "a", leaves=4), expected)


def test_the_same_call_goes_on_too(tmp_path, monkeypatch, computed):
    run = small_run(40_000)
    with monkeypatch.context() as patch:
        stop_at(patch, 6, after=True)
        with pytest.raises(Stopped):
            begin(run, tmp_path / "a")
    computed.clear()
    begin(run, tmp_path / "a")
    # Six spans were kept, four of them by the first pass.
    assert sum(name == "SieveWorker" for name, _ in computed) == 6 - 2
    assert_same(begin(run, tmp_path / "a"), begin(run, None))


def test_years_chains_and_thresholds_of_a_shipped_set(tmp_path, monkeypatch):
    request = {"draws": 70_000, "chains": 3, "outputs": ["energy_served", "capex"], "years": [2026, 2035]}
    run = prepare_request("consensus", **request, seed=5, design="random")
    question = read_question(run, (0.01, 0.999), (0.5, 0.9), {"capex": [500.0, 2000.0]})
    expected = run_stream(run, question, plan_leaves(run))
    with monkeypatch.context() as patch:
        stop_at(patch, 9, after=True)
        with pytest.raises(Stopped):
            run_stream(run, question, plan_leaves(run), checkpoint=tmp_path / "a")
    assert_same(mc.resume(tmp_path / "a"), expected)


@pytest.mark.parametrize("outputs", [["x1"], ["x1", "x2"]])
def test_parameters_alone(tmp_path, outputs):
    asked = {"model": own_model(), "outputs": outputs, "draws": 20_000, "chains": 2}
    expected = mc.stream({"parameters": PRIORS}, **asked)
    mc.stream({"parameters": PRIORS}, **asked, checkpoint=tmp_path / "a")
    assert_same(mc.resume(tmp_path / "a", model=own_model()), expected)


def test_one_pass(tmp_path):
    run = small_run(40_000)
    question = small_question(run, exact=False)
    expected = run_stream(run, question, plan_leaves(run))
    assert_same(run_stream(run, question, plan_leaves(run), checkpoint=tmp_path / "a"), expected)
    assert_same(go_on(tmp_path / "a"), expected)
    assert not [*(tmp_path / "a" / "sieve").iterdir()]


def test_a_pool_of_sets(tmp_path):
    pool = mc.pool_prior_sets({"consensus": 0.5, "liftoff": 0.5})
    asked = {"draws": 2**15, "chains": 2, "outputs": "energy_served", "years": 2030}
    expected = mc.stream(pool, **asked)
    mc.stream(pool, **asked, checkpoint=tmp_path / "a")
    assert_same(mc.resume(tmp_path / "a"), expected)
    assert_same(mc.resume(tmp_path / "a", draws=2**17), mc.stream(pool, **{**asked, "draws": 2**17}))


def test_another_run_in_the_folder(tmp_path):
    run = small_run(20_000)
    begin(run, tmp_path / "a")
    kept = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir() if path.suffix == ".mcd"}
    for other in (small_run(20_000, seed=2), small_run(20_000, design="sobol"), small_run(40_000)):
        with pytest.raises(FileError, match=r"a: holds (another|this) run.*resume"):
            begin(other, tmp_path / "a")
    with pytest.raises(FileError, match="holds another run"):
        run_stream(run, small_question(run, exact=False), plan_leaves(run), checkpoint=tmp_path / "a")
    # Spans that are done would be missing among the draws that are kept.
    with pytest.raises(FileError, match="holds another run"):
        run_stream(run, small_question(run), plan_leaves(run), checkpoint=tmp_path / "a", keeping="draws.zarr")
    assert kept == {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir() if path.suffix == ".mcd"}


def test_what_a_kill_left_behind_is_removed_and_nothing_else(tmp_path):
    run, folder = small_run(20_000), tmp_path / "a"
    expected = begin(run, folder)
    for name in (".run.mcd.x1y2.mcd", ".tally.mcd.zz.mcd", "sieve/.00000-1.mcd.zz.mcd"):
        (folder / name).write_bytes(b"half")
    for name in (".DS_Store", "sieve/.hidden.mcd"):
        (folder / name).write_bytes(b"mine")
    assert_same(go_on(folder), expected)
    assert {path.name for path in folder.rglob(".*")} == {".DS_Store", ".hidden.mcd"}


def test_a_run_is_not_begun_where_its_folder_is_read(tmp_path):
    with pytest.raises(FileError, match="holds no run to go on with"), hold_folder(tmp_path / "a", existing=True):
        pass
    assert not (tmp_path / "a").exists()


def test_fewer_draws_are_refused(tmp_path):
    begin(small_run(40_000), tmp_path / "a")
    with pytest.raises(InputError, match="draws: 39000: this run has 40000"):
        go_on(tmp_path / "a", 39_000)
