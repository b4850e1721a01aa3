"""Derive every polynomial of the elementary and normal kernels with mpmath; run it to print them.

All are interpolants, of a relative error a small factor above the minimax one: at Chebyshev nodes for polynomials, at
Chebyshev nodes of a Moebius-transformed variable for rational functions, whose degree such a map keeps.
"""

from collections.abc import Callable

from mpmath import mp, mpf

DIGITS = 60
type Function = Callable[[mpf], mpf]
type Table = tuple[float, ...]


def chebyshev_nodes(lower: mpf, upper: mpf, count: int) -> list[mpf]:
    half = mpf(upper - lower) / 2
    return [lower + half - half * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]


def moebius_nodes(lower: mpf, upper: mpf, count: int, centre: float) -> list[mpf]:
    """Points t whose images (t - c) / (t + c) are Chebyshev nodes: the smaller the centre, the denser at small t."""
    first, last = ((t - centre) / (t + centre) for t in (mpf(lower), mpf(upper)))
    return [centre * (1 + w) / (1 - w) for w in chebyshev_nodes(first, last, count)]


def fit_rational(function: Function, nodes: list[mpf], numerator: int, denominator: int) -> tuple[Table, Table]:
    """Interpolate by P / Q of the given degrees with Q(0) = 1, highest powers first."""
    rows, right = [], []
    for x in nodes:
        value = function(x)
        rows.append([x**j / value for j in range(numerator + 1)] + [-(x**j) for j in range(1, denominator + 1)])
        right.append(mpf(1))
    solution = [float(c) for c in mp.lu_solve(mp.matrix(rows), mp.matrix(right))]
    top, bottom = solution[: numerator + 1], [1.0, *solution[numerator + 1 :]]
    return tuple(reversed(top)), tuple(reversed(bottom))


def fit_polynomial(function: Function, lower: mpf, upper: mpf, degree: int) -> Table:
    return fit_rational(function, chebyshev_nodes(mpf(lower), mpf(upper), degree + 1), degree, 0)[0]


def exp_remainder(r: mpf) -> mpf:
    """(exp(r) - 1 - r - r**2 / 2) / r**3."""
    return (mp.expm1(r) - r - r * r / 2) / r**3


def log_remainder(z: mpf) -> mpf:
    """(log((1 + s) / (1 - s)) / s - 2) / z, z = s**2."""
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) / s - 2) / z


def log_pair_remainder(z: mpf) -> mpf:
    """The same, less its constant, divided by z."""
    return (log_remainder(z) - mpf(2) / 3) / z


def central_correction(r: mpf, shift: float) -> mpf:
    """(z / q - sqrt(2 pi)) / q**2 for q = Phi(z) - 1/2 and r = shift - q**2."""
    square = mpf(shift) - r
    q = mp.sqrt(square)
    return (mp.sqrt(2) * mp.erfinv(2 * q) / q - mp.sqrt(2 * mp.pi)) / square


def tail_correction(t: mpf, shift: float) -> mpf:
    """z - r for z > 0 with sqrt(-log(Phi(-z))) = r and t = r - shift, by Newton's method."""
    root = t + mpf(shift)
    z, step = mp.sqrt(2) * root, mpf(1)
    while abs(step) > mpf(10) ** (15 - DIGITS):
        tail = mp.ncdf(-z)
        step = (mp.log(tail) + root**2) * tail / mp.npdf(z)
        z += step
    return z - root


def mills_correction(t: mpf) -> mpf:
    """h(t) with exp(-t**2 / 2) / Phi(-t) = 2 + 3 t / 2 + t h(t)."""
    return (2 * mp.exp(-t * t / 2) / mp.erfc(t / mp.sqrt(2)) - 2) / t - mpf(3) / 2


def tables() -> dict[str, Table]:
    """Every table by the name of its constant."""
    with mp.workdps(DIGITS):
        widest = mp.log(2) / 2 * mpf("1.001")
        widest_square = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.001")
        central = moebius_nodes(mpf(0), mpf(0.180625), 15, 0.15)
        tail = moebius_nodes(mpf(-0.0005), mpf(25.7), 21, 4.5)
        mills = moebius_nodes(mpf("1e-9"), mpf(40), 21, 4.0)
        top, bottom = fit_rational(lambda r: central_correction(r, 0.180625), central, 7, 7)
        tail_top, tail_bottom = fit_rational(lambda t: tail_correction(t, 1.6), tail, 10, 10)
        mills_top, mills_bottom = fit_rational(mills_correction, mills, 10, 10)
        return {
            "EXP_COEFFICIENTS": (*fit_polynomial(exp_remainder, -widest, widest, 9), 0.5),
            "LOG_COEFFICIENTS": fit_polynomial(log_remainder, mpf(0), widest_square, 7),
            "LOG_PAIR_COEFFICIENTS": fit_polynomial(log_pair_remainder, mpf(0), widest_square, 8),
            "CENTRAL_NUMERATOR": top,
            "CENTRAL_DENOMINATOR": bottom,
            "TAIL_NUMERATOR": tail_top,
            "TAIL_DENOMINATOR": tail_bottom,
            "MILLS_NUMERATOR": mills_top,
            "MILLS_DENOMINATOR": mills_bottom,
        }


if __name__ == "__main__":
    for name, table in tables().items():
        print(f"{name} = (", *(f"    {c!r}," for c in table), ")", sep="\n")  # noqa: T201
