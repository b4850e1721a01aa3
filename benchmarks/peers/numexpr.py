"""numexpr: a compiled expression for each year, evaluated in its own blocks on two threads; scores by NumPy.

Tried, and slower, by the processor's time: all draws in one call (1.1 times as long), and pieces of 2^13 to 2^15 draws
(1.1 to 1.4 times). Its wheels come without Intel's vector library.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.peers import _w1 as w1
from benchmarks.peers._numpy_summary import summarize_rows
from benchmarks.peers._numpy_w1 import Simulator
from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._rows import YEARS, Array

THREADS = 2
BLOCK = 2**17
NORMALS = ("z_share", "z_chip", "z_eff", "z_growth", "z_mid", "z_mult", "z_rise")
UNIFORMS = ("u_cap", "u_halflife", "u_chip", "u", "v")
NAMES = (*NORMALS, *UNIFORMS, "share", "log_chip")


def affine(law: tuple[float, float], name: str) -> str:
    """Return an expression of a law's mean and sd, or least value and range."""
    return f"({law[0]!r} + {law[1]!r} * {name})"


def mixed(own: str, other: str, rest: float, correlation: float) -> str:
    """Return an expression of a normal score that is correlated with another."""
    return f"({rest!r} * {own} + {correlation!r} * {other})"


EFF = affine(w1.EFF_TOTAL, mixed("z_eff", "z_chip", w1.REST_EFF, w1.EFF_CHIP))
GROWTH = affine(w1.GROWTH, mixed("z_growth", "z_share", w1.REST_GROWTH, w1.SHARE_GROWTH))
LOG_CAP, RISE = affine(w1.CAP, "u_cap"), f"exp({affine(w1.REASON_RATE, 'z_rise')})"
# The weighted lesser and greater of two uniform numbers have the triangular law.
ELASTICITY = f"({w1.END / 2!r} * (u + v) - {w1.END / 2 - w1.MODE!r} * abs(u - v))"
LEVELS = {
    "damping": f"1 - {ELASTICITY}",
    "cap": f"exp({LOG_CAP})",
    "rise": RISE,
    "left_eff": f"damping * {EFF}",
    "left_chip": "damping * log_chip",
    "total": f"{LOG_CAP} - left_eff - left_chip",
    "eff_factor": f"exp({-w1.LN_2!r} / {affine(w1.HALFLIFE, 'u_halflife')})",
    "chip_factor": f"exp(-{affine(w1.CHIP_RATE, 'u_chip')})",
    "rest_factor": f"exp(-{GROWTH} * cap / (cap - 1))",
    "rise_factor": "exp(-rise)",
    "before": f"exp(rise * {affine(w1.REASON_MID, 'z_mid')})",
    "boost": f"share * (exp({affine(w1.REASON_MULT, 'z_mult')}) - 1)",
}
"""What is found once for a draw, in this order."""


def demand_in(year: int) -> str:
    """Return the expression of a year, whose powers numexpr turns into products."""
    exponent = f"total + left_eff * eff_factor**{year} + left_chip * chip_factor**{year}"
    reasoning, usage = f"(1 + before * rise_factor**{year})", f"(1 + (cap - 1) * rest_factor**{year})"
    return f"exp({exponent}) * ({reasoning} + boost) / ({reasoning} * {usage})"


def sample(simulator: Simulator, source: np.random.Generator, columns: Array) -> None:
    """Fill scores, uniform numbers, the share and the logarithm of `chip_total`, in the order of their names."""
    for first in range(0, columns.shape[1], simulator.block):
        part = columns[:, first : first + simulator.block]
        count = part.shape[1]
        simulator.sample(source)
        part[:7], part[7:12] = simulator.normals[:, :count], simulator.uniforms[:, :count]
        part[12], part[13] = simulator.share[:count], simulator.log_chip[:count]


def expressions() -> Job:
    """W1, whose levels and years are an expression each."""
    import numexpr

    numexpr.set_num_threads(THREADS)
    pool = ThreadPoolExecutor(THREADS)
    simulators = [Simulator() for _ in range(THREADS)]

    def draw(seed: int, draws: int) -> dict[str, Any]:
        columns = np.empty((len(NAMES), draws))
        sources = [np.random.Generator(np.random.SFC64(one)) for one in np.random.SeedSequence(seed).spawn(THREADS)]
        list(pool.map(sample, simulators, sources, np.array_split(columns, THREADS, axis=1)))
        return dict(zip(NAMES, columns, strict=True))

    def run(columns: dict[str, Array], demand: Array) -> None:
        for name, expression in LEVELS.items():
            columns[name] = numexpr.evaluate(expression, columns)
        for year, row in enumerate(demand):
            numexpr.evaluate(demand_in(year), columns, out=row)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        columns = draw(seed, draws)
        clock.mark("draw")
        demand = np.empty((YEARS, draws))
        for first in range(0, draws, BLOCK):
            part = slice(first, first + BLOCK)
            run({name: column[part] for name, column in columns.items()}, demand[:, part])
        clock.mark("simulate")
        found = summarize_rows(pool, demand)
        clock.mark("summarise")
        return found

    return job


PEER = Peer(
    name="numexpr",
    title="numexpr",
    packages=("numexpr", "numpy", "scipy"),
    programs={"w1": {"": expressions}},
    cannot={
        "w2": "no Sobol' indices",
        "laws": "no random numbers",
        "summaries": "no order statistics",
        "streaming": "no order statistics",
        "exports": "no files",
        "conditioning": "leaves weights to NumPy, whose program it would be",
    },
    processors=THREADS,
)
