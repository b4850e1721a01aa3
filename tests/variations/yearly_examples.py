"""A row of every kind, with the moments of its laws, and the scores that its draws are made of."""

import numpy as np
from scipy.special import ndtri

from mcdemand.designs._design import Axis
from mcdemand.designs.random import source
from mcdemand.kernels.philox import BLOCK, fill_uniforms
from mcdemand.variations._variation import Moments


def normal(mu, sigma):
    return {"distribution": "normal", "mu": mu, "sigma": sigma}


def lognormal(mu, sigma):
    return {"distribution": "lognormal", "mu": mu, "sigma": sigma}


def uniform(lower, upper):
    return {"distribution": "uniform", "lower": lower, "upper": upper}


def yearly(law, kind, **keys):
    return {**law, "varies": {"kind": kind, **keys}}


TEN, LOG = normal(10, 2), lognormal(0.5, 0.4)
OF_TEN, OF_LOG = Moments(10.0, 4.0), Moments(0.5, 0.16)
FLAT = uniform(-1, 3)
OF_FLAT, ZERO = Moments(1.0, 16 / 12), Moments(0.0, 0.0)

EXAMPLES = {
    "independent": (yearly(TEN, "independent"), OF_TEN, {}),
    "ar1": (yearly(TEN, "ar1", persistence=-0.6), OF_TEN, {}),
    "random_walk": (yearly(TEN, "random_walk", step=0.7), OF_TEN, {}),
    "random_walk multiplicative": (yearly(LOG, "random_walk", step=0.7), OF_LOG, {}),
    "mean_reverting": (
        yearly(TEN, "mean_reverting", reversion=0.3, mean=normal(5, 1), innovation=FLAT),
        OF_TEN,
        {"mean": Moments(5.0, 1.0), "innovation": OF_FLAT},
    ),
    "mean_reverting multiplicative": (
        yearly(LOG, "mean_reverting", reversion=1.0, mean=lognormal(-1, 0.3), innovation=normal(0.1, 0.2)),
        OF_LOG,
        {"mean": Moments(-1.0, 0.09), "innovation": Moments(0.1, 0.04)},
    ),
    "jumps": (yearly(TEN, "jumps", rate=1.3, size=FLAT, step=0.7), OF_TEN, {"size": OF_FLAT}),
    "jumps multiplicative": (
        yearly(LOG, "jumps", rate=0.4, size=normal(0.5, 0.2), step=0.2),
        OF_LOG,
        {"size": Moments(0.5, 0.04)},
    ),
    "knots": (
        yearly(TEN, "knots", start=1, knots={"3": FLAT, 7: normal(20, 1)}, outside="extrapolated"),
        OF_TEN,
        {"3": OF_FLAT, "7": Moments(20.0, 1.0)},
    ),
    "event add": (yearly(TEN, "event", hazard=0.2, add=FLAT), OF_TEN, {"add": OF_FLAT}),
    "event multiply": (yearly(TEN, "event", hazard=0.2, multiply=FLAT), OF_TEN, {"multiply": OF_FLAT}),
    "event switch": (yearly(TEN, "event", hazard={2: 0.3, "4": 0.1}, switch=FLAT), OF_TEN, {"switch": OF_FLAT}),
    "event of a constant": (
        yearly({"distribution": "constant", "value": 2}, "event", hazard=0.5, add=1),
        Moments(2.0, 0.0),
        {"add": Moments(1.0, 0.0)},
    ),
}


def uniforms(name, count, *, seed=0, step=0):
    """Return the uniforms straight from the generator."""
    blocks = [np.empty(BLOCK) for _ in range(-(-count // BLOCK))]
    for block, row in enumerate(blocks):
        fill_uniforms(row, *source(Axis(seed, name, step))[:2], 0, step, block)
    return np.concatenate(blocks)[:count]


def scores(name, count, *, seed=0, step=0):
    """Return the normal scores of these uniforms."""
    return ndtri(uniforms(name, count, seed=seed, step=step))
