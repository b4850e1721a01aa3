"""What copulas are drawn from, without a draw: tables, frailties, and how a parameter is found from a correlation."""

import math

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import dblquad
from scipy.special import log_ndtr, ndtr
from scipy.stats import t as student

from mcdemand.copulas import copulas
from mcdemand.copulas import student_t as t_copula
from mcdemand.copulas._table import log_exponential_table, log_gamma_table
from mcdemand.copulas.gumbel import angle_table
from mcdemand.errors import InputError
from mcdemand.kernels import rows as operations
from mcdemand.kernels.rows import WORKSPACE_ROWS
from mcdemand.kernels.table import BOUNDS, interpolate

SCORES = np.linspace(-8.2, 8.2, 83)
GRID = np.linspace(-8.4, 8.4, 673)
WEIGHTS = np.exp(-0.5 * GRID**2) / np.exp(-0.5 * GRID**2).sum()


def look_up(table, arguments):
    return table[0] + table[1] * np.array([interpolate(x, table[BOUNDS:]) for x in np.ravel(arguments)])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_logarithm_of_an_exponential(sign):
    assert_allclose(look_up(log_exponential_table(sign), SCORES), np.log(-log_ndtr(sign * SCORES)), atol=1e-12)


@pytest.mark.parametrize("shape", [0.02, 0.5, 2.0, 100.0, 500.0])
def test_logarithm_of_a_gamma_variable(shape):
    """The distribution function, by mpmath, at what the table gives."""
    scores = SCORES[::9]
    for z, log_ratio in zip(scores, look_up(log_gamma_table(shape, 1.0), scores), strict=True):
        log_g = mpmath.mpf(float(log_ratio)) + mpmath.log(shape)
        below = mpmath.gammainc(shape, 0, mpmath.exp(log_g), regularized=True)
        above = mpmath.gammainc(shape, mpmath.exp(log_g), mpmath.inf, regularized=True)
        density = mpmath.exp(shape * log_g - mpmath.exp(log_g) - mpmath.loggamma(shape))
        miss = (below - mpmath.ncdf(z)) if z < 0 else (mpmath.ncdf(-z) - above)
        # The scale of the logarithm is 1 / shape where that is large.
        assert abs(float(miss / density)) < 2e-11 * max(1.0, 1 / shape), z


@pytest.mark.parametrize("theta", [0.05, 1.0, 2.0, 12.0])
def test_claytons_frailty_has_the_laplace_transform(theta):
    """E exp(-s V) = (1 + s)^(-1 / theta), by the trapezoidal rule in the score of V."""
    v = np.exp(look_up(log_gamma_table(1 / theta, 1.0), GRID)) / theta
    for s in (0.01, 1.0, 40.0):
        assert_allclose(np.exp(-s * v) @ WEIGHTS, (1 + s) ** (-1 / theta), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("theta", [1.0, 1.5, 2.0, 6.0])
def test_gumbels_frailty_has_the_laplace_transform(theta):
    """E exp(-s V) = exp(-s^(1 / theta)), by the trapezoidal rule in both scores."""
    index, every = 1 / theta, slice(None, None, 4)
    angle = look_up(angle_table(index), GRID[every])
    exponential = look_up(log_exponential_table(1.0), GRID[every])
    log_v = (angle[:, np.newaxis] - (1 - index) * exponential) / index
    weights = WEIGHTS[every] / WEIGHTS[every].sum()
    for s in (0.01, 1.0, 5.0):
        with np.errstate(over="ignore"):
            found = weights @ np.exp(-s * np.exp(log_v)) @ weights
        assert_allclose(found, math.exp(-(s**index)), rtol=1e-7)


@pytest.mark.parametrize("theta", [0.1, 3.0, 30.0])
def test_franks_frailty_is_of_the_logarithmic_series(theta, size):
    """Midpoints of both uniforms: P(V <= k) = 1 - E (1 - e^(-theta U))^k against the probabilities of the law."""
    side = size(256, 48)
    u = (np.arange(side) + 0.5) / side
    rows = np.zeros((2 + WORKSPACE_ROWS, side))
    counts = []
    for v in u:
        rows[0], rows[1] = u, v
        operations.log_series(rows, np.array([0, 1]), np.array([theta]))
        counts.append(np.exp(rows[0]).copy())
    v = np.round(np.array(counts))
    assert_allclose(np.array(counts), v, rtol=1e-12)
    p = -math.expm1(-theta)
    for k in (1, 2, 5):
        exact = sum(p**j / (j * theta) for j in range(1, k + 1))
        assert_allclose(np.mean(v <= k), exact, atol=4 / side)


def test_the_inverse_hyperbolic_sine():
    rows = np.zeros((1 + WORKSPACE_ROWS, 9))
    x = np.array([-1e200, -3e5, -2.0, -1e-9, 0.0, 1e-3, 1.0, 700.0, 1e30])
    rows[0] = x
    with np.errstate(over="ignore"):
        operations.asinh(rows, np.array([0]), np.empty(0))
    assert_allclose(rows[0][1:], np.arcsinh(x[1:]), rtol=1e-14, atol=2e-16)
    assert rows[0][0] == -np.inf


@pytest.mark.parametrize(
    ("family", "theta", "generator"),
    [
        ("clayton", 2.0, lambda x: mpmath.power(1 + 2 * mpmath.exp(x), -0.5)),
        ("clayton", 40.0, lambda x: mpmath.power(1 + 40 * mpmath.exp(x), -mpmath.mpf(1) / 40)),
        ("gumbel", 3.0, lambda x: mpmath.exp(-mpmath.exp(x))),
        ("frank", 5.0, lambda x: -mpmath.log(1 - (1 - mpmath.exp(-5)) * mpmath.exp(-mpmath.exp(x))) / 5),
        ("frank", 60.0, lambda x: -mpmath.log(1 - (1 - mpmath.exp(-60)) * mpmath.exp(-mpmath.exp(x))) / 60),
    ],
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_scores_of_the_generator(family, theta, generator, sign):
    """The score's distribution function against psi, by mpmath, from both tails."""
    table = copulas()[family].score_table(theta, sign)
    of_asinh = family == "clayton"
    with mpmath.workdps(60):
        for x in np.linspace(-38.0, 3.5, 24) if not of_asinh else np.linspace(-30.0, 60.0, 24):
            ((score),) = look_up(table, [np.arcsinh(x) if of_asinh else x])
            u = generator(mpmath.mpf(float(x)))
            z = mpmath.mpf(sign * float(score))
            error = (mpmath.ncdf(z) - u) if u < 0.5 else ((1 - u) - mpmath.ncdf(-z))
            assert abs(float(error / mpmath.npdf(z))) < 1e-11, x


@pytest.mark.parametrize("freedom", [1.0, 4.0, 30.0, 1000.0])
def test_scores_of_student_t(freedom):
    table = t_copula.score_table(freedom)
    with mpmath.workdps(30):
        for t in (-50.0, -6.0, -1.5, -0.1, 0.0, 0.7, 3.0, 20.0):
            share = mpmath.mpf(freedom) / (freedom + mpmath.mpf(t) ** 2)
            tail = mpmath.betainc(freedom / 2, 0.5, 0, share, regularized=True) / 2
            (score,) = look_up(table, [np.arcsinh(t)])
            if tail > 1e-16:
                assert_allclose(ndtr(-abs(score)), float(tail), rtol=1e-11)
                assert score * t >= 0


RANKS = [("clayton", 0.3), ("clayton", 2.0), ("gumbel", 1.4), ("gumbel", 2.0), ("frank", 0.5), ("frank", 9.0)]


def joint(family, theta):
    return {
        "clayton": lambda u, v: (u**-theta + v**-theta - 1) ** (-1 / theta),
        "gumbel": lambda u, v: math.exp(-(((-math.log(u)) ** theta + (-math.log(v)) ** theta) ** (1 / theta))),
        "frank": lambda u, v: -math.log1p(math.expm1(-theta * u) * math.expm1(-theta * v) / math.expm1(-theta)) / theta,
    }[family]


@pytest.mark.parametrize(("family", "theta"), RANKS)
def test_spearmans_correlation_is_the_integral_of_the_copula(family, theta):
    integral = dblquad(joint(family, theta), 0, 1, 0, 1, epsabs=1e-6)[0]
    assert_allclose(copulas()[family].spearman(theta), 12 * integral - 3, atol=2e-5)


@pytest.mark.parametrize("latent", [-0.4, 0.5, 0.9])
def test_spearmans_correlation_of_many_degrees_of_freedom_is_that_of_the_gaussian_copula(latent):
    assert_allclose(t_copula.spearman(latent, 1e3), 6 / math.pi * math.asin(latent / 2), atol=1e-4)


def test_spearmans_correlation_of_student_t_is_that_of_the_copula():
    """12 E F(x) F(y) - 3 by the trapezoidal rule over the common scale, given which the pair is normal."""
    freedom, latent = 4.0, 0.5
    v = np.exp(look_up(log_gamma_table(freedom / 2, 1.0), GRID[::8]))
    weights = WEIGHTS[::8] / WEIGHTS[::8].sum()
    z = GRID[::8]
    total = 0.0
    for scale, weight in zip(1 / np.sqrt(v), weights, strict=True):
        x = z[:, np.newaxis] * scale
        y = (latent * z[:, np.newaxis] + math.sqrt(1 - latent**2) * z) * scale
        total += weight * float(weights @ (student.cdf(x, freedom) * student.cdf(y, freedom)) @ weights)
    assert_allclose(t_copula.spearman(latent, freedom), 12 * total - 3, atol=1e-6)


@pytest.mark.parametrize("family", ["clayton", "gumbel", "frank"])
@pytest.mark.parametrize("value", [0.05, 0.5, 0.9])
def test_theta_is_found_from_a_correlation(family, value):
    copula = copulas()[family]
    for key, measure in (("kendall", copula.kendall), ("rank", copula.spearman)):
        theta = copula.read(["a", "b"], {key: value})["theta"]
        assert_allclose(measure(theta), value, rtol=1e-10)
    assert_allclose(copulas()["clayton"].read(["a", "b"], {"kendall": 0.5})["theta"], 2.0, rtol=1e-15)


def test_kendalls_tau_of_frank():
    """Reference values of Genest (1987): tau 1/3 at 3.305, 2/3 at 12.165 (rounded)."""
    assert_allclose(copulas()["frank"].kendall(5.736282707), 0.5, atol=1e-9)
    assert copulas()["frank"].read(["a", "b"], {"kendall": -0.5})["theta"] == pytest.approx(-5.736282707, abs=1e-8)


@pytest.mark.parametrize("rank", [-0.8, 0.0, 0.3, 1.0])
def test_a_latent_correlation_is_found_from_a_rank(rank):
    copula, numbers = copulas()["student_t"], {"degrees_of_freedom": 3.0}
    latent = copula.latent("rank", rank, numbers)
    assert_allclose(copula.rank(latent, numbers), rank, atol=1e-7)
    assert_allclose(copula.latent("kendall", 0.5, numbers), math.sin(math.pi / 4), rtol=1e-15)


@pytest.mark.parametrize(
    ("family", "names", "stated", "rule"),
    [
        ("clayton", "ab", {"kendall": -0.3}, "kendall: -0.3: clayton has no negative dependence; use gaussian"),
        ("clayton", "ab", {"theta": -1.0}, "theta: -1.0: clayton has no negative dependence"),
        ("clayton", "ab", {"theta": 0.0}, "theta: 0.0: must lie between 0.01 and 50"),
        ("clayton", "ab", {"theta": 51.0}, "theta: 51.0: must lie between 0.01 and 50"),
        ("clayton", "ab", {"theta": 2.0, "kendall": 0.5}, "theta and kendall: both are stated; keep one"),
        ("clayton", "ab", {}, "clayton: needs one of theta, kendall, rank"),
        ("gumbel", "ab", {"theta": 0.5}, "theta: 0.5: must lie between 1 and 50"),
        ("gumbel", "ab", {"rank": -0.5}, "gumbel has no negative dependence"),
        ("gumbel", "ab", {"kendall": 1.0}, "kendall: 1.0: must lie between 0 and 0.98"),
        ("frank", "ab", {"theta": 0.0}, "theta: 0.0: must lie between 0.01 and 100 for frank; less is independence"),
        ("frank", "abc", {"theta": -2.0}, "negative dependence between two members only, not 3"),
        ("student_t", "ab", {"rank": 0.5}, "degrees_of_freedom: missing"),
        ("student_t", "ab", {"rank": 0.5, "degrees_of_freedom": 0.0}, "degrees_of_freedom: 0.0: must lie between 1"),
        ("student_t", "ab", {"rank": 0.5, "latent": 0.5, "degrees_of_freedom": 4}, "rank and latent: both are stated"),
    ],
)
def test_numbers_that_a_family_cannot_have(family, names, stated, rule):
    with pytest.raises(InputError, match=rule):
        copulas()[family].read(list(names), stated)


def test_ends_of_the_tables_are_finite():
    for family, numbers in (("clayton", {"theta": 50.0}), ("gumbel", {"theta": 1.0}), ("frank", {"theta": 100.0})):
        for table in copulas()[family].tables(numbers):
            assert np.all(np.isfinite(table))
