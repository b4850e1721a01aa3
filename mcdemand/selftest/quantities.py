"""The equations of the problems, each quantity by its number in the table."""

import math

from mcdemand.math import exp, log, power, sqrt
from mcdemand.units import Ratio

NOMINAL_MASS_MG = 1e5
AIR_DENSITY = 1.2
SPEED_OF_LIGHT = 299_792_458.0
MOLAR_MASS_CONSTANT = 1e-3


def sum_of_normals(n1: Ratio, n2: Ratio, n3: Ratio, n4: Ratio) -> Ratio:
    """Problem 1: N1 + N2 + N3 + N4."""
    return n1 + n2 + n3 + n4


def sum_of_rectangles(r1: Ratio, r2: Ratio, r3: Ratio, r4: Ratio) -> Ratio:
    """Problem 2: R1 + R2 + R3 + R4."""
    return r1 + r2 + r3 + r4


def mass(weight: Ratio, added: Ratio, air: Ratio, density_weight: Ratio, density_reference: Ratio) -> Ratio:
    """Problem 3: (m + d) (1 + (a - 1.2) (1 / w - 1 / r)) - 1e5 mg."""
    buoyancy = (air - AIR_DENSITY) * (1 / density_weight - 1 / density_reference)
    return (weight + added) * (1 + buoyancy) - NOMINAL_MASS_MG


def log_of_uniform(u_log: Ratio) -> Ratio:
    """Problem 5: ln X."""
    return log(u_log)


def stefan_boltzmann(planck: Ratio, gas: Ratio, rydberg: Ratio, electron_mass: Ratio, fine_structure: Ratio) -> Ratio:
    """Problem 6: 32 pi^5 h R^4 Rinf^4 / (15 e^4 (.001)^4 c^6 alpha^8)."""
    radiation = 32 * math.pi**5 * planck * (gas * rydberg) ** 4
    return radiation / (15 * (electron_mass * MOLAR_MASS_CONSTANT * fine_structure**2) ** 4 * SPEED_OF_LIGHT**6)


def constant_elasticity(x1: Ratio, x2: Ratio, x3: Ratio) -> Ratio:
    """Problem 7: 100 X1^1.2 X2^-.6 X3^.8."""
    return 100 * power(x1, 1.2) * power(x2, -0.6) * power(x3, 0.8)


def two_segments(y1: Ratio, y2: Ratio, y3: Ratio) -> Ratio:
    """Problem 9: 60 Y1 Y2 + 40 Y1 sqrt(Y3)."""
    return 60 * y1 * y2 + 40 * y1 * sqrt(y3)


def initial_log_growth() -> Ratio:
    """Problem 11: 0 in the base year."""
    return 0.0


def log_growth(previous_log_growth: Ratio, growth: Ratio) -> Ratio:
    """Problem 11: g_1 + ... + g_t."""
    return previous_log_growth + growth


def grown(log_growth: Ratio) -> Ratio:
    """Problem 11: exp(g_1 + ... + g_t)."""
    return exp(log_growth)


def ishigami(a1: Ratio, a2: Ratio, a3: Ratio) -> Ratio:
    """Problem 12: sin A1 + 7 sin^2 A2 + .1 A3^4 sin A1."""
    return math.sin(a1) + 7 * math.sin(a2) ** 2 + 0.1 * a3**4 * math.sin(a1)


def g_function(
    g1: Ratio, g2: Ratio, g3: Ratio, g4: Ratio, g5: Ratio, g6: Ratio, g7: Ratio, g8: Ratio
) -> Ratio:  # fmt: skip
    """Problem 13: the product of (|4 G_i - 2| + a_i) / (1 + a_i), a = 0, 1, 4.5, 9, 99, 99, 99, 99."""
    large = abs(4 * g1 - 2) * (abs(4 * g2 - 2) + 1) / 2 * (abs(4 * g3 - 2) + 4.5) / 5.5 * (abs(4 * g4 - 2) + 9) / 10
    small = (abs(4 * g5 - 2) + 99) * (abs(4 * g6 - 2) + 99) * (abs(4 * g7 - 2) + 99) * (abs(4 * g8 - 2) + 99)
    return large * small / 100**4


def linear(z1: Ratio, z2: Ratio, z3: Ratio) -> Ratio:
    """Problem 14: Z1 + 2 Z2 + 3 Z3."""
    return z1 + 2 * z2 + 3 * z3


def borehole(
    rw: Ratio, r: Ratio, tu: Ratio, hu: Ratio, tl: Ratio, hl: Ratio, length: Ratio, kw: Ratio
) -> Ratio:  # fmt: skip
    """Problem 15: 2 pi Tu (Hu - Hl) / (A (1 + 2 L Tu / (A rw^2 Kw) + Tu / Tl)), A = ln(r / rw)."""
    ratio = log(r / rw)
    return 2 * math.pi * tu * (hu - hl) / (ratio * (1 + 2 * length * tu / (ratio * rw**2 * kw) + tu / tl))


def irwin_hall(
    h01: Ratio, h02: Ratio, h03: Ratio, h04: Ratio, h05: Ratio, h06: Ratio,
    h07: Ratio, h08: Ratio, h09: Ratio, h10: Ratio, h11: Ratio, h12: Ratio,
) -> Ratio:  # fmt: skip
    """Problem 17: H1 + ... + H12."""
    return h01 + h02 + h03 + h04 + h05 + h06 + h07 + h08 + h09 + h10 + h11 + h12


def elicited(by_quantiles: Ratio) -> Ratio:
    """Problem 18: a lognormal stated by p5 and p95."""
    return 1.0 * by_quantiles


def pert(by_beta: Ratio) -> Ratio:
    """Problem 18: PERT(1, 2, 5), a beta."""
    return 1.0 * by_beta


def triangle(by_mode: Ratio) -> Ratio:
    """Problem 18: triangular(1, 2, 5)."""
    return 1.0 * by_mode


def exponential(e1: Ratio) -> Ratio:
    """Problem 21: -ln U, exponential."""
    return -log(e1)


def gamma_3(e1: Ratio, e2: Ratio, e3: Ratio) -> Ratio:
    """Problem 21: the sum of three exponentials, gamma(3)."""
    return -log(e1) - log(e2) - log(e3)


def beta_2_5(by_shape: Ratio) -> Ratio:
    """Problem 21: beta(2, 5)."""
    return 1.0 * by_shape
