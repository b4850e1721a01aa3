"""Millions of draws a second of single laws through the engine, on one thread, beside NumPy, SciPy and squigglepy."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import mcdemand as mc
from mcdemand.row_builder import Layout, build_program
from mcdemand.row_program import draw_parameters

DRAWS, ROUNDS, TILE, PARAMETERS = 2**20, 11, 8192, 8
ROWS: Mapping[str, Mapping[str, Any]] = {
    "lognormal": {"distribution": "lognormal", "mu": 1.0, "sigma": 0.7},
    "truncated lognormal": {
        "distribution": "lognormal",
        "mu": 1.0,
        "sigma": 0.7,
        "truncation": {"lower": 1.0, "upper": 10.0},
    },
    "beta": {"distribution": "beta", "alpha": 2.0, "beta": 5.0},
    "mixture": {
        "distribution": "mixture",
        "components": [
            {"distribution": "lognormal", "mu": 1.0, "sigma": 0.7},
            {"distribution": "normal", "mu": 10.0, "sigma": 2.0},
        ],
        "weights": [0.3, 0.7],
    },
    "categorical": {"distribution": "categorical", "categories": ["a", "b", "c", "d"], "weights": [0.1, 0.2, 0.3, 0.4]},
    "gamma": {"distribution": "gamma", "alpha": 2.5, "beta": 1.0},
    "student_t": {"distribution": "student_t", "nu": 4.0, "mu": 0.0, "sigma": 1.0},
    "poisson": {"distribution": "poisson", "mu": 12.0},
    "metalog": {"distribution": "metalog", "p10": 1.0, "p50": 2.0, "p90": 5.0},
}


def drawn(name: str) -> Callable[[int], None]:
    """Return what draws a law a million times, as several parameters of one run."""
    names = [f"x{k}" for k in range(PARAMETERS)]
    priors = mc.load_prior_set({"parameters": {one: dict(ROWS[name]) for one in names}})
    program = build_program(priors, names, 1, Layout(0))
    tile = np.empty((PARAMETERS, TILE))

    def draw(seed: int) -> None:
        for first in range(0, DRAWS // PARAMETERS, TILE):
            draw_parameters(program, seed, first, TILE, tile)

    return draw


def seconds(run: Callable[[int], object], seed: int) -> float:
    """Return the processor's seconds of one call: everything here has one thread, and others use the machine too."""
    start = time.process_time()
    run(seed)
    return time.process_time() - start


def numpy_lognormal(seed: int) -> object:
    """Draw as NumPy does."""
    return np.random.default_rng(seed).lognormal(1.0, 0.7, DRAWS)


def scipy_peers() -> dict[str, dict[str, Callable[[int], object]]]:
    """Return what SciPy has for each law: its old and its new way."""
    from scipy import stats

    new = {
        "truncated lognormal": stats.truncate(stats.exp(stats.Normal(mu=1.0, sigma=0.7)), lb=1.0, ub=10.0),
        "mixture": stats.Mixture(
            [stats.exp(stats.Normal(mu=1.0, sigma=0.7)), stats.Normal(mu=10.0, sigma=2.0)], weights=[0.3, 0.7]
        ),
    }
    old = {
        "beta": stats.beta(2.0, 5.0),
        "categorical": stats.rv_discrete(values=(range(4), (0.1, 0.2, 0.3, 0.4))),
        "gamma": stats.gamma(2.5),
        "student_t": stats.t(4.0),
        "poisson": stats.poisson(12.0),
    }
    found: dict[str, dict[str, Callable[[int], object]]] = {name: {} for name in ROWS}
    for name, law in new.items():
        found[name]["SciPy"] = lambda seed, law=law: law.sample(DRAWS, rng=np.random.default_rng(seed))
    for name, law in old.items():
        found[name]["SciPy"] = lambda seed, law=law: law.rvs(size=DRAWS, random_state=np.random.default_rng(seed))
    found["lognormal"]["NumPy"] = numpy_lognormal
    return found


SQUIGGLEPY = """
import json, sys, time
import squigglepy as sq
laws = {
    "lognormal": sq.lognorm(lognorm_mean=None, norm_mean=1.0, norm_sd=0.7),
    "truncated lognormal": sq.lognorm(norm_mean=1.0, norm_sd=0.7, lclip=1.0, rclip=10.0),
    "beta": sq.beta(2.0, 5.0),
    "mixture": sq.mixture([sq.lognorm(norm_mean=1.0, norm_sd=0.7), sq.norm(mean=10.0, sd=2.0)], [0.3, 0.7]),
    "categorical": sq.discrete([[0.1, 0], [0.2, 1], [0.3, 2], [0.4, 3]]),
    "gamma": sq.gamma(2.5, 1.0),
    "poisson": sq.poisson(12.0),
}
for line in sys.stdin:
    name, draws = json.loads(line)
    start = time.process_time()
    sq.sample(laws[name], draws)
    print(json.dumps(time.process_time() - start), flush=True)
"""
SLOW_DRAWS = 2**16


def squigglepy_peer(python: str) -> dict[str, Callable[[int], float]]:
    """Return what has squigglepy draw a law, and tells the seconds that a million would take."""
    process = subprocess.Popen([python, "-c", SQUIGGLEPY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def told(name: str) -> float:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps([name, SLOW_DRAWS]) + "\n")
        process.stdin.flush()
        return float(json.loads(process.stdout.readline())) * DRAWS / SLOW_DRAWS

    names = ("lognormal", "truncated lognormal", "beta", "mixture", "categorical", "gamma", "poisson")
    return {name: lambda _, name=name: told(name) for name in names}


def print_laws(arguments: list[str], rounds: int = ROUNDS) -> None:
    """Print the table: millions of draws a second, and how many times as many mcdemand draws, within a round."""
    python = arguments[arguments.index("--peers-python") + 1] if "--peers-python" in arguments[:-1] else None
    peers, squiggle = scipy_peers(), squigglepy_peer(python) if python else {}
    print("| law | mcdemand | peer | its | times as many |\n|---|---|---|---|---|")
    for name in ROWS:
        own = drawn(name)
        programs = {"mcdemand": lambda seed, own=own: seconds(own, seed)}
        programs |= {peer: lambda seed, run=run: seconds(run, seed) for peer, run in peers[name].items()}
        programs |= {"squigglepy": squiggle[name]} if name in squiggle else {}
        for run in programs.values():
            run(0)
        times = [{program: run(seed) for program, run in programs.items()} for seed in range(rounds)]
        speed = {program: DRAWS / 1e6 / statistics.median(one[program] for one in times) for program in programs}
        for peer in [one for one in programs if one != "mcdemand"] or ["-"]:
            ratio = statistics.median(one.get(peer, np.nan) / one["mcdemand"] for one in times)
            print(
                f"| {name} | {speed['mcdemand']:.0f} | {peer} | {speed.get(peer, np.nan):.3g} | {ratio:.1f} |",
                flush=True,
            )
