"""Single laws through the engine, on one thread: several parameters of a law in a run, tile by tile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import Array, describe

TILE, PARAMETERS = 8192, 8
LOGNORMAL: dict[str, Any] = {"distribution": "lognormal", "mu": 1.0, "sigma": 0.7}
ROWS: Mapping[str, Mapping[str, Any]] = {
    "lognormal": LOGNORMAL,
    "truncated lognormal": {**LOGNORMAL, "truncation": {"lower": 1.0, "upper": 10.0}},
    "beta": {"distribution": "beta", "alpha": 2.0, "beta": 5.0},
    "mixture": {
        "distribution": "mixture",
        "components": [LOGNORMAL, {"distribution": "normal", "mu": 10.0, "sigma": 2.0}],
        "weights": [0.3, 0.7],
    },
    "categorical": {"distribution": "categorical", "categories": ["a", "b", "c", "d"], "weights": [0.1, 0.2, 0.3, 0.4]},
    "gamma": {"distribution": "gamma", "alpha": 2.5, "beta": 1.0},
    "student_t": {"distribution": "student_t", "nu": 4.0, "mu": 0.0, "sigma": 1.0},
    "poisson": {"distribution": "poisson", "mu": 12.0},
}


def laws() -> Job:
    """Have every law ready, tables too, as they are when a prior set is read."""
    import mcdemand as mc
    from mcdemand.row_builder import Layout, build_program
    from mcdemand.row_program import draw_parameters

    names = [f"x{k}" for k in range(PARAMETERS)]
    programs = {}
    for name, row in ROWS.items():
        priors = mc.load_prior_set({"parameters": {one: dict(row) for one in names}})
        programs[name] = build_program(priors, names, 1, Layout(0))
    tile = np.empty((PARAMETERS, TILE))

    def draw(program: Any, seed: int, draws: int) -> Array:
        per_row = -(-draws // PARAMETERS)
        kept = np.empty((PARAMETERS, per_row))
        for first in range(0, per_row, TILE):
            count = min(TILE, per_row - first)
            draw_parameters(program, seed, first, count, tile)
            kept[:, first : first + count] = tile[:, :count]
        return kept.ravel()

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        found = {}
        for name, program in programs.items():
            found[name] = draw(program, seed, draws)
            clock.mark(name)
        clock.stop()
        return {name: describe(values) for name, values in found.items()}

    return job
