"""The elementary and normal kernels against mpmath, in units in the last place; run as a script it prints digests."""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from mpmath import mp, mpf
from numpy.testing import assert_array_equal
from scipy import special

from mcdemand.kernels import elementary, normal
from mcdemand.kernels.jit import OPTIONS

ROOT = Path(__file__).resolve().parents[2]
POINTS = 300
DIGITS = 100
INF, NAN = float("inf"), float("nan")
COMPILED = not numba.config.DISABLE_JIT

UNARY = {
    "exp": elementary.exp,
    "log": elementary.log,
    "expm1": elementary.expm1,
    "log1p": elementary.log1p,
    "logistic": elementary.logistic,
    "normal_quantile": normal.normal_quantile,
    "normal_cdf": normal.normal_cdf,
}
SPECIALS = [0.0, -0.0, 1.0, -1.0, 0.5, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, INF, -INF, NAN]


def looped(function):
    def loop(x):
        y = np.empty_like(x)
        for i in range(x.size):
            y[i] = function(x[i])
        return y

    return numba.njit(**OPTIONS)(loop)


LOOPS = {name: looped(function) for name, function in UNARY.items()}


@numba.njit(**OPTIONS)
def power_loop(x, y):
    z = np.empty_like(x)
    for i in range(x.size):
        z[i] = elementary.power(x[i], y[i])
    return z


@numba.njit(**OPTIONS)
def gompertz_loop(ratio, growth, time):
    z = np.empty_like(ratio)
    for i in range(ratio.size):
        scale = elementary.log(ratio[i])
        z[i] = elementary.exp(scale * -elementary.expm1(-growth[i] * time[i] / scale))
    return z


def evaluate(loop, *arguments):
    with np.errstate(all="ignore"):
        return loop(*(np.asarray(argument, dtype=np.float64) for argument in arguments))


def uniform(lower, upper, seed=1):
    return np.random.default_rng(seed).uniform(lower, upper, POINTS)


def any_positive(seed=2):
    """Every exponent alike, subnormals included."""
    return np.random.default_rng(seed).integers(1, 0x7FEFFFFFFFFFFFFF, POINTS).view(np.float64)


def log_spread(lower, upper):
    """Both signs, magnitudes of every order between two powers of ten."""
    return 10 ** uniform(lower, upper) * np.random.default_rng(3).choice([-1, 1], POINTS)


def ulps(value, exact):
    """Distance in units of the last place of the exact result, subnormals included."""
    exponent = mp.frexp(exact)[1] if exact else -2000
    return float(abs(mpf(float(value)) - exact) / mpf(2) ** max(exponent - 53, -1074))


def worst_ulps(oracle, values, *arguments):
    with mp.workdps(DIGITS):
        rows = zip(values, *arguments, strict=True)
        return max(ulps(value, oracle(*(mpf(float(x)) for x in row))) for value, *row in rows)


def exact_logistic(x):
    return 1 / (1 + mp.exp(-x))


def exact_quantile(u):
    """Newton's method from SciPy's 15 digits: each step doubles them."""
    z = mpf(float(special.ndtri(float(u))))
    for _ in range(3):
        z += (u - mp.ncdf(z)) / mp.npdf(z)
    return z


CASES = [
    ("exp", mp.exp, uniform(-2, 2), 1),
    ("exp", mp.exp, uniform(-745.2, 709.78), 1),
    ("exp", mp.exp, uniform(-745.2, -708), 1),
    ("log", mp.log, uniform(0.5, 2), 1),
    ("log", mp.log, 1 + log_spread(-15, -2), 1),
    ("log", mp.log, any_positive(), 1),
    ("log", mp.log, 2 ** uniform(-1074, -1022), 1),
    ("expm1", mp.expm1, uniform(-3, 3), 2),
    ("expm1", mp.expm1, uniform(-60, 709.78), 2),
    ("expm1", mp.expm1, log_spread(-320, 0), 2),
    ("log1p", mp.log1p, uniform(-0.9999, 3), 2),
    ("log1p", mp.log1p, any_positive(), 2),
    ("log1p", mp.log1p, log_spread(-320, -0.1), 2),
    ("logistic", exact_logistic, uniform(-10, 10), 3),
    ("logistic", exact_logistic, uniform(-745, 40), 3),
    ("normal_quantile", exact_quantile, uniform(0.001, 0.999), 3),
    ("normal_quantile", exact_quantile, 0.5 + log_spread(-16, -0.31), 3),
    ("normal_quantile", exact_quantile, 10 ** uniform(-300, -3), 20),
    ("normal_quantile", exact_quantile, 1 - 2 ** uniform(-53, -1), 20),
    ("normal_quantile", exact_quantile, np.array([2.0**-53, 1 - 2.0**-53, 0.075, 0.925, 1e-300]), 20),
    ("normal_cdf", mp.ncdf, uniform(-3, 3), 4),
    ("normal_cdf", mp.ncdf, log_spread(-300, 0), 4),
    ("normal_cdf", mp.ncdf, uniform(-37, -3), 20),
]


@pytest.mark.parametrize(("name", "oracle", "points", "bound"), CASES)
def test_stays_within_its_ulps_of_mpmath(name, oracle, points, bound):
    assert worst_ulps(oracle, evaluate(LOOPS[name], points), points) <= bound


@pytest.mark.parametrize("limit", [1, 300, 308])
def test_power_stays_within_two_ulps_of_mpmath(limit):
    base = 10 ** uniform(-limit, limit)
    exponent = uniform(-limit, limit, seed=4) / np.log10(base)
    assert worst_ulps(mp.power, evaluate(power_loop, base, exponent), base, exponent) <= 2


def test_power_near_one_stays_within_two_ulps_of_mpmath():
    base = 1 + log_spread(-15, -1)
    exponent = uniform(-690, 690, seed=4) / np.log(base)
    assert worst_ulps(mp.power, evaluate(power_loop, base, exponent), base, exponent) <= 2


def test_gompertz_growth_loses_little_more_than_its_logarithm():
    ratio, growth, time = 1 + 10 ** uniform(-6, 5), uniform(0.01, 4, seed=5), uniform(0, 12, seed=6)
    values = evaluate(gompertz_loop, ratio, growth, time)
    with mp.workdps(DIGITS):
        for value, *row in zip(values, ratio, growth, time, strict=True):
            m, g, t = (mpf(float(x)) for x in row)
            logarithm = mp.log(m) * -mp.expm1(-g * t / mp.log(m))
            assert ulps(value, mp.exp(logarithm)) <= 4 + 2 * abs(logarithm)


SPECIAL_VALUES = {
    "exp": ([0.0, INF, -INF, NAN, 709.79, -745.2, -1e308], [1.0, INF, 0.0, NAN, INF, 0.0, 0.0]),
    "log": ([0.0, -0.0, 1.0, INF, -INF, -5e-324, NAN], [-INF, -INF, 0.0, INF, NAN, NAN, NAN]),
    "expm1": ([0.0, -0.0, 5e-324, INF, -INF, NAN, 709.79], [0.0, -0.0, 5e-324, INF, -1.0, NAN, INF]),
    "log1p": ([0.0, -0.0, 5e-324, -1.0, -1.5, INF, NAN], [0.0, -0.0, 5e-324, -INF, NAN, INF, NAN]),
    "logistic": ([0.0, INF, -INF, NAN, -800.0], [0.5, 1.0, 0.0, NAN, 0.0]),
    "normal_quantile": ([0.0, 0.5, 1.0, -0.1, 1.1, INF, NAN], [-INF, 0.0, INF, NAN, NAN, NAN, NAN]),
    "normal_cdf": ([0.0, INF, -INF, NAN, -40.0, 1e300], [0.5, 1.0, 0.0, NAN, 0.0, 1.0]),
}


@pytest.mark.parametrize("name", SPECIAL_VALUES)
def test_special_values_are_those_of_ieee_754(name):
    points, expected = SPECIAL_VALUES[name]
    values = evaluate(LOOPS[name], points)
    assert_array_equal(values, expected)
    assert_array_equal(np.signbit(values)[~np.isnan(values)], np.signbit(expected)[~np.isnan(values)])


def test_power_has_the_special_values_of_ieee_754_for_a_base_that_is_not_negative():
    x, y = (grid.ravel() for grid in np.meshgrid([0.0, 0.5, 1.0, 2.0, INF, NAN], [0.0, 2.0, -2.0, INF, -INF, NAN]))
    assert_array_equal(evaluate(power_loop, x, y), evaluate(np.power, x, y))
    assert_array_equal(evaluate(power_loop, [-2.0, -INF], [2.0, 0.5]), [NAN, NAN])


def test_quantile_is_odd_about_one_half():
    u = np.ldexp(np.arange(1.0, 512.0), -10)
    assert_array_equal(evaluate(LOOPS["normal_quantile"], 1 - u), -evaluate(LOOPS["normal_quantile"], u))


def digests():
    """Return the SHA-256 of each function's results, NaN in its one canonical form."""
    spread = np.concatenate([SPECIALS, log_spread(-320, 308), uniform(-40, 40), uniform(0, 1)])
    results = {name: evaluate(loop, spread) for name, loop in LOOPS.items()}
    results["power"] = evaluate(power_loop, spread, np.roll(spread, 1))
    return {
        name: hashlib.sha256(np.where(np.isnan(result), np.nan, result).tobytes()).hexdigest()
        for name, result in results.items()
    }


@pytest.mark.skipif(not COMPILED, reason="the compiled run compares the two")
def test_compiled_and_interpreted_results_have_the_same_bits():
    other = {**os.environ, "NUMBA_DISABLE_JIT": str(int(COMPILED)), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(Path(__file__).resolve())]
    answer = subprocess.run(command, env=other, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == digests()


@pytest.mark.skipif(not COMPILED or platform.machine() not in {"x86_64", "AMD64"}, reason="reads x86-64 machine code")
@pytest.mark.parametrize("name", [*UNARY, "power"])
def test_a_loop_over_the_function_vectorises(name):
    loop = LOOPS.get(name, power_loop)
    evaluate(loop, *[np.ones(2)] * (1 + (name == "power")))
    code = "".join(loop.inspect_asm().values())
    assert len(re.findall(r"\bvf?n?m(?:ul|add\d+)pd\s.*%[yz]mm", code)) >= 10


def test_coefficients_are_those_that_mpmath_derives():
    sys.path.insert(0, str(ROOT / "tests" / "references"))
    try:
        from elementary_coefficients import tables
    finally:
        sys.path.pop(0)
    for name, table in tables().items():
        assert table == getattr(elementary, name, getattr(normal, name, None)), name


if __name__ == "__main__":
    sys.stdout.write(json.dumps(digests()))
