"""Distributions of Python libraries as rows: SciPy's own, and look-alikes of squigglepy's and PreliZ's.

Look-alikes have the names and attributes of squigglepy 0.30 and PreliZ 0.21; the tests in `heavy` take the libraries.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import ndtri

import mcdemand as mc
from mcdemand.prior import read_prior
from mcdemand.row_builder import prior_quantiles
from mcdemand.schema import Row

# None of them is where a law with atoms jumps.
LEVELS = np.array([0.001, 0.05, 0.251, 0.503, 0.751, 0.95, 0.999])
HALF = float(-ndtri(0.05))


def quantiles(row):
    return prior_quantiles(read_prior("x", Row.model_validate(row)), LEVELS)


def like(library, name, **attributes):
    """Return an object of a class of that name, in a module of that library."""
    found = type(name, (), {"__module__": f"{library}.distributions"})()
    vars(found).update(attributes)
    return found


NATIVE = {
    "normal": stats.norm(1, 2),
    "lognormal": stats.lognorm(s=0.5, scale=3),
    "uniform": stats.uniform(2, 3),
    "beta": stats.beta(2, 3, loc=1, scale=4),
    "exponential": stats.expon(scale=2),
    "gamma": stats.gamma(2.5, scale=3),
    "inverse_gamma": stats.invgamma(3, scale=2),
    "triangular": stats.triang(0.3, 1, 4),
    "trapezoidal": stats.trapezoid(0.2, 0.6, 1, 4),
    "loguniform": stats.loguniform(1, 100, scale=2),
    "student_t": stats.t(4, 1, 2),
    "cauchy": stats.cauchy(1, 2),
    "laplace": stats.laplace(1, 2),
    "logistic": stats.logistic(1, 2),
    "gumbel": stats.gumbel_r(1, 2),
    "generalized_normal": stats.gennorm(1.5, 1, 2),
    "skew_normal": stats.skewnorm(3, 1, 2),
    "half_normal": stats.halfnorm(scale=2),
    "weibull": stats.weibull_min(1.5, scale=2),
    "pareto": stats.pareto(3, scale=2),
    "power": stats.powerlaw(2, scale=3),
    "log_logistic": stats.fisk(3, scale=2),
    "arcsine": stats.arcsine(1, 2),
    "bernoulli": stats.bernoulli(0.3),
    "binomial": stats.binom(10, 0.3),
    "poisson": stats.poisson(4),
    "geometric": stats.geom(0.2),
    "negative_binomial": stats.nbinom(3, 0.4),
    "discrete_uniform": stats.randint(2, 8, loc=3),
    "scipy:lognorm": stats.lognorm(0.5, loc=1),
    "scipy:gamma": stats.gamma(2.5, 1.0, 3.0),
    "scipy:genextreme": stats.genextreme(0.1, 1, 2),
    "scipy:hypergeom": stats.hypergeom(20, 7, 12),
}


@pytest.mark.parametrize("family", NATIVE)
def test_frozen_law_of_scipy(family):
    row = mc.prior_row(NATIVE[family])
    assert row["distribution"] == family
    assert_allclose(quantiles(row), NATIVE[family].ppf(LEVELS), rtol=1e-9)


@pytest.mark.parametrize("law", [stats.Normal(mu=1, sigma=2), stats.Uniform(a=1, b=3)])
def test_new_law_of_scipy(law):
    assert_allclose(quantiles(mc.prior_row(law)), law.icdf(LEVELS), rtol=1e-9)


def squiggle(name, **attributes):
    return like("squigglepy", f"{name}Distribution", **attributes)


def normal(mean, sd, **more):
    return squiggle("Normal", mean=mean, sd=sd, **more)


SQUIGGLEPY = [
    (squiggle("Constant", x=3), stats.uniform(3, 0)),
    (normal(1.0, 2.0), stats.norm(1, 2)),
    (squiggle("Lognormal", norm_mean=np.float64(0.5), norm_sd=0.8), stats.lognorm(0.8, scale=np.exp(0.5))),
    (squiggle("Uniform", x=1, y=3), stats.uniform(1, 2)),
    (squiggle("Beta", a=2, b=3), stats.beta(2, 3)),
    (squiggle("Triangular", left=1, mode=2, right=4), stats.triang(1 / 3, 1, 3)),
    (squiggle("PERT", left=1, mode=2, right=5, lam=3), stats.beta(1 + 3 / 4, 1 + 9 / 4, 1, 4)),
    (squiggle("Exponential", scale=2), stats.expon(scale=2)),
    (squiggle("Gamma", shape=2.5, scale=3), stats.gamma(2.5, scale=3)),
    (squiggle("Pareto", shape=3), stats.pareto(3)),
    (squiggle("ChiSquare", df=4), stats.chi2(4)),
    (squiggle("T", x=None, y=None, t=4, credibility=None), stats.t(4)),
    (squiggle("T", x=-2, y=2, t=4, credibility=90), stats.t(4, scale=2 / HALF)),
    (squiggle("Binomial", n=10, p=0.3), stats.binom(10, 0.3)),
    (squiggle("Bernoulli", p=0.3), stats.bernoulli(0.3)),
    (squiggle("Poisson", lam=4), stats.poisson(4)),
    (squiggle("Geometric", p=0.2), stats.geom(0.2)),
]


@pytest.mark.parametrize(("law", "expected"), SQUIGGLEPY, ids=lambda law: type(law).__name__)
def test_law_of_squigglepy(law, expected):
    found = quantiles(mc.prior_row(law))
    assert_allclose(found, 3.0 if "Constant" in type(law).__name__ else expected.ppf(LEVELS), rtol=1e-9)


@pytest.mark.parametrize(("lclip", "rclip"), [(-1, None), (None, 2), (-1.0, 2.0), (-50, 50), (None, None)])
def test_clips_put_what_is_beyond_onto_the_bound(lclip, rclip):
    found = quantiles(mc.prior_row(normal(0, 1, lclip=lclip, rclip=rclip)))
    assert_allclose(found, np.clip(ndtri(LEVELS), lclip, rclip), rtol=1e-9)


def test_clips_of_counts():
    law = squiggle("Poisson", lam=4, lclip=2, rclip=6)
    assert_allclose(quantiles(mc.prior_row(law)), np.clip(stats.poisson(4).ppf(LEVELS), 2, 6), rtol=1e-12)


@pytest.mark.parametrize(
    ("items", "values"), [({1: 0.3, 5: 0.7}, (1, 5)), ([[0.3, 1], [0.7, 5]], (1, 5)), ([1, 5], None)]
)
def test_categories_of_numbers(items, values):
    found = quantiles(mc.prior_row(squiggle("Categorical", items=items)))
    assert_allclose(found, np.where(np.greater(LEVELS, 0.3 if values else 0.5), 5, 1))


def test_mixture_of_squigglepy():
    law = squiggle("Mixture", dists=[0, normal(5, 1), normal(9, 1)], weights=[0.2, 0.3, 0.5], lclip=None, rclip=8)
    x = quantiles(mc.prior_row(law))
    below = 0.2 * (x >= 0) + 0.3 * stats.norm(5, 1).cdf(x) + 0.5 * stats.norm(9, 1).cdf(x)
    inside = (x > 0) & (x < 8)
    assert inside.sum() == 2
    assert_allclose(below[inside], LEVELS[inside], rtol=1e-9)
    assert set(x[~inside]) == {0.0, 8.0}


def preliz(name, **attributes):
    return like("preliz", name, **attributes)


PRELIZ = [
    (preliz("Normal", mu=1.0, sigma=2.0), stats.norm(1, 2)),
    (preliz("LogNormal", mu=0.3, sigma=0.5), stats.lognorm(0.5, scale=np.exp(0.3))),
    (preliz("HalfNormal", sigma=2.0), stats.halfnorm(scale=2)),
    (preliz("TruncatedNormal", mu=1.0, sigma=2.0, lower=0.0, upper=np.inf), stats.truncnorm(-0.5, np.inf, 1, 2)),
    (preliz("Beta", alpha=2.0, beta=3.0, mu=0.4), stats.beta(2, 3)),
    (preliz("BetaScaled", alpha=2.0, beta=3.0, lower=1.0, upper=5.0), stats.beta(2, 3, 1, 4)),
    (preliz("Gamma", alpha=2.0, beta=3.0), stats.gamma(2, scale=1 / 3)),
    (preliz("InverseGamma", alpha=3.0, beta=2.0), stats.invgamma(3, scale=2)),
    (preliz("Exponential", lam=2.0, beta=0.5), stats.expon(scale=0.5)),
    (preliz("Weibull", alpha=1.5, beta=2.0), stats.weibull_min(1.5, scale=2)),
    (preliz("Pareto", alpha=3.0, m=2.0), stats.pareto(3, scale=2)),
    (preliz("StudentT", nu=4.0, mu=1.0, sigma=2.0), stats.t(4, 1, 2)),
    (preliz("HalfCauchy", beta=2.0), stats.halfcauchy(scale=2)),
    (preliz("ChiSquared", nu=4.0), stats.chi2(4)),
    (preliz("Moyal", mu=1.0, sigma=2.0), stats.moyal(1, 2)),
    (preliz("LogLogistic", alpha=2.0, beta=3.0), stats.fisk(3, scale=2)),
    (preliz("Gumbel", mu=1.0, beta=2.0), stats.gumbel_r(1, 2)),
    (preliz("SkewNormal", mu=1.0, sigma=2.0, alpha=3.0), stats.skewnorm(3, 1, 2)),
    (preliz("Triangular", lower=1.0, c=2.0, upper=4.0), stats.triang(1 / 3, 1, 3)),
    (preliz("NegativeBinomial", mu=4.0, alpha=2.0), stats.nbinom(2, 1 / 3)),
    (preliz("DiscreteUniform", lower=2.0, upper=7.0), stats.randint(2, 8)),
    (preliz("Truncated", dist=preliz("Normal", mu=0.0, sigma=1.0), lower=-1.0, upper=2.0), stats.truncnorm(-1, 2)),
]


@pytest.mark.parametrize(("law", "expected"), PRELIZ, ids=lambda law: type(law).__name__)
def test_law_of_preliz(law, expected):
    assert_allclose(quantiles(mc.prior_row(law)), expected.ppf(LEVELS), rtol=1e-9)


def test_mixture_and_censored_law_of_preliz():
    one, two = preliz("Normal", mu=0.0, sigma=1.0), preliz("Normal", mu=4.0, sigma=1.0)
    x = quantiles(mc.prior_row(preliz("Mixture", dist=[one, two], weights=np.array([0.3, 0.7]))))
    assert_allclose(0.3 * stats.norm(0, 1).cdf(x) + 0.7 * stats.norm(4, 1).cdf(x), LEVELS, rtol=1e-9)
    censored = quantiles(mc.prior_row(preliz("Censored", dist=one, lower=-1.0, upper=np.inf)))
    assert_allclose(censored, np.maximum(ndtri(LEVELS), -1), rtol=1e-9)


@pytest.mark.parametrize(
    ("law", "problem"),
    [
        (stats.norm, "scipy: norm_gen: no frozen distribution; state its numbers"),
        (stats.norm([1, 2], 1), "scipy: norm: loc: [1, 2]: must be one finite number"),
        (stats.norm(0, -1), "scipy: norm: sigma: -1.0: must be above 0"),
        (stats.norm(0, np.inf), "scipy: norm: scale: inf: must be one finite number"),
        (stats.levy_stable(1.5, 0), "takes SciPy minutes"),
        (stats.multivariate_normal([0, 0]), "scipy: multivariate_normal_frozen: no frozen distribution"),
        (stats.gaussian_kde([1.0, 2.0, 3.0]), "scipy: gaussian_kde: no frozen distribution"),
        (squiggle("LogT", t=4), "squigglepy: LogT: cannot be stated as a row; known: Constant"),
        (squiggle("Complex", left=1, right=2), "squigglepy: Complex: cannot be stated"),
        (squiggle("T", x=1, y=3, t=4, credibility=90), "squigglepy: T: of an interval around another number"),
        (normal(0, 1, correlation_group=object()), "squigglepy: Normal: is correlated with others"),
        (normal(0, 1, lclip=2, rclip=1), "squigglepy: Normal: clipped to 2 and above, and to 1 and below"),
        (squiggle("Normal", mean=None, sd=1), "squigglepy: Normal: mean: None: must be one finite number"),
        (squiggle("Gamma", shape=1, scale=0), "squigglepy: Gamma: scale: 0: must be above 0"),
        (squiggle("Categorical", items=["a", "b"]), "squigglepy: Categorical: items: 'a': must be one finite number"),
        (squiggle("Mixture"), "squigglepy.distributions: MixtureDistribution: its numbers cannot be read"),
        (preliz("Normal"), "preliz: Normal: mu: None: must be one finite number"),
        (preliz("Dirichlet"), "preliz: Dirichlet: cannot be stated as a row"),
        ("2 to 5", "str: no distribution of scipy, squigglepy, preliz"),
        (True, "bool: no distribution"),
        (np.nan, "value: nan: must be one finite number"),
    ],
)
def test_what_no_row_can_state(law, problem):
    with pytest.raises(mc.InputError) as error:
        mc.prior_row(law)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_nesting_ends():
    law = normal(0, 1)
    for _ in range(5000):
        law = squiggle("Mixture", dists=[law], weights=[1.0])
    with pytest.raises(mc.InputError, match="nested deeper than 10"):
        mc.prior_row(law)


def test_a_table_of_distributions():
    found = mc.import_priors({"growth": stats.norm(0, 1), "share": 0.25})
    assert found.rows == {
        "growth": {"distribution": "normal", "mu": 0.0, "sigma": 1.0, "unit": "unstated"},
        "share": {"distribution": "constant", "value": 0.25, "unit": "unstated"},
    }
    with pytest.raises(mc.InputError, match="draws: no option of distributions"):
        mc.import_priors({"growth": 1}, draws=3)
    with pytest.raises(mc.InputError, match="format: 'csv': belongs to a file"):
        mc.import_priors({"growth": 1}, format="csv")
    with pytest.raises(mc.InputError, match="source: list: must be a file"):
        mc.import_priors([1])
