"""Pairs and triples of every copula against its closed form: joint probabilities, rank correlations, margins.

Draws are independent, and every comparison is off once in a million times at most.
"""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

FALSE_ALARM_RATE = 1e-6
LEVELS = np.array([(0.01, 0.01), (0.05, 0.02), (0.3, 0.3), (0.5, 0.9), (0.2, 0.8), (0.9, 0.9), (0.98, 0.97)])
UNIFORM = {"distribution": "uniform", "lower": 0, "upper": 1}


def clayton(theta):
    return lambda u, v: (u**-theta + v**-theta - 1) ** (-1 / theta)


def gumbel(theta):
    return lambda u, v: math.exp(-(((-math.log(u)) ** theta + (-math.log(v)) ** theta) ** (1 / theta)))


def frank(theta):
    return lambda u, v: -math.log1p(math.expm1(-theta * u) * math.expm1(-theta * v) / math.expm1(-theta)) / theta


def student_t(latent, freedom):
    """By quadrature of the conditional law (Demarta and McNeil 2005, section 3)."""

    def joint(u, v):
        x, y = stats.t.ppf([u, v], freedom)
        scale = math.sqrt((freedom + 1) / (1 - latent**2))

        def integrand(s):
            return stats.t.pdf(s, freedom) * stats.t.cdf(
                (y - latent * s) * scale / math.sqrt(freedom + s * s), freedom + 1
            )

        return quad(integrand, -np.inf, x, epsabs=1e-9)[0]

    return joint


def gaussian(latent):
    return lambda u, v: stats.multivariate_normal([0, 0], [[1, latent], [latent, 1]]).cdf(stats.norm.ppf([u, v]))


def turned(joint):
    return lambda u, v: u + v - 1 + joint(1 - u, 1 - v)


CASES = [
    ({"family": "gaussian", "latent": 0.5}, gaussian(0.5)),
    ({"family": "student_t", "latent": 0.5, "degrees_of_freedom": 4}, student_t(0.5, 4)),
    ({"family": "student_t", "latent": -0.7, "degrees_of_freedom": 1}, student_t(-0.7, 1)),
    ({"family": "clayton", "theta": 2.0}, clayton(2.0)),
    ({"family": "clayton", "theta": 0.3}, clayton(0.3)),
    ({"family": "clayton", "theta": 2.0, "survival": True}, turned(clayton(2.0))),
    ({"family": "gumbel", "theta": 2.0}, gumbel(2.0)),
    ({"family": "gumbel", "theta": 1.0}, lambda u, v: u * v),
    ({"family": "gumbel", "theta": 8.0, "survival": True}, turned(gumbel(8.0))),
    ({"family": "frank", "theta": 5.0}, frank(5.0)),
    ({"family": "frank", "theta": -8.0}, frank(-8.0)),
    ({"family": "frank", "theta": 30.0}, frank(30.0)),
]


def label(value):
    return "-".join(map(str, value.values())) if isinstance(value, dict) else ""


@pytest.fixture(scope="module")
def pair(draw, size):
    """Return two uniforms under a copula."""
    known = {}

    def drawn(stated):
        key = label(stated)
        if key not in known:
            priors = {"parameters": {"a": UNIFORM, "b": UNIFORM}, "dependence": [{"members": ["a", "b"], **stated}]}
            x = draw(priors, size(400_000, 512), seed=8)
            known[key] = x["a"][0], x["b"][0]
        return known[key]

    return drawn


def within(count, probability, draws, comparisons):
    tail = FALSE_ALARM_RATE / (2 * comparisons)
    return stats.binom.ppf(tail, draws, probability) <= count <= stats.binom.isf(tail, draws, probability)


@pytest.mark.parametrize(("stated", "joint"), CASES, ids=label)
def test_joint_probabilities_are_those_of_the_closed_form(stated, joint, pair):
    a, b = pair(stated)
    for u, v in LEVELS:
        assert within(np.sum((a <= u) & (b <= v)), joint(u, v), a.size, len(LEVELS)), (u, v)


@pytest.mark.parametrize("stated", [stated for stated, _ in CASES], ids=label)
def test_margins_stay_uniform(stated, pair):
    for values in pair(stated):
        assert stats.kstest(values, "uniform").pvalue > FALSE_ALARM_RATE / 2


# Reference problems 28 and 29: Kendall's tau, Spearman's rho.
KNOWN = [
    ({"family": "gaussian", "latent": 0.5}, 1 / 3, 0.4825837395),
    ({"family": "gaussian", "latent": 0.7}, 0.4936333778, 0.6829105038),
    ({"family": "student_t", "latent": 0.5, "degrees_of_freedom": 4}, 1 / 3, None),
    ({"family": "clayton", "theta": 2.0}, 0.5, 0.6822338333),
    ({"family": "clayton", "theta": 2.0, "survival": True}, 0.5, 0.6822338333),
    ({"family": "gumbel", "theta": 2.0}, 0.5, None),
    ({"family": "frank", "theta": -8.0}, None, None),
]


@pytest.mark.parametrize(("stated", "tau", "rho"), KNOWN, ids=label)
def test_rank_correlations(stated, tau, rho, pair, size):
    """Fisher's interval, with the variance of tau bounded by 2 (1 - tau^2) / n (Kendall 1948, 5.19)."""
    a, b = pair(stated)
    error = stats.norm.isf(FALSE_ALARM_RATE / 4)
    if tau is not None:
        few = size(20_000, 512)
        found = stats.kendalltau(a[:few], b[:few]).statistic
        assert abs(found - tau) < error * math.sqrt(2 * (1 - tau**2) / few)
    if rho is not None:
        found = stats.spearmanr(a, b).statistic
        assert abs(math.atanh(found) - math.atanh(rho)) < error * math.sqrt(1.5 / (a.size - 3))


@pytest.mark.parametrize(
    ("stated", "joint"),
    [case for case in CASES if case[0].get("theta") == 2.0 or "degrees_of_freedom" in case[0]],
    ids=label,
)
def test_tails_come_together_as_often_as_the_copula_says(stated, joint, pair):
    """How often b is beyond a far level where a is, at both ends."""
    a, b = pair(stated)
    for u in (0.002, 0.01):
        assert within(np.sum((a <= u) & (b <= u)), joint(u, u), a.size, 4)
        assert within(np.sum((a > 1 - u) & (b > 1 - u)), turned(joint)(u, u), a.size, 4)


def test_tail_dependence_of_the_closed_forms_is_known():
    """Reference problems 28 and 29: the joints that draws are held against have the limits that they should have."""
    u = 1e-9
    np.testing.assert_allclose(clayton(2.0)(u, u) / u, 0.7071067812, rtol=1e-8)
    limit = 2 * stats.t.cdf(-math.sqrt(5 * 0.5 / 1.5), 5)
    np.testing.assert_allclose(limit, 0.2531699951, rtol=1e-9)
    np.testing.assert_allclose(student_t(0.5, 4)(1e-4, 1e-4) / 1e-4, limit, rtol=0.05)


@pytest.mark.parametrize("family", ["clayton", "gumbel", "frank", "student_t"])
def test_every_pair_of_a_group_has_the_same_law(family, draw, size):
    count, u = size(200_000, 256), 0.2
    stated = {"theta": 3.0} if family != "student_t" else {"latent": 0.5, "degrees_of_freedom": 4}
    joint = {"clayton": clayton(3.0), "gumbel": gumbel(3.0), "frank": frank(3.0), "student_t": student_t(0.5, 4)}[
        family
    ]
    priors = {
        "parameters": dict.fromkeys("abcd", UNIFORM),
        "dependence": [{"family": family, "members": list("dbca"), **stated}],
    }
    x = draw(priors, count, seed=9)
    for first, second in ("ab", "ac", "ad", "bc", "bd", "cd"):
        both = np.sum((x[first][0] <= u) & (x[second][0] <= u))
        assert within(both, joint(u, u), count, 6), (first, second)
    if family in ("clayton", "gumbel"):
        generator = (lambda s: s**-3.0 - 1) if family == "clayton" else (lambda s: (-math.log(s)) ** 3.0)
        whole = 4 * generator(u)
        exact = (1 + whole) ** (-1 / 3) if family == "clayton" else math.exp(-(whole ** (1 / 3)))
        assert within(np.sum(np.all([x[name][0] <= u for name in "abcd"], axis=0)), exact, count, 1)
