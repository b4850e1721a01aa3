"""What every family promises, tested over the folder."""

import importlib
import json
import math
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import pytest
import smooth_laws
from example_laws import CONTINUOUS, EXAMPLES, LAWS, ORACLES, label
from numpy.testing import assert_allclose
from pieced_laws import PIECED
from scipy.special import ndtri

from mcdemand.distributions import distributions
from mcdemand.errors import InputError, PriorSetError
from mcdemand.prior_set import load_prior_set

TAIL = (2.0**-53, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.499)
LEVELS = np.array([*TAIL, 0.5, *(1 - p for p in reversed(TAIL))])
SCORES = np.array([*(ndtri(p) for p in TAIL), 0.0, *(-ndtri(p) for p in reversed(TAIL))])
RELATIVE_ERROR = 1e-12
PIECE_ERROR = 1e-10
ADAPTIVE = ("generalized_normal", "trapezoidal")
"""Families drawn from adaptive pieces, which are as exact as 2e-11; tables are as exact as 5e-13."""
FROZEN = json.loads((Path(__file__).parents[1] / "references" / "mpmath_quantiles.json").read_text(encoding="ascii"))

law = pytest.mark.parametrize(("family", "values"), LAWS, ids=label)
continuous_law = pytest.mark.parametrize(("family", "values"), CONTINUOUS, ids=label)


@cache
def kernel_numbers(family, items):
    return distributions()[family].kernel_numbers(dict(items))


def numbers_of(family, values):
    return kernel_numbers(family, tuple(values.items()))


def quantiles(family, values, scores=SCORES):
    """Quantiles from the least to the greatest score that a draw can have."""
    member = distributions()[family]
    numbers = numbers_of(family, values)
    with np.errstate(all="ignore"):
        return np.array([member.quantile(s, numbers) for s in (scores if member.score == "normal" else LEVELS)])


def tolerances(family, values):
    """Of what is on the real axis, an error counts against the law's spread, where the value is near 0."""
    relative = PIECE_ERROR if family in ADAPTIVE else RELATIVE_ERROR
    crosses = distributions()[family].tabulated and distributions()[family].ends(values)[0] < 0
    spread = np.ptp(quantiles(family, values, ndtri([0.25, 0.75]))) if crosses or family in ADAPTIVE else 0.0
    return {"rtol": relative, "atol": max(1e-15, spread * (RELATIVE_ERROR if crosses else 1e-16))}


def refusal(row):
    with pytest.raises(PriorSetError) as error:
        load_prior_set({"parameters": {"x": row}})
    return str(error.value)


def test_every_family_has_examples():
    assert set(EXAMPLES) | set(PIECED) == set(distributions())


def test_members_are_named_after_their_files():
    for name, member in distributions().items():
        assert name == member.name
        assert importlib.import_module(f"mcdemand.distributions.{name}").DISTRIBUTION is member


@law
def test_quantile_is_monotone_and_finite(family, values):
    found = quantiles(family, values)
    assert np.all(np.isfinite(found))
    assert np.all(np.diff(found) >= 0)


@continuous_law
def test_quantile_rises_strictly(family, values):
    assert np.all(np.diff(quantiles(family, values)[5:-5]) > 0)


@pytest.mark.parametrize("frozen", FROZEN["laws"], ids=lambda law: f"{law['family']}-{label(law['values'])}")
def test_quantile_agrees_with_thirty_digits_in_body_and_tails(frozen):
    family, values = frozen["family"], frozen["values"]
    scores = np.array([*ndtri(FROZEN["levels"]), 0.0, *-ndtri(FROZEN["levels"][::-1])])
    assert_allclose(quantiles(family, values, scores), frozen["quantiles"], **tolerances(family, values))


def test_all_smooth_laws_are_frozen():
    frozen = [(law["family"], law["values"]) for law in FROZEN["laws"]]
    assert frozen == [(family, values) for family in smooth_laws.EXAMPLES for values in smooth_laws.EXAMPLES[family]]


@pytest.mark.parametrize(("family", "values"), [one for one in CONTINUOUS if one[0] not in smooth_laws.EXAMPLES])
def test_quantile_agrees_with_the_oracle_in_body_and_tails(family, values):
    oracle = ORACLES[family](**values)
    if distributions()[family].score == "normal":
        exact = [*map(oracle.ppf, TAIL), oracle.ppf(0.5), *map(oracle.isf, reversed(TAIL))]
    else:
        exact = oracle.ppf(LEVELS)
    assert_allclose(quantiles(family, values), exact, rtol=RELATIVE_ERROR, atol=1e-15)


@continuous_law
def test_the_familys_own_oracle_is_the_same_law(family, values):
    oracle = distributions()[family].oracle(values)
    exact = ORACLES[family](**values)
    levels = (0.01, 0.3, 0.5, 0.8, 0.999)
    assert_allclose([oracle.ppf(u) for u in levels], [exact.ppf(u) for u in levels], rtol=RELATIVE_ERROR)
    assert_allclose([oracle.cdf(exact.ppf(u)) for u in levels], levels, rtol=1e-10)


@continuous_law
def test_quantile_undoes_score_of(family, values):
    member = distributions()[family]
    numbers = numbers_of(family, values)
    x = quantiles(family, values)[2:-2]
    with np.errstate(all="ignore"):
        again = [member.quantile(member.score_of(float(value), values), numbers) for value in x]
    assert_allclose(again, x, **tolerances(family, values))


@continuous_law
def test_score_of_covers_the_whole_line(family, values):
    member = distributions()[family]
    first, last = (-math.inf, math.inf) if member.score == "normal" else (0.0, 1.0)
    with np.errstate(all="ignore"):
        assert member.score_of(-math.inf, values) == first
        assert member.score_of(math.inf, values) == last


@continuous_law
def test_bounded_laws_stay_within_their_bounds(family, values):
    found = quantiles(family, values)
    if "upper" in values:
        assert found[-1] <= values["upper"] * (1 + math.copysign(1e-14, values["upper"]))
    if "lower" in values:
        assert found[0] >= values["lower"] * (1 - math.copysign(1e-14, values["lower"]))


@pytest.mark.parametrize(("alpha", "beta"), [(10.4, 9.6), (2.0, 12.0), (0.5, 0.5)])
@pytest.mark.parametrize("level", [2.0**-53, 1e-9, 0.01, 0.4])
def test_beta_probability_by_quadrature(alpha, beta, level):
    member = distributions()["beta"]
    numbers = member.kernel_numbers({"alpha": alpha, "beta": beta, "lower": 0.0, "upper": 1.0})
    x = member.quantile(ndtri(level), numbers)
    with mpmath.workdps(40):
        found = float(mpmath.betainc(alpha, beta, 0, mpmath.mpf(float(x)), regularized=True))
    assert_allclose(found, level, rtol=alpha * RELATIVE_ERROR)


def test_categorical_is_the_number_of_cumulative_weights_that_are_at_most_u():
    member = distributions()["categorical"]
    numbers = member.kernel_numbers({"categories": ("a", "b", "c"), "weights": (0.25, 0.0, 0.75)})
    assert [member.quantile(u, numbers) for u in (1e-9, 0.2499, 0.25, 0.2501, 0.9999)] == [0, 0, 2, 2, 2]


def test_a_category_without_weight_never_comes_up():
    """Weights may miss 1 by rounding; what is missing belongs to the last category that has a weight."""
    weights = (0.333333333, 0.333333333, 0.333333333, 0.0)
    numbers = distributions()["categorical"].kernel_numbers({"categories": ("a", "b", "c", "d"), "weights": weights})
    assert distributions()["categorical"].quantile(1 - 2.0**-53, numbers) == 2


def test_loguniform_spans_the_whole_range_of_doubles():
    values = {"lower": 1e-300, "upper": 1e300}
    numbers = distributions()["loguniform"].kernel_numbers(values)
    found = [distributions()["loguniform"].quantile(u, numbers) for u in (0.25, 0.5, 0.75)]
    assert_allclose(found, [1e-150, 1.0, 1e150], rtol=1e-12)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, True, "1", None, [1.0]], ids=repr)
@pytest.mark.parametrize("family", sorted(set(EXAMPLES) - {"categorical"}))
def test_every_parameter_must_be_a_finite_number(family, bad):
    values = EXAMPLES[family][0]
    for name in values:
        assert f"mapping: parameters.x.{name}: " in refusal({"distribution": family, **values, name: bad})


@pytest.mark.parametrize("family", sorted(EXAMPLES))
def test_a_missing_parameter_is_named(family):
    for parameter in distributions()[family].parameters:
        values = {k: v for k, v in EXAMPLES[family][0].items() if k != parameter.name}
        if parameter.default is None:
            assert f"parameters.x.{parameter.name}: missing; {family} needs" in refusal(
                {"distribution": family, **values}
            )
        else:
            load_prior_set({"parameters": {"x": {"distribution": family, **values}}})


@pytest.mark.parametrize("family", sorted(EXAMPLES))
def test_an_unknown_key_brings_the_nearest_name(family):
    values = EXAMPLES[family][0]
    last = list(values)[-1]
    message = refusal({"distribution": family, **values, last + "x": 1.0})
    assert f"parameters.x.{last}x: unknown; did you mean {last!r}?" in message


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"distribution": "normal", "mu": 0, "sigma": 0}, "sigma: 0.0: must be above 0"),
        ({"distribution": "normal", "mu": 0, "sigma": -1}, "sigma: -1.0: must be above 0"),
        ({"distribution": "lognormal", "mu": 0, "sigma": -0.0}, "sigma: -0.0: must be above 0"),
        ({"distribution": "uniform", "lower": 2, "upper": 1}, "upper: 1.0: must be above lower"),
        ({"distribution": "uniform", "lower": 1, "upper": 1}, "upper: 1.0: must be above lower"),
        ({"distribution": "loguniform", "lower": 0, "upper": 1}, "lower: 0.0: must be above 0"),
        ({"distribution": "loguniform", "lower": 3, "upper": 2}, "upper: 2.0: must be above lower"),
        ({"distribution": "triangular", "lower": 1, "mode": 6, "upper": 5}, "mode: 6.0: must lie between"),
        ({"distribution": "triangular", "lower": 1, "mode": 1, "upper": 1}, "upper: 1.0: must be above lower"),
        ({"distribution": "beta", "alpha": 0, "beta": 1}, "alpha: 0.0: must be above 0"),
        ({"distribution": "beta", "alpha": 1, "beta": 1, "lower": 2}, "upper: 1.0: must be above lower"),
        (
            {"distribution": "two_piece_lognormal", "lower": 1, "median": 1, "sigma_lower": 1, "sigma_upper": 1},
            "median: 1.0: must be above lower",
        ),
        ({"distribution": "categorical", "categories": ["a"], "weights": [0.5, 0.5]}, "must be as many as categories"),
        ({"distribution": "categorical", "categories": ["a", "a"], "weights": [0.5, 0.5]}, "must differ"),
        ({"distribution": "categorical", "categories": ["a", "b"], "weights": [1.5, -0.5]}, "must not be negative"),
        ({"distribution": "categorical", "categories": ["a", "b"], "weights": [0.5, 0.4]}, "they sum to 0.9"),
        ({"distribution": "categorical", "categories": ["a", "b"], "weights": [0.5, math.nan]}, "must be finite"),
        ({"distribution": "categorical", "categories": ["a", "b"], "weights": [True, 0]}, "must be a list of numbers"),
        ({"distribution": "categorical", "categories": ["a", 1], "weights": [0.5, 0.5]}, "must be a list of names"),
        ({"distribution": "categorical", "categories": [], "weights": []}, "must be a list of names"),
        ({"distribution": "lognormall", "mu": 0, "sigma": 1}, "unknown; did you mean 'lognormal'?"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_rule_is_named(row, rule):
    assert rule in refusal(row)


def test_complete_fills_defaults_in():
    full = distributions()["beta"].complete({"alpha": 2.0, "beta": 3.0})
    assert full == {"alpha": 2.0, "beta": 3.0, "lower": 0.0, "upper": 1.0}
    with pytest.raises(InputError, match="alpha: missing"):
        distributions()["beta"].complete({"beta": 3.0})
