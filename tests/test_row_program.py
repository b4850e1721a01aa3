"""The prior side as a program: which draw belongs to which name, and parameters that vary by year."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtr, ndtri
from scipy.stats import kstest, norm

from mcdemand.designs import designs
from mcdemand.designs._design import Axis
from mcdemand.designs.random import source
from mcdemand.errors import PriorSetError
from mcdemand.kernels.philox import BLOCK, fill_uniforms
from mcdemand.kernels.sobol import INDEX_BITS
from mcdemand.prior_set import load_prior_set
from mcdemand.row_builder import Layout, build_program, prior_quantiles

FALSE_ALARM_RATE = 1e-6
NORMAL = {"distribution": "normal", "mu": 10, "sigma": 2}
LAWS = {
    "normal": NORMAL,
    "lognormal": {"distribution": "lognormal", "mu": 0.5, "sigma": 0.7},
    "triangular": {"distribution": "triangular", "lower": 0, "mode": 1, "upper": 4},
    "beta": {"distribution": "beta", "alpha": 2, "beta": 5},
    "truncated": {"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"lower": -0.5}},
    "category": {"distribution": "categorical", "categories": ["a", "b", "c"], "weights": [0.2, 0.3, 0.5]},
    "constant": {"distribution": "constant", "value": 3},
}


def prior_set(**laws):
    return {"parameters": laws}


def yearly(kind, law=NORMAL, **more):
    return {**law, "varies": {"kind": kind, **more}}


def uniforms(name, count, *, seed=0, chain=0, step=0):
    """The draws' uniforms straight from the generator; the generator has tests of its own."""
    blocks = [np.empty(BLOCK) for _ in range(-(-count // BLOCK))]
    for block, row in enumerate(blocks):
        fill_uniforms(row, *source(Axis(seed, name, step))[:2], chain, step, block)
    return np.concatenate(blocks)[:count]


def correlation_band(expected, count):
    error = norm.isf(FALSE_ALARM_RATE / 2) / math.sqrt(count - 3)
    return math.tanh(math.atanh(expected) - error), math.tanh(math.atanh(expected) + error)


def test_a_draw_is_the_quantile_of_its_names_uniform(draw):
    x = draw(prior_set(**LAWS), 600, seed=7, chain=3)
    u = {name: uniforms(name, 600, seed=7, chain=3) for name in LAWS}
    assert_allclose(x["normal"][0], 10 + 2 * ndtri(u["normal"]), rtol=1e-14)
    assert_allclose(x["lognormal"][0], np.exp(0.5 + 0.7 * ndtri(u["lognormal"])), rtol=1e-14)
    start = ndtr(-0.5)
    assert_allclose(x["truncated"][0], ndtri(start + (1 - start) * u["truncated"]), rtol=1e-11, atol=1e-14)
    assert_array_equal(x["category"][0], np.searchsorted([0.2, 0.5], u["category"], side="right"))
    assert_array_equal(x["constant"][0], np.full(600, 3.0))


def test_other_parameters_change_no_draw(draw):
    together = draw(prior_set(**LAWS), 300)
    for name, law in LAWS.items():
        assert_array_equal(draw(prior_set(**{name: law}), 300)[name], together[name])
    backwards = draw(prior_set(**dict(reversed(LAWS.items()))), 300)
    for name in LAWS:
        assert_array_equal(backwards[name], together[name])


def test_asking_for_fewer_names_changes_no_draw(draw):
    together = draw(prior_set(**LAWS), 300)
    some = draw(prior_set(**LAWS), 300, names=["triangular", "beta"])
    assert list(some) == ["beta", "triangular"]
    for name, values in some.items():
        assert_array_equal(values, together[name])


def test_more_draws_begin_with_the_fewer(draw):
    few, many = draw(prior_set(**LAWS), 300), draw(prior_set(**LAWS), 1000)
    for name, values in few.items():
        assert_array_equal(many[name][:, :300], values)


def test_any_block_can_be_replayed_alone(draw):
    whole = draw(prior_set(**LAWS), 1024, seed=5)
    part = draw(prior_set(**LAWS), 200, seed=5, first_draw=512)
    for name, values in part.items():
        assert_array_equal(values, whole[name][:, 512:712])


def test_seeds_and_chains_are_different_draws(draw):
    found = [
        draw(prior_set(normal=NORMAL), 256, **place)["normal"]
        for place in ({}, {"seed": 1}, {"chain": 1}, {"seed": 2**63 - 1})
    ]
    assert np.unique(found).size == 4 * 256


def test_two_prior_sets_share_common_random_numbers(draw):
    wide = draw(prior_set(x={**NORMAL, "sigma": 4}, y=NORMAL), 256)
    narrow = draw(prior_set(x=NORMAL), 256)
    assert_allclose((wide["x"] - 10) / 4, (narrow["x"] - 10) / 2, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", sorted(set(LAWS) - {"constant"}))
@pytest.mark.parametrize(
    "kind", [{"kind": "independent"}, {"kind": "ar1", "persistence": 0.7}], ids=lambda kind: kind["kind"]
)
def test_every_year_has_the_stated_law(draw, size, name, kind):
    count = size(40_000, 1_500)
    law = LAWS[name]
    x = draw(prior_set(x={**law, "varies": kind}), count, steps=3, seed=8)["x"]
    assert x.shape == (3, count)
    levels = np.linspace(0.02, 0.98, 49)
    exact = prior_quantiles(load_prior_set(prior_set(x=law)).parameters["x"], levels)
    for year in x:
        if name == "category":
            assert_allclose(np.bincount(year.astype(int)) / count, law["weights"], atol=2.6 / math.sqrt(count))
        else:
            below = np.mean(year[:, None] <= exact, axis=0)
            assert np.max(np.abs(below - levels)) < math.sqrt(math.log(2 / FALSE_ALARM_RATE) / (2 * count))


def test_independent_years_are_independent(draw, size):
    count = size(40_000, 1_500)
    x = draw(prior_set(x=yearly("independent")), count, steps=3, seed=9)["x"]
    low, high = correlation_band(0.0, count)
    for i, j in ((0, 1), (1, 2), (0, 2)):
        assert low < np.corrcoef(x[i], x[j])[0, 1] < high


@pytest.mark.parametrize("persistence", [0.6, -0.4, 0.99])
def test_ar1_scores_follow_the_recursion(draw, persistence):
    """z_t = rho z_{t-1} + sqrt(1 - rho**2) e_t with z_0 = e_0, X_t = Q(Phi(z_t))."""
    law = LAWS["lognormal"]
    x = draw(prior_set(x=yearly("ar1", law, persistence=persistence)), 300, steps=4, seed=10)["x"]
    e = [ndtri(uniforms("x", 300, seed=10, step=step)) for step in range(4)]
    z = e[0]
    for step in range(4):
        z = e[0] if step == 0 else persistence * z + math.sqrt(1 - persistence**2) * e[step]
        assert_allclose(x[step], np.exp(0.5 + 0.7 * z), rtol=1e-12)


def test_ar1_scores_have_the_stated_lag_correlations(draw, size):
    count = size(40_000, 1_500)
    x = draw(prior_set(x=yearly("ar1", persistence=0.6)), count, steps=4, seed=11)["x"]
    for lag in (1, 2, 3):
        low, high = correlation_band(0.6**lag, count)
        assert low < np.corrcoef(x[0], x[lag])[0, 1] < high


def test_random_walk_adds_on_the_real_axis(draw, size):
    count = size(40_000, 1_500)
    x = draw(prior_set(x=yearly("random_walk", step=0.3)), count, steps=4, seed=12)["x"]
    e = np.array([ndtri(uniforms("x", count, seed=12, step=step)) for step in range(4)])
    assert_allclose(x, 10 + 2 * e[0] + 0.3 * np.cumsum(np.where(np.arange(4)[:, None] > 0, e, 0), axis=0), rtol=1e-13)
    expected = np.sqrt(4 + 0.09 * np.arange(4))
    assert_allclose(x.std(axis=1), expected, rtol=norm.isf(FALSE_ALARM_RATE / 8) / math.sqrt(2 * count))


def test_random_walk_multiplies_on_the_positive_axis(draw):
    law = {"distribution": "two_piece_lognormal", "p5": 1, "p50": 2, "p95": 9}
    x = draw(prior_set(x=yearly("random_walk", law, step=0.3)), 300, steps=3, seed=13)["x"]
    e = [ndtri(uniforms("x", 300, seed=13, step=step)) for step in range(3)]
    assert_array_equal(x[0], draw(prior_set(x=law), 300, seed=13)["x"][0])
    assert_allclose(x[1], x[0] * np.exp(0.3 * e[1]), rtol=1e-13)
    assert_allclose(x[2], x[1] * np.exp(0.3 * e[2]), rtol=1e-13)


@pytest.mark.parametrize(
    "kind", [{"kind": "independent"}, {"kind": "ar1", "persistence": 0.5}], ids=lambda kind: kind["kind"]
)
def test_yearly_parameters_can_be_correlated(draw, size, kind):
    count = size(40_000, 1_500)
    laws = {name: {**NORMAL, "varies": kind} for name in "ab"}
    x = draw({**prior_set(**laws), "correlations": [{"between": ["a", "b"], "latent": 0.8}]}, count, steps=3, seed=14)
    for year in range(3):
        low, high = correlation_band(0.8, count)
        assert low < np.corrcoef(x["a"][year], x["b"][year])[0, 1] < high
    low, high = correlation_band(0.8 * kind.get("persistence", 0.0), count)
    assert low < np.corrcoef(x["a"][0], x["b"][1])[0, 1] < high


def test_steps_of_correlated_walks_are_correlated(draw, size):
    count = size(40_000, 1_500)
    laws = {name: yearly("random_walk", step=0.3) for name in "ab"}
    x = draw({**prior_set(**laws), "correlations": [{"between": ["a", "b"], "latent": -0.7}]}, count, steps=2, seed=15)
    low, high = correlation_band(-0.7, count)
    assert low < np.corrcoef(x["a"][1] - x["a"][0], x["b"][1] - x["b"][0])[0, 1] < high


def test_more_years_change_no_earlier_draw(draw):
    priors = {
        **prior_set(
            a=yearly("ar1", persistence=0.5),
            b=yearly("ar1", persistence=0.5),
            c=yearly("random_walk", step=1.0),
            d=NORMAL,
        ),
        "correlations": [{"between": ["a", "b"], "rank": 0.5}],
    }
    few, many = draw(priors, 300, steps=2), draw(priors, 300, steps=5)
    for name in few:
        assert_array_equal(many[name][: len(few[name])], few[name])


def test_rows_of_a_program():
    priors = load_prior_set(
        {
            **prior_set(a=NORMAL, b=yearly("independent"), c=NORMAL, d=NORMAL),
            "correlations": [{"between": ["a", "d"], "rank": 0.5}],
        }
    )
    program = build_program(priors, ["d", "b", "c"], 4, Layout(0))
    assert program.names == ("b", "c", "d")
    assert [program.rows_of(name) for name in program.names] == [slice(0, 4), slice(4, 5), slice(5, 6)]
    assert program.stride.tolist() == [1, 0, 0]
    assert program.row_count == 7


def test_a_source_names_its_design():
    """Row, number of the design, then what the design draws it from; a constant has none."""
    priors = load_prior_set(prior_set(a=NORMAL, b=NORMAL, c=LAWS["constant"]))
    widths = {"random": 5, "latin_hypercube": 5, "sobol": 4 + INDEX_BITS}
    for name, width in widths.items():
        layout = Layout(3, name, ("a", "b", "c"), 64)
        program = build_program(priors, "abc", 1, layout)
        assert program.sources.shape == (2, width)
        assert program.sources[:, 0].tolist() == [0, 1]
        assert program.sources[:, 1].tolist() == [sorted(widths).index(name)] * 2
        axis = Axis(3, "b", 0, 1, 64)
        assert tuple(program.sources[1, 2:]) == tuple(designs()[name].source(axis))


def test_an_uncertain_draw_is_never_at_its_extreme(draw, size):
    x = draw(prior_set(x={"distribution": "uniform", "lower": 0, "upper": 1}), size(100_000, 2_000))["x"][0]
    assert x.min() > 0
    assert x.max() < 1
    assert kstest(x, "uniform").pvalue > FALSE_ALARM_RATE


def test_prior_quantiles_take_256_levels():
    prior = load_prior_set(prior_set(x=NORMAL)).parameters["x"]
    levels = np.linspace(0.002, 0.998, BLOCK)
    assert_allclose(prior_quantiles(prior, levels), 10 + 2 * ndtri(levels), rtol=1e-14)
    assert_allclose(prior_quantiles(load_prior_set(prior_set(x=LAWS["constant"])).parameters["x"], (0.1, 0.9)), 3.0)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({**NORMAL, "varies": {"kind": "ar1"}}, "ar1 takes persistence"),
        ({**NORMAL, "varies": {"kind": "ar1", "persistence": 1.0}}, "less than 1"),
        ({**NORMAL, "varies": {"kind": "ar1", "persistence": math.nan}}, "less than 1"),
        ({**NORMAL, "varies": {"kind": "ar1", "persistence": 0.5, "step": 1.0}}, "ar1 takes persistence"),
        ({**NORMAL, "varies": {"kind": "independent", "step": 1.0}}, "independent takes neither"),
        ({**NORMAL, "varies": {"kind": "random_walk"}}, "random_walk takes step"),
        ({**NORMAL, "varies": {"kind": "random_walk", "step": 0.0}}, "greater than 0"),
        ({**NORMAL, "varies": {"kind": "random_walk", "step": math.inf}}, "finite"),
        ({**NORMAL, "varies": {"kind": "brownian"}}, "varies.kind"),
        ({**NORMAL, "varies": {"kind": "random_walk", "step": 1.0}, "truncation": {"lower": 0}}, "not truncated"),
        (
            {"distribution": "beta", "alpha": 1, "beta": 2, "varies": {"kind": "random_walk", "step": 1.0}},
            "random walk needs",
        ),
        (
            {
                "distribution": "two_piece_lognormal",
                "lower": 1,
                "p5": 2,
                "p50": 3,
                "p95": 4,
                "varies": {"kind": "random_walk", "step": 1.0},
            },
            "random walk needs",
        ),
        ({"distribution": "constant", "value": 1, "varies": {"kind": "independent"}}, "a constant does not vary"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_yearly_parameters_that_make_no_sense_are_refused(row, problem):
    with pytest.raises(PriorSetError, match=r"parameters\.a\.varies") as error:
        load_prior_set({"parameters": {"a": row}})
    assert problem in str(error.value)
