"""SciPy's laws by name: as SciPy draws them, refused where it cannot."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pieced_laws import law_of
from scipy import stats
from scipy.special import ndtri

from mcdemand.distributions import find_distribution
from mcdemand.distributions.scipy import TOO_SLOW, laws
from mcdemand.errors import PriorSetError
from mcdemand.prior_set import load_prior_set

LEVELS = np.array([1e-3, 0.013, 0.12, 0.31, 0.47])
TAIL = np.array([1e-12, 1e-9, 1e-6])
CONTINUOUS = {
    "alpha": {"a": 3.6},
    "arcsine": {"loc": -1.0, "scale": 2.0},
    "burr12": {"c": 10.0, "d": 4.0},
    "cauchy": {"loc": 2.0, "scale": 0.5},
    "chi2": {"df": 55.0},
    "dweibull": {"c": 2.1},
    "exponweib": {"a": 2.9, "c": 1.95},
    "fisk": {"c": 3.1},
    "gamma": {"a": 0.3, "scale": 4.0},
    "genextreme": {"c": -0.1},
    "gengamma": {"a": 4.4, "c": -3.1},
    "gumbel_r": {"loc": 3.0, "scale": 2.0},
    "invgauss": {"mu": 0.15},
    "johnsonsu": {"a": 2.55, "b": 2.25},
    "levy": {},
    "loggamma": {"c": 0.4},
    "moyal": {},
    "nct": {"df": 14.0, "nc": 0.24},
    "norm": {"loc": -2.0, "scale": 3.0},
    "powerlaw": {"a": 0.65},
    "t": {"df": 2.75},
    "trapezoid": {"c": 0.2, "d": 0.8},
    "truncnorm": {"a": 0.1, "b": 2.0},
    "vonmises_line": {"kappa": 4.0},
    "weibull_min": {"c": 1.8},
}
WITHOUT_TAILS = ("alpha", "fisk", "loggamma", "moyal", "vonmises_line", "trapezoid", "arcsine", "levy", "powerlaw")
"""Laws whose quantiles SciPy does not find exactly far out: from a difference to 1, or next to a bound."""
DISCRETE = {
    "betabinom": {"n": 20.0, "a": 2.3, "b": 0.63},
    "dlaplace": {"a": 0.8},
    "hypergeom": {"M": 70.0, "n": 30.0, "N": 12.0},
    "logser": {"p": 0.6},
    "nbinom": {"n": 5.0, "p": 0.4, "loc": 3.0},
    "planck": {"lambda_": 0.51},
    "skellam": {"mu1": 15.0, "mu2": 8.0},
    "zipf": {"a": 6.6},
}


def refusal(row):
    with pytest.raises(PriorSetError) as error:
        load_prior_set({"parameters": {"x": row}})
    return str(error.value).removeprefix("mapping: parameters.x.")


@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_are_scipys_to_a_billionth_in_the_body(name):
    law, exact = law_of({"distribution": f"scipy:{name}", **CONTINUOUS[name]}), getattr(stats, name)(**CONTINUOUS[name])
    spread = exact.ppf(0.9) - exact.ppf(0.1)
    assert_allclose(law.quantiles(ndtri(LEVELS)), exact.ppf(LEVELS), rtol=1e-9, atol=1e-12 * spread)
    assert_allclose(law.quantiles(-ndtri(LEVELS)), exact.isf(LEVELS), rtol=1e-9, atol=1e-12 * spread)


@pytest.mark.parametrize("name", sorted(set(CONTINUOUS) - set(WITHOUT_TAILS)))
def test_tails_are_scipys(name):
    law, exact = law_of({"distribution": f"scipy:{name}", **CONTINUOUS[name]}), getattr(stats, name)(**CONTINUOUS[name])
    spread = exact.ppf(0.9) - exact.ppf(0.1)
    assert_allclose(law.quantiles(ndtri(TAIL)), exact.ppf(TAIL), rtol=1e-8, atol=1e-15 * spread)
    assert_allclose(law.quantiles(-ndtri(TAIL)), exact.isf(TAIL), rtol=1e-8)


def test_a_tail_that_scipy_loses_is_integrated():
    """SciPy takes moyal's upper tail from 1; exactly it is erf(sqrt(e^-x / 2)) (Moyal 1955)."""
    law = law_of({"distribution": "scipy:moyal"})
    x = np.array([5.0, 30.0, 50.0])
    assert_allclose(
        stats.norm.sf(law.normal_scores(x)), [math.erf(math.sqrt(math.exp(-one) / 2)) for one in x], rtol=1e-9
    )


@pytest.mark.parametrize("name", DISCRETE)
def test_steps_are_scipys(name):
    law, exact = law_of({"distribution": f"scipy:{name}", **DISCRETE[name]}), getattr(stats, name)(**DISCRETE[name])
    assert_array_equal(law.quantiles(ndtri(LEVELS)), exact.ppf(LEVELS))
    x = np.unique(law.quantiles(np.linspace(-4, 4, 50)))
    assert_allclose(stats.norm.cdf(law.normal_scores(x)), exact.cdf(x), rtol=1e-9)
    assert_allclose(stats.norm.sf(law.normal_scores(x, of_less=True)), exact.sf(x - 1), rtol=1e-9)


def test_parameters_have_scipys_names():
    names = {name: [p.name for p in find_distribution(f"scipy:{name}").parameters] for name in ("gengamma", "binom")}
    assert names == {"gengamma": ["a", "c", "loc", "scale"], "binom": ["n", "p", "loc"]}
    assert find_distribution("scipy:gamma") is find_distribution("scipy:gamma")


def test_a_row_is_drawn_mixed_and_truncated(draw, size):
    gamma = {"distribution": "scipy:gamma", "a": 2}
    row = {"distribution": "mixture", "components": [gamma, {"distribution": "normal", "mu": 9, "sigma": 1}]}
    count = size(50_000, 1_000)
    x = draw({"parameters": {"x": row, "y": {**gamma, "truncation": {"lower": 1, "upper": 3}}}}, count)
    assert stats.kstest(x["x"][0], lambda v: (stats.gamma(2).cdf(v) + stats.norm(9).cdf(v)) / 2).pvalue > 1e-6
    low, high = stats.gamma(2).cdf([1, 3])
    assert stats.kstest(x["y"][0], lambda v: (stats.gamma(2).cdf(v) - low) / (high - low)).pvalue > 1e-6


def test_every_name_is_one_of_scipys_laws():
    assert all(isinstance(law, stats.rv_continuous | stats.rv_discrete) for law in laws().values())
    assert len(laws()) > 120
    assert laws().keys() > TOO_SLOW


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (
            {"distribution": "scipy:gama", "a": 1},
            "distribution: 'scipy:gama': SciPy has no such law; did you mean 'gamma'?",
        ),
        ({"distribution": "scipy:rv_continuous"}, "SciPy has no such law"),
        ({"distribution": "scipy:__class__"}, "SciPy has no such law"),
        ({"distribution": "scipy:multivariate_normal"}, "SciPy has no such law"),
        ({"distribution": "scipy"}, "distribution: 'scipy': name one of its laws, such as \"scipy:gamma\""),
        ({"distribution": "normal:gamma"}, "distribution: 'normal:gamma': unknown"),
        ({"distribution": "scipy:levy_stable", "alpha": 1.8, "beta": 0}, "takes SciPy minutes"),
        ({"distribution": "scipy:gamma"}, "a: missing; scipy:gamma needs a"),
        ({"distribution": "scipy:gamma", "a": -1}, "distribution: SciPy's gamma takes no such numbers: a = -1"),
        ({"distribution": "scipy:gamma", "a": 1, "scale": 0}, "scale: 0.0: must be above 0"),
        ({"distribution": "scipy:gamma", "a": math.nan}, "a: nan: must be finite"),
        ({"distribution": "scipy:gamma", "alpha": 1}, "alpha: unknown"),
        ({"distribution": "scipy:gamma", "p5": 1, "p95": 3}, "p5: scipy:gamma is not stated by quantiles"),
        ({"distribution": "scipy:binom", "n": 2.5, "p": 0.5}, "SciPy's binom takes no such numbers"),
        ({"distribution": "scipy:zipf", "a": 1.5}, "so wide a scipy:zipf draws over 131072 different numbers"),
        ({"distribution": "scipy:poisson_binom", "p": 0.5}, "SciPy's poisson_binom takes no such numbers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_scipy_does_not_have_is_refused(row, rule):
    assert rule in refusal(row)
