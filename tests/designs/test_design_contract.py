"""What every design promises, and what each says of itself, whatever its points are."""

import json
import math
import sys

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand.designs import designs
from mcdemand.designs._design import Axis
from mcdemand.engine import store_run
from mcdemand.kernels.philox import BLOCK
from mcdemand.prior_set import load_prior_set
from mcdemand.row_builder import Layout, build_program
from mcdemand.row_program import draw_parameters
from mcdemand.run import prepare

FALSE_ALARM = 1e-6
INTERPRETED = bool(numba.config.DISABLE_JIT)
DRAWS = 256 if INTERPRETED else 512
NORMAL = {"distribution": "normal", "mu": 10.0, "sigma": 2.0}
UNIFORM = {"distribution": "uniform", "lower": 0.0, "upper": 1.0}


def total(a, b, c):
    return a + b + c


MODEL = mc.Model.from_functions([total])


@pytest.fixture(params=sorted(designs()))
def design(request):
    return designs()[request.param]


def fill(design, *, seed=0, name="a", step=0, dimension=0, draws=2 * BLOCK, chain=0, block=0):
    row = np.empty(BLOCK)
    source = design.source(Axis(seed, name, step, dimension, draws))
    with np.errstate(over="ignore"):
        design.fill(row, np.array(source), chain, block)
    return row


def chain_of(design, draws=DRAWS, **place):
    blocks = -(-draws // BLOCK)
    return np.concatenate([fill(design, block=block, draws=draws, **place) for block in range(blocks)])[:draws]


def sets(**changes):
    return {"parameters": {"a": NORMAL, "b": UNIFORM, "c": NORMAL, **changes}}


def simulate(design, priors=None, model=MODEL, draws=2 * DRAWS, chains=2, **options):
    result = mc.simulate(priors or sets(), model=model, draws=draws, chains=chains, design=design.name, **options)
    return {name: result["prior"][name].values for name in result["prior"].data_vars}


def drawn(design, priors, order, *, chain=0, first_draw=0, draws=DRAWS, count=DRAWS, seed=0):
    """Draws of a prior set straight from its program."""
    priors = load_prior_set(priors)
    program = build_program(priors, priors.parameters, 1, Layout(seed, design.name, tuple(order), draws))
    tile = np.empty((program.row_count, count))
    draw_parameters(program, chain, first_draw, count, tile)
    return {name: tile[program.rows_of(name).start] for name in program.names}


def test_the_same_key_gives_the_same_bits(design):
    assert fill(design, seed=3, step=2, chain=4, block=1).tobytes() == (
        fill(design, seed=3, step=2, chain=4, block=1).tobytes()
    )


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"seed": 2**63 - 1}, {"name": "b"}, {"step": 1}, {"chain": 1}, {"chain": 65_535}, {"block": 1}],
)
def test_every_part_of_the_key_matters(design, change):
    found, other = fill(design), fill(design, **change)
    assert np.count_nonzero(found == other) == 0


@pytest.mark.parametrize("dimension", [0, 1, 40, 1023])
def test_every_parameter_is_uniform(design, dimension, size):
    points = np.concatenate(
        [chain_of(design, chain=chain, name=f"p{dimension}", dimension=dimension) for chain in range(size(8, 2))]
    )
    assert 0 < points.min() < 0.05
    assert 0.95 < points.max() < 1
    # Dependent draws lie nearer to their law than the test's own statistic supposes.
    assert stats.kstest(points, "uniform").pvalue > FALSE_ALARM


def test_one_draw_of_every_chain_is_uniform(design, size):
    """Over chains a draw is uniform by itself: estimates are unbiased."""
    points = np.array([fill(design, chain=chain) for chain in range(size(2000, 100))])
    for place in (0, 1, 128, 255):
        assert stats.kstest(points[:, place], "uniform").pvalue > FALSE_ALARM


def test_chains_are_independent_randomisations(design, size):
    means = np.array([fill(design, chain=chain, draws=BLOCK).mean() for chain in range(size(2000, 100))])
    correlation = np.corrcoef(means[:-1], means[1:])[0, 1]
    assert abs(math.atanh(correlation)) < stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(means.size - 4)
    # Independent draws have the variance 1 / (12 n); dependent ones never more.
    excess = means.var(ddof=1) * 12 * BLOCK
    band = stats.chi2(means.size - 1).ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2]) / (means.size - 1)
    assert (band[0] < excess < band[1]) if design.is_independent else excess < 0.02


def test_two_parameters_are_not_correlated(design, size):
    """Over chains the correlation of two parameters is zero; within one it is no more than by chance."""
    found = []
    for chain in range(size(40, 8)):
        points = [chain_of(design, chain=chain, name=name, dimension=k) for k, name in enumerate("ab")]
        found.append(np.corrcoef(points)[0, 1])
    bound = stats.norm.isf(FALSE_ALARM / 2 / len(found)) / math.sqrt(DRAWS)
    assert np.abs(found).max() < bound
    assert abs(np.mean(found)) < bound / math.sqrt(len(found))


def test_more_draws_start_with_the_fewer_where_it_says_so(design):
    for few, many in ((256, 512), (512, 1024)):
        short, long = chain_of(design, draws=few), chain_of(design, draws=many)
        assert bool(np.all(long[:few] == short)) == design.grows


def test_more_chains_start_with_the_fewer(design):
    few, many = simulate(design), simulate(design, draws=3 * DRAWS, chains=3)
    for name, values in few.items():
        assert_array_equal(many[name][:2], values)


def test_any_block_can_be_replayed_alone(design):
    order = ("a", "b", "c")
    whole = drawn(design, sets(), order, count=3 * BLOCK, draws=4 * BLOCK, chain=1)
    part = drawn(design, sets(), order, count=100, draws=4 * BLOCK, chain=1, first_draw=2 * BLOCK)
    for name, values in part.items():
        assert_array_equal(values, whole[name][2 * BLOCK : 2 * BLOCK + 100])


def test_a_simulation_is_laid_as_the_layout_says(design):
    result = simulate(design, seed=5)
    for chain in (0, 1):
        expected = drawn(design, sets(), ("a", "b", "c"), chain=chain, seed=5)
        for name, values in expected.items():
            assert_array_equal(result[name][chain], values)
    assert_array_equal(result["b"][1], chain_of(design, seed=5, name="b", dimension=1, chain=1))


@pytest.mark.parametrize(("threads", "tile_draws"), [(1, 256), (3, 512), (2, 8192)])
def test_threads_and_tiles_do_not_matter(design, threads, tile_draws, size):
    draws = size(3000, 900)
    expected = simulate(design, draws=draws, chains=3)
    run = prepare(
        load_prior_set(sets()), MODEL, draws=draws, chains=3, seed=0, design=design.name, outputs=None, years=None
    )
    store = store_run(run, threads=threads, tile_draws=tile_draws)
    for row, name in enumerate("abc"):
        assert store.parameters[row].tobytes() == expected[name].tobytes()


def test_another_seed_is_another_sample(design):
    first, second = simulate(design), simulate(design, seed=1)
    for name in first:
        assert np.count_nonzero(first[name] == second[name]) == 0


@pytest.mark.parametrize(
    ("asked", "chains", "random", "power"),
    [
        (1000, 2, 1000, 1024),
        (1001, 2, 1002, 1024),
        (1024, 2, 1024, 1024),
        (1026, 2, 1026, 2048),
        (5, 16, 5, 5),
        (1, 1, 1, 1),
    ],
)
def test_draws_are_rounded_up(design, asked, chains, random, power):
    result = mc.simulate(sets(), model=MODEL, draws=asked, chains=chains, design=design.name)
    expected = power if design.power_of_two else random
    assert result.attrs["draws"] == result["prior"].sizes["chain"] * result["prior"].sizes["draw"] == expected
    notices = [line for line in result.attrs["notices"].splitlines() if line.startswith("draws: ")]
    rule = f"whole chains of a power of two of draws, as {design.name} needs" if design.power_of_two else "whole chains"
    assert notices == ([] if asked == expected else [f"draws: {asked} rounded up to {expected}, {rule}"])


def test_only_sobol_needs_a_power_of_two():
    assert {name for name, design in designs().items() if design.power_of_two} == {"sobol"}
    assert {name for name, design in designs().items() if not design.grows} == {"latin_hypercube"}
    assert {name for name, design in designs().items() if design.is_independent} == {"random"}
    assert {name: design.dimensions for name, design in designs().items()} == {
        "latin_hypercube": sys.maxsize, "random": sys.maxsize, "sobol": 1024,
    }  # fmt: skip


def test_a_name_that_the_model_does_not_know_is_drawn_at_random(design):
    found = drawn(design, {"parameters": {"a": UNIFORM, "stranger": UNIFORM}}, ("a",))
    assert_array_equal(found["stranger"], chain_of(designs()["random"], name="stranger"))
    assert_array_equal(found["a"], chain_of(design, name="a", dimension=0))


def test_axes_beyond_those_of_the_design_are_drawn_at_random(design):
    order = tuple(f"p{k:04}" for k in range(1100))
    names = ["p0000", "p1023", "p1024", "p1099"]
    found = drawn(design, {"parameters": dict.fromkeys(names, UNIFORM)}, order)
    for name in names:
        rank = int(name[1:])
        expected = design if rank < design.dimensions else designs()["random"]
        assert_array_equal(found[name], chain_of(expected, name=name, dimension=rank))


def test_years_are_axes_after_each_other(design):
    """Year t of the k-th of n parameters is axis t (n + 1) + k: the set of a pool takes a place in each year."""
    order = ("a", "b", *(f"x{k}" for k in range(400)))
    yearly = {**UNIFORM, "varies": {"kind": "independent"}}
    program = build_program(
        load_prior_set({"parameters": {"b": yearly}}), ["b"], 4, Layout(0, design.name, order, BLOCK)
    )
    tile = np.empty((program.row_count, BLOCK))
    draw_parameters(program, 0, 0, BLOCK, tile)
    for step, dimension in enumerate((1, 404, 807, 1210)):
        expected = design if dimension < design.dimensions else designs()["random"]
        uniforms = fill(expected, name="b", step=step, dimension=dimension, draws=BLOCK)
        # A parameter that varies by year passes through its normal score and back.
        assert_allclose(tile[step], uniforms, rtol=1e-12)


CHANGES = {
    "b stated otherwise": sets(b={**UNIFORM, "upper": 2.0}),
    "b a constant": sets(b={"distribution": "constant", "value": 3.0}),
    "a parameter more": sets(z=UNIFORM),
    "a pair": {**sets(), "correlations": [{"between": ["b", "c"], "rank": 0.5}]},
}


@pytest.mark.parametrize("change", CHANGES)
def test_two_sets_of_one_model_pair(design, change):
    first, second = simulate(design), simulate(design, CHANGES[change])
    # Groups are factored in name order, so the second of a pair moves.
    for name in {"a"} if "correlations" in CHANGES[change] else {"a", "c"}:
        assert_array_equal(second[name], first[name], err_msg=name)


def test_the_order_of_rows_and_the_outputs_kept_do_not_matter(design):
    first = simulate(design)
    backwards = simulate(design, {"parameters": dict(reversed(sets()["parameters"].items()))})
    few = simulate(design, outputs=["b", "total"])
    for name, values in first.items():
        assert_array_equal(backwards[name], values)
    assert list(few) == ["b"]
    assert_array_equal(few["b"], first["b"])


def test_an_unwanted_parameter_leaves_the_others(design):
    """The axis of a parameter is its place in the model, not among those that the outputs need."""

    def part(a, c):
        return a + c

    def whole(part, b):
        return part + b

    model = mc.Model.from_functions([part, whole])
    narrow, wide = (simulate(design, model=model, outputs=[*"ac", output]) for output in ("part", "whole"))
    for name, values in narrow.items():
        assert_array_equal(wide[name], values)


def test_the_design_stands_in_the_result(design):
    result = mc.simulate(sets(), model=MODEL, draws=64, chains=2, design=design.name)
    assert result.attrs["design"] == design.name
    assert json.loads(result.attrs["prior_set_document"])["parameters"]["a"]["mu"] == 10.0


def test_sobol_is_the_default():
    result = mc.simulate(sets(), model=MODEL, draws=64, chains=2)
    assert result.attrs["design"] == "sobol"


@pytest.mark.parametrize("draws", [7, 256, 300, 1000])
def test_a_latin_hypercube_has_one_draw_in_each_stratum_of_each_parameter(draws):
    result = simulate(designs()["latin_hypercube"], sets(c=UNIFORM), draws=2 * draws)
    for name in "bc":
        for chain in (0, 1):
            assert_array_equal(np.sort(np.floor(result[name][chain] * draws)), np.arange(draws))
    normal = stats.norm(10, 2).cdf(result["a"][0]) * draws
    assert_array_equal(np.sort(np.floor(normal)), np.arange(draws))


@pytest.mark.parametrize("draws", [1, 2, 64, 256, 1024])
def test_sobol_has_one_draw_in_each_stratum_and_each_square(draws):
    result = simulate(designs()["sobol"], sets(a=UNIFORM), draws=2 * draws)
    root = 2 ** ((draws.bit_length() - 1) // 2)
    for chain in (0, 1):
        assert_array_equal(np.sort(np.floor(result["b"][chain] * draws)), np.arange(draws))
        # Axes 0 and 1 are those of a (0, m, 2)-net (Sobol' 1967).
        cells = np.floor(result["a"][chain] * root) * (draws // root) + np.floor(result["b"][chain] * (draws // root))
        assert_array_equal(np.sort(cells), np.arange(draws))
