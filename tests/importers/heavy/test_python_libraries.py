"""Distributions that squigglepy and PreliZ made, as rows: against PreliZ's quantiles, and squigglepy's draws.

Needs a Python that has squigglepy, named by MCDEMAND_SQUIGGLEPY, and one with PreliZ, by MCDEMAND_PRELIZ. Passed with
squigglepy 0.30 and PreliZ 0.21.0. What objects hold comes as JSON, and is put into classes of the same names here.
"""

import json
import os
import subprocess

import numpy as np
import pytest
from numpy.testing import assert_allclose

import mcdemand as mc
from mcdemand.prior import read_prior
from mcdemand.row_builder import prior_quantiles
from mcdemand.schema import Row

pytestmark = pytest.mark.heavy

# None of them is where a law with atoms jumps.
LEVELS = [0.001, 0.05, 0.251, 0.503, 0.751, 0.95, 0.999]
DRAWS = 20_000
FAR = 5
"""Standard errors; the seed is fixed."""

DUMP = """
import json, sys
import numpy as np
LIBRARY, LEVELS, DRAWS = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])

def dump(x):
    if isinstance(x, (list, tuple, np.ndarray)):
        return [dump(one) for one in x]
    if isinstance(x, dict):
        return {"pairs": [[dump(key), dump(value)] for key, value in x.items()]}
    if isinstance(x, (bool, int, float, np.number)):
        return float(x)
    if type(x).__module__.startswith(LIBRARY):
        return {"class": type(x).__name__, "module": type(x).__module__,
                "held": {key: dump(value) for key, value in vars(x).items()}}
    return None

def answer(laws, shown):
    print(json.dumps([[name, dump(law), shown(law)] for name, law in laws.items()]))
"""
PRELIZ = """
import preliz as pz
answer({text: eval(text, {"pz": pz}) for text in json.loads(sys.argv[4])},
       lambda law: [float(law.ppf(p)) for p in LEVELS])
"""
SQUIGGLEPY = """
import squigglepy as sq
sq.set_seed(7)
answer({text: eval(text, {"sq": sq}) for text in json.loads(sys.argv[4])},
       lambda law: [np.mean(np.array(law @ DRAWS) <= 1), *np.quantile(law @ DRAWS, LEVELS[1:-1])])
"""
PRELIZ_LAWS = """Normal(1,2) LogNormal(.3,.5) HalfNormal(2) Uniform(1,3) Beta(2,3) Beta(mu=.3,sigma=.1)
BetaScaled(2,3,1,5) Kumaraswamy(2,3) Gamma(2,3) InverseGamma(3,2) Exponential(2) Weibull(1.5,2) Pareto(3,2)
Cauchy(1,2) HalfCauchy(2) ChiSquared(4) Moyal(1,2) Laplace(1,2) Logistic(1,2) LogLogistic(2,3) LogitNormal(.3,.5)
Gumbel(1,2) Triangular(1,2,4) Bernoulli(.3) Binomial(10,.3) Poisson(4.2) Geometric(.2) NegativeBinomial(4,2)
DiscreteUniform(2,7) Truncated(pz.Gamma(2,3),.2,2) Censored(pz.Normal(0,1),-1,1)
Mixture([pz.Normal(0,1),pz.Normal(4,1)],[.3,.7])
StudentT(4,1,2) HalfStudentT(4,2) SkewNormal(1,2,3) TruncatedNormal(1,2,0,4)"""
# PreliZ's own quantiles of these are less exact; test_python_laws.py compares the rows with SciPy's.
LESS_EXACT = {"StudentT": 1e-8, "HalfStudentT": 1e-8, "SkewNormal": 1e-4, "TruncatedNormal": 1e-5, "Mixture": 1e-5}
SQUIGGLEPY_LAWS = """to(2,5) to(-2,5) norm(mean=1,sd=2) norm(0,1,credibility=80,lclip=-.5,rclip=1.2) lognorm(1,10)
lognorm(lognorm_mean=5,lognorm_sd=2) uniform(1,3) beta(2,3) triangular(1,2,4) pert(1,2,5,lam=3) exponential(2)
gamma(2.5,3) pareto(3) chisquare(4) tdist(t=4) tdist(-2,2,t=4) binomial(10,.3) bernoulli(.3)
poisson(4) geometric(.2) const(3) discrete({1:.3,5:.7}) discrete([[.3,1],[.7,5]]) discrete([1,5,9])
mixture([sq.norm(1,2),sq.norm(5,9)],[.3,.7]) zero_inflated(.2,sq.to(1,2))"""


def run(library, variable, code, laws):
    python = os.environ.get(variable, "")
    if not python:
        pytest.skip(f"needs {variable}: a Python that has {library}")
    words = [library, json.dumps(LEVELS), str(DRAWS), json.dumps(laws)]
    done = subprocess.run(
        [python, "-W", "ignore", "-c", DUMP + code, *words], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def rebuilt(held):
    """Return what an object held as one of a class of the same name."""
    if isinstance(held, list):
        return [rebuilt(one) for one in held]
    if not isinstance(held, dict):
        return held
    if "pairs" in held:
        return {rebuilt(key): rebuilt(value) for key, value in held["pairs"]}
    found = type(held["class"], (), {"__module__": held["module"]})()
    vars(found).update({key: rebuilt(value) for key, value in held["held"].items()})
    return found


def quantiles(row, levels):
    return prior_quantiles(read_prior("x", Row.model_validate(row)), levels)


def test_quantiles_are_those_of_preliz():
    for name, held, expected in run("preliz", "MCDEMAND_PRELIZ", PRELIZ, [f"pz.{law}" for law in PRELIZ_LAWS.split()]):
        tolerance = LESS_EXACT.get(held["class"], 2e-9)
        assert_allclose(quantiles(mc.prior_row(rebuilt(held)), LEVELS), expected, rtol=tolerance, err_msg=name)


def test_draws_of_squigglepy_follow_the_row():
    """The share of draws up to a quantile of the draws: that of the row, by the row's own distribution function."""
    for name, held, shown in run(
        "squigglepy", "MCDEMAND_SQUIGGLEPY", SQUIGGLEPY, [f"sq.{law}" for law in SQUIGGLEPY_LAWS.split()]
    ):
        law = read_prior("x", Row.model_validate(mc.prior_row(rebuilt(held)))).law
        for value, level in zip([1.0, *shown[1:]], [shown[0], *LEVELS[1:-1]], strict=True):
            error = FAR * np.sqrt(max(level * (1 - level), 1 / DRAWS) / DRAWS)
            if law.family.score == "none":
                assert value in (1.0, 3.0)
                continue
            less, no_more = (shares(law, value, of_less) for of_less in (True, False))
            assert less - error <= level <= no_more + error, (name, value)


def shares(law, value, of_less):
    from scipy.special import ndtr

    return float(ndtr(law.normal_scores(np.array([value]), of_less=of_less)[0]))
