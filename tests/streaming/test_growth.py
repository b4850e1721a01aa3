"""A finished run grows from N draws to 4N: the bits of 4N from scratch, and only the new draws are computed."""

import pytest
from test_checkpoint import Stopped, computed, stop_at  # noqa: F401

from benchmarks.checkpoints import assert_same, begin, go_on, own_model, small_run
from benchmarks.faulty_disk import three_passes
from mcdemand.errors import InputError
from mcdemand.simulation import open_resumed
from mcdemand.streaming import study

N = 65_536
SHAPES = {"random": ("random", 2, N), "random, short ends": ("random", 3, N - 2_002), "sobol": ("sobol", 2, N)}


@pytest.fixture(params=SHAPES)
def pair(request):
    """Return a run and the one of four times as many draws."""
    design, chains, draws = SHAPES[request.param]
    return tuple(small_run(k * draws, chains=chains, design=design) for k in (1, 4))


def draws_of(computed, worker):  # noqa: F811
    return sum(times * span.draws for (name, span), times in computed.items() if name == worker)


def new_draws(short, long):
    """Return draws of the longer run beyond the whole leaves of the shorter."""
    kept = short.draws_per_chain // 8192 * 8192
    return long.chains * (long.draws_per_chain - kept)


def test_the_bits_of_a_run_from_scratch_and_only_new_draws(tmp_path, pair, computed):  # noqa: F811
    short, long = pair
    expected = begin(long, None)
    begin(short, tmp_path / "a")
    computed.clear()
    assert_same(go_on(tmp_path / "a", long.chains * long.draws_per_chain), expected)
    assert draws_of(computed, "TallyWorker") == new_draws(short, long)
    assert draws_of(computed, "SieveWorker") == new_draws(short, long)
    computed.clear()
    assert_same(go_on(tmp_path / "a"), expected)
    assert draws_of(computed, "SieveWorker") == 0


def test_where_bins_are_divided(tmp_path, pair, computed):  # noqa: F811
    """The pass between may count other bins, and then counts all draws; the others compute the new ones."""
    short, long = pair
    with three_passes():
        expected = begin(long, None)
        begin(short, tmp_path / "a")
        computed.clear()
        assert_same(go_on(tmp_path / "a", long.chains * long.draws_per_chain), expected)
    assert draws_of(computed, "TallyWorker") == new_draws(short, long)
    assert draws_of(computed, "DivideWorker") <= long.chains * long.draws_per_chain
    assert draws_of(computed, "SieveWorker") in (new_draws(short, long), long.chains * long.draws_per_chain)


def test_bins_that_move(tmp_path, monkeypatch, pair):
    """Where nothing more was kept than was wanted, the second pass computes all draws again, to the same bits."""
    short, long = pair
    monkeypatch.setattr(study, "GROWTH_MARGIN", 0.0)
    begin(short, tmp_path / "a")
    monkeypatch.undo()
    expected = begin(long, None)
    assert_same(go_on(tmp_path / "a", long.chains * long.draws_per_chain), expected)


def test_other_bins_of_the_first_pass(tmp_path):
    """A pilot of other draws gives other edges; what was counted for the first is counted again."""
    short, long = (small_run(draws, chains=2) for draws in (6_000, 24_000))
    expected = begin(long, None)
    begin(short, tmp_path / "a")
    assert_same(go_on(tmp_path / "a", 24_000), expected)


@pytest.mark.parametrize("after", [False, True])
def test_a_growing_run_that_is_stopped(tmp_path, monkeypatch, after):
    short, long = (small_run(k * 20_000) for k in (1, 4))
    expected = begin(long, None)
    for k in (1, 5, 6, 7, 8, 11, 14):
        folder = tmp_path / str(k)
        begin(short, folder)
        with monkeypatch.context() as patch:
            stop_at(patch, k, after=after)
            with pytest.raises(Stopped):
                go_on(folder, 80_000)
        assert_same(go_on(folder), expected)


@pytest.mark.parametrize("removed", range(4))
def test_a_stop_while_older_pieces_are_removed_and_more_growth(tmp_path, monkeypatch, removed):
    """What two generations of files hold both is counted once."""
    folder = tmp_path / "a"
    begin(small_run(40_000), folder)
    left = []

    def remove(path):
        left.append(path)
        if len(left) > removed:
            raise Stopped
        path.unlink()

    with monkeypatch.context() as patch:
        patch.setattr("mcdemand.streaming.checkpoint._remove", remove)
        with pytest.raises(Stopped):
            go_on(folder, 80_000)
    assert_same(go_on(folder, 160_000), begin(small_run(160_000), None))


def test_growing_again_and_again(tmp_path):
    folder = tmp_path / "a"
    begin(small_run(10_000), folder)
    for draws in (10_000, 20_000, 21_000, 50_000, 150_000):
        assert_same(go_on(folder, draws), begin(small_run(draws), None))


def test_a_design_that_does_not_grow(tmp_path):
    run = small_run(20_000, design="latin_hypercube")
    expected = begin(run, tmp_path / "a")
    with pytest.raises(InputError, match="design latin_hypercube: more draws are another sample"):
        go_on(tmp_path / "a", 40_000)
    assert_same(go_on(tmp_path / "a", 20_000), expected)


@pytest.mark.parametrize("draws", [0, -1, 10**30])
def test_no_such_number_of_draws(tmp_path, draws):
    begin(small_run(20_000), tmp_path / "a")
    with pytest.raises(InputError, match="draws: "):
        go_on(tmp_path / "a", draws)
    assert int(go_on(tmp_path / "a").attrs["draws"]) == 20_000


def test_draws_are_rounded_up_as_from_scratch(tmp_path):
    """Also what the result says of it."""
    begin(small_run(2**15, design="sobol"), tmp_path / "a")
    assert_same(go_on(tmp_path / "a", 100_000), begin(small_run(100_000, design="sobol"), None))


def test_a_refused_growth_changes_nothing(tmp_path):
    folder = tmp_path / "a"
    begin(small_run(20_000), folder)
    before = (folder / "run.mcd").read_bytes()
    with open_resumed(folder, draws=80_000, model=own_model()) as found:
        assert found.run.draws_per_chain == 40_000
    assert (folder / "run.mcd").read_bytes() == before
