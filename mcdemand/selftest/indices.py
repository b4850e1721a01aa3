"""Exact Sobol' indices, by closed form and quadrature, and what chance makes of them.

8, 9 and 14 are closed forms, 12 and 13 too (Ishigami and Homma 1990; Saltelli and Sobol' 1995); 15 is a quadrature.
"""

from __future__ import annotations

import math

from mcdemand.selftest.problems import Figure

FEW, MANY = 2**13, 2**16
"""Draws whose true standard errors are known: those of Sobol' points follow no rate, so they hold nowhere else."""
CHAINS = 16


def _both(
    problem: int,
    output: str,
    parameter: str,
    first: float,
    first_errors: tuple[float, float],
    total: float,
    total_errors: tuple[float, float],
    scale: str = "raw",
) -> tuple[Figure, Figure]:
    """Return a parameter's indices; errors are the true standard errors at FEW and at MANY draws.

    They are root mean square distances from the exact index over 200 seeds (1000 to 1199), 16 chains of scrambled
    Sobol' points. They belong to these priors: another set of parameters gives points of other dimensions.
    """
    return (
        _index(problem, output, "first_order", parameter, first, first_errors, scale),
        _index(problem, output, "total_order", parameter, total, total_errors, scale),
    )


def _index(
    problem: int, output: str, statistic: str, parameter: str, exact: float, errors: tuple[float, float], scale: str
) -> Figure:
    """Return the figure whose spread and rate give both errors back."""
    rate = math.log(errors[0] / errors[1]) / math.log(MANY / FEW)
    spread = errors[1] * float(MANY**rate)
    return Figure(problem, output, statistic, exact, spread, rate=rate, parameter=parameter, scale=scale)


INDICES = (
    *_both(8, "constant_elasticity", "x1", 0.597146444, (1.16e-2, 2.85e-3), 0.68004732, (1.66e-2, 2.81e-3)),
    *_both(8, "constant_elasticity", "x2", 0.217040016, (6.28e-3, 1.35e-3), 0.284428453, (7.79e-3, 2.59e-3)),
    *_both(8, "constant_elasticity", "x3", 0.0940550936, (6.95e-3, 1.07e-3), 0.129577701, (3.56e-3, 1.14e-3)),
    *_both(8, "constant_elasticity", "x1", 0.639289678, (3.48e-3, 1.25e-3), 0.639289678, (5.01e-3, 2.82e-4), "log"),
    *_both(8, "constant_elasticity", "x2", 0.249722531, (3.23e-3, 1.78e-4), 0.249722531, (2.00e-3, 7.74e-5), "log"),
    *_both(8, "constant_elasticity", "x3", 0.110987791, (6.40e-3, 2.12e-4), 0.110987791, (8.41e-4, 1.39e-4), "log"),
    *_both(9, "two_segments", "y1", 0.433584406, (1.15e-2, 2.04e-3), 0.517332469, (9.02e-3, 2.58e-3)),
    *_both(9, "two_segments", "y2", 0.421285208, (1.16e-2, 2.52e-3), 0.494382772, (1.31e-2, 3.29e-3)),
    *_both(9, "two_segments", "y3", 0.0613823224, (2.46e-3, 7.41e-4), 0.0720328227, (2.11e-3, 3.47e-4)),
    *_both(12, "ishigami", "a1", 0.313905191, (5.86e-3, 9.28e-4), 0.557588855, (6.19e-3, 5.87e-4)),
    *_both(12, "ishigami", "a2", 0.442411145, (1.22e-2, 9.74e-4), 0.442411145, (2.62e-3, 9.29e-4)),
    *_both(12, "ishigami", "a3", 0.0, (4.22e-3, 1.89e-3), 0.243683664, (6.12e-3, 1.57e-4)),
    *_both(13, "g_function", "g1", 0.716192169, (5.19e-3, 1.57e-3), 0.787144127, (3.67e-3, 1.33e-3)),
    *_both(13, "g_function", "g2", 0.179048042, (3.35e-3, 8.94e-4), 0.242198193, (2.54e-3, 3.15e-4)),
    *_both(13, "g_function", "g3", 0.0236757742, (1.57e-3, 7.91e-4), 0.0343169102, (1.19e-3, 6.54e-5)),
    *_both(13, "g_function", "g4", 0.00716192169, (7.34e-4, 1.60e-4), 0.0104603871, (1.14e-4, 8.39e-5)),
    *_both(13, "g_function", "g5", 7.16192169e-05, (6.92e-5, 1.68e-5), 0.000104949052, (1.50e-6, 3.30e-7)),
    *_both(14, "linear", "z1", 0.0263157895, (3.37e-4, 1.11e-4), 0.0263157895, (5.84e-5, 1.81e-5)),
    *_both(14, "linear", "z2", 0.0263157895, (2.58e-4, 6.09e-5), 0.0263157895, (5.70e-5, 8.94e-6)),
    *_both(14, "linear", "z3", 0.947368421, (4.73e-3, 1.14e-3), 0.947368421, (4.31e-3, 1.16e-3)),
    *_both(15, "borehole", "hl", 0.0948796241, (1.48e-3, 3.49e-4), 0.106119958, (7.30e-4, 1.89e-4)),
    *_both(15, "borehole", "hu", 0.0948796241, (1.80e-3, 3.24e-4), 0.106119958, (7.17e-4, 1.86e-4)),
    *_both(15, "borehole", "kw", 0.0219375774, (8.16e-4, 3.94e-4), 0.0251288223, (1.90e-4, 4.48e-5)),
    *_both(15, "borehole", "length", 0.0906486543, (1.75e-3, 5.42e-4), 0.102788231, (1.26e-3, 2.38e-4)),
    *_both(15, "borehole", "rw", 0.66370657, (6.24e-3, 1.35e-3), 0.694129001, (6.40e-3, 1.29e-3)),
)
