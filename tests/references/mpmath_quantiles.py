"""Write mpmath_quantiles.json: quantiles of the smooth families' example laws, to 30 digits before rounding.

Run it from the root: `python -m tests.references.mpmath_quantiles`. It shares nothing with the package but the example
parameters; SciPy gives the values where searches begin.
"""

import json
from collections.abc import Callable
from pathlib import Path

import mpmath
from mpmath import mpf
from scipy import stats

from tests.distributions.smooth_laws import EXAMPLES

FILE = Path(__file__).with_name("mpmath_quantiles.json")
LEVELS = (2.0**-53, 1e-12, 1e-6, 1e-3, 0.05, 0.3)
"""Of the lower tail, then of the upper one; the median is apart."""
DIGITS = 30

Number = mpf
Quantile = Callable[..., Number]


def find(probability: Callable[[Number], Number], p: Number, start: float) -> Number:
    """Return the x > 0 with a probability, searched in the logs of both."""
    first = mpmath.log(start)
    guesses = first, first + mpf("1e-4")
    return mpmath.exp(mpmath.findroot(lambda t: mpmath.log(probability(mpmath.exp(t)) / p), guesses, solver="secant"))


def normal(p: Number, q: Number) -> Number:
    if p > q:
        return -normal(q, p)
    return mpf(0) if p == q else -find(lambda z: mpmath.ncdf(-z), p, -stats.norm.ppf(float(p)))


def gamma(p: Number, q: Number, shape: Number) -> Number:
    """Of rate 1."""
    if p < mpf("1e-6"):
        start = (p * mpmath.gamma(1 + shape)) ** (1 / shape)
        return find(lambda x: mpmath.gammainc(shape, 0, x, regularized=True), p, max(start, mpf("1e-4000")))
    if p < q:
        start = stats.gamma.ppf(float(p), float(shape))
        return find(lambda x: mpmath.gammainc(shape, 0, x, regularized=True), p, start)
    start = stats.gamma.isf(float(q), float(shape))
    return find(lambda x: mpmath.gammainc(shape, x, mpmath.inf, regularized=True), q, start)


def odds(p: Number, q: Number, a: Number, b: Number) -> Number:
    """Of a beta value: x / (1 - x)."""
    if p > q:
        return 1 / odds(q, p, b, a)
    start = stats.beta.ppf(float(p), float(a), float(b)) / stats.beta.isf(float(p), float(b), float(a))
    return find(lambda ratio: mpmath.betainc(a, b, 0, ratio / (1 + ratio), regularized=True), p, start)


def half_student(p: Number, q: Number, nu: Number) -> Number:
    return mpmath.sqrt(nu * odds(p, q, mpf(1) / 2, nu / 2))


def sized(size: Callable[[Number, Number], Number], p: Number, q: Number) -> Number:
    """Of a law that is symmetric around 0, from the law of its size."""
    if p == q:
        return mpf(0)
    value = size(1 - 2 * min(p, q), 2 * min(p, q))
    return value if p > q else -value


def skew_normal(p: Number, q: Number, alpha: Number) -> Number:
    if p > q:
        return -skew_normal(q, p, -alpha)
    # Deep on the thin side the density is like that of a normal value with its scale.
    scale = 1 / mpmath.sqrt(1 + alpha**2) if alpha > 0 else mpf(1)
    start = stats.skewnorm.ppf(float(p), float(alpha)) if p > mpf("1e-4") else scale * stats.norm.ppf(float(p))

    def below(x: Number) -> Number:
        # The integrand bends within a few 1 / alpha of 0, and 12 of its scales before x nothing is left of it.
        first = min(x, mpf(0))
        knots = [first - scale * k for k in (12, 8, 6, 4, 3, 2, 1, 0)]
        bend = [k / abs(alpha) for k in (-12, -6, -3, 3, 6, 12) if knots[0] < k / abs(alpha) < x]
        return 2 * mpmath.quad(lambda t: mpmath.npdf(t) * mpmath.ncdf(alpha * t), sorted({*knots, *bend, x}))

    bracket = start - 3 * scale, start + 3 * scale
    return mpmath.findroot(lambda x: mpmath.log(below(x) / p), bracket, solver="anderson", tol=mpf("1e-40"))


def trapezoid(p: Number, q: Number, lower: Number, start: Number, stop: Number, upper: Number) -> Number:
    span = upper + stop - start - lower
    if p * span < start - lower:
        return lower + mpmath.sqrt(p * span * (start - lower))
    return upper - mpmath.sqrt(q * span * (upper - stop)) if q * span < upper - stop else (
        (lower + start + p * span) / 2
    )  # fmt: skip


def between(lower: Number, upper: Number, ratio: Number) -> Number:
    return (lower + upper * ratio) / (1 + ratio)


def kumaraswamy(p: Number, q: Number, a: Number, b: Number) -> Number:
    return (-mpmath.expm1(mpmath.log(q) / b if p > q else mpmath.log1p(-p) / b)) ** (1 / a)


LAWS: dict[str, Quantile] = {
    "arcsine": lambda p, _q, lower, upper: lower + (upper - lower) * mpmath.sin(mpmath.pi * p / 2) ** 2,
    "cauchy": lambda p, _q, alpha, beta: alpha - beta * mpmath.cot(mpmath.pi * p),
    "exponential": lambda _p, q, lam: -mpmath.log(q) / lam,
    "gamma": lambda p, q, alpha, beta: gamma(p, q, alpha) / beta,
    "generalized_normal": lambda p, q, mu, alpha, beta: (
        mu + alpha * sized(lambda inside, outside: gamma(inside, outside, 1 / beta) ** (1 / beta), p, q)
    ),
    "gumbel": lambda p, _q, mu, beta: mu - beta * mpmath.log(-mpmath.log(p)),
    "half_normal": lambda _p, q, sigma: sigma * normal(1 - q / 2, q / 2),
    "half_student_t": lambda p, q, nu, sigma: sigma * half_student(p, q, nu),
    "inverse_gamma": lambda p, q, alpha, beta: beta / gamma(q, p, alpha),
    "kumaraswamy": lambda p, q, a, b, lower, upper: lower + (upper - lower) * kumaraswamy(p, q, a, b),
    "laplace": lambda p, q, mu, b: mu + b * (mpmath.log(2 * p) if p < q else -mpmath.log(2 * q)),
    "log_logistic": lambda p, q, alpha, beta: alpha * (p / q) ** (1 / beta),
    "logistic": lambda p, q, mu, s: mu + s * mpmath.log(p / q),
    "logit_normal": lambda p, q, mu, sigma, lower, upper: between(lower, upper, mpmath.exp(mu + sigma * normal(p, q))),
    "pareto": lambda _p, q, alpha, m: m * q ** (-1 / alpha),
    "pert": lambda p, q, lower, mode, upper, weight: between(
        lower,
        upper,
        odds(p, q, 1 + weight * (mode - lower) / (upper - lower), 1 + weight * (upper - mode) / (upper - lower)),
    ),
    "power": lambda p, _q, alpha, upper: upper * p ** (1 / alpha),
    "skew_normal": lambda p, q, mu, sigma, alpha: mu + sigma * skew_normal(p, q, alpha),
    "student_t": lambda p, q, nu, mu, sigma: (
        mu + sigma * sized(lambda inside, outside: half_student(inside, outside, nu), p, q)
    ),
    "trapezoidal": lambda p, q, lower, mode_lower, mode_upper, upper: trapezoid(
        p, q, lower, mode_lower, mode_upper, upper
    ),
    "weibull": lambda _p, q, alpha, beta: beta * (-mpmath.log(q)) ** (1 / alpha),
}


def quantiles(family: str, values: dict[str, float]) -> list[float]:
    """Return quantiles from the least to the greatest level."""
    exact = {name: mpf(value) for name, value in values.items()}
    low = [(mpf(p), 1 - mpf(p)) for p in LEVELS]
    pairs = [*low, (mpf(1) / 2, mpf(1) / 2), *((q, p) for p, q in reversed(low))]
    return [float(LAWS[family](p, q, **exact)) for p, q in pairs]


def main() -> None:
    mpmath.mp.dps = DIGITS
    known = json.loads(FILE.read_text(encoding="ascii"))["laws"] if FILE.exists() else []
    laws = []
    for family, values in ((name, values) for name, all_values in EXAMPLES.items() for values in all_values):
        found = next((law for law in known if (law["family"], law["values"]) == (family, values)), None)
        laws.append(found or {"family": family, "values": values, "quantiles": quantiles(family, values)})
        write([*laws, *(law for law in known if law not in laws and law["values"] in EXAMPLES[law["family"]])])


def write(laws: list[dict[str, object]]) -> None:
    head = f'{{\n "made_by": {{"mpmath": "{mpmath.__version__}"}},\n "levels": {json.dumps(LEVELS)},\n "laws": [\n'
    FILE.write_text(head + ",\n".join(f"  {json.dumps(law)}" for law in laws) + "\n ]\n}\n", encoding="ascii")


if __name__ == "__main__":
    main()
