"""An empirical law: the samples themselves, each as likely, or smoothed by a normal law around each of them.

`smoothing` is "none", "normal" or, for positive samples, "lognormal", which smooths their logarithms. The standard
deviation of each normal law is `bandwidth`; left out, or 0, it is 0.9 min(s, IQR / 1.34) n^(-1/5) (Silverman 1986,
equation 3.31), of the logarithms where these are smoothed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI, Parameter, Values
from mcdemand.distributions._form import Continuous, Form, Steps, family_of_forms
from mcdemand.distributions._pieces import FIRST_SCORES
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log, power

MOST_SAMPLES = 100_000
MOST_SMOOTHED = 5_000
CHUNK = 2**15
FARTHEST = 12.0
"""Bandwidths beyond which a sample adds nothing that a draw can tell; functions of farther ones are slow."""
IQR_OF_NORMAL = 1.34
SMALLEST = 1e-300


@dataclass(frozen=True)
class Kernels:
    """A mixture of equal normal laws around centres, ascending."""

    centres: Floats
    bandwidth: float

    def tails(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the probabilities of no more than (value) values, and of more."""
        from scipy.special import ndtr

        def both(t: Floats) -> Floats:
            is_below = t > 0
            far = np.where(np.abs(t) < FARTHEST, ndtr(-np.abs(t)), 0.0)
            less, more = np.where(is_below, 0.0, far).sum(axis=1), np.where(is_below, far, 0.0).sum(axis=1)
            count = is_below.sum(axis=1)
            return np.asarray(np.stack([less + (count - more), more + (t.shape[1] - count - less)]) / t.shape[1])

        below, above = self._by_chunks(x, both)
        return below, above

    def density(self, x: Floats) -> Floats:
        """Return the density at (value) values."""
        heights = self._by_chunks(x, lambda t: exp(-0.5 * t * t).mean(axis=1)[np.newaxis])[0]
        return np.asarray(heights * (exp(-LOG_ROOT_TWO_PI) / self.bandwidth))

    def _by_chunks(self, x: Floats, function: Callable[[Floats], Floats]) -> Floats:
        """Return what a function makes of the (value, centre) distances in bandwidths."""
        flat = np.ravel(x)
        step = max(1, CHUNK // self.centres.size)
        parts = []
        for k in range(0, max(flat.size, 1), step):
            distances = (flat[k : k + step, np.newaxis] - self.centres) / self.bandwidth
            parts.append(function(np.clip(distances, -FARTHEST, FARTHEST)))
        found = np.concatenate(parts, axis=1)
        return found.reshape(found.shape[0], *np.shape(x))


def steps_of(samples: Floats) -> Steps:
    """Return the law that draws each sample as often as it comes up."""
    # Of 0 and -0 a sort may leave either, so there is but one.
    found, counts = np.unique(samples + 0.0, return_counts=True)
    above = np.append(np.cumsum(counts[:0:-1])[::-1], 0) / samples.size
    return Steps(found, np.cumsum(counts) / samples.size, above, (float(found[0]), float(found[-1])))


def silverman(samples: Floats) -> float:
    """Return the bandwidth of Silverman's rule; 0 where half of the samples and more are one number."""
    spread = np.diff(np.quantile(samples, [0.25, 0.75]))[0] / IQR_OF_NORMAL
    return float(0.9 * min(np.std(samples, ddof=1), spread) * power(float(samples.size), -0.2))


def kernels_of(values: Values) -> Kernels:
    """Return the normal laws around the samples, or around their logarithms."""
    samples = np.sort(values["samples"])
    centres = log(samples) if values["smoothing"] == "lognormal" else samples
    return Kernels(centres, values.get("bandwidth", 0.0) or silverman(centres))


def form_of(values: Values) -> Form:
    """Return the law as steps, or as a mixture."""
    if values.get("smoothing", "none") == "none":
        return steps_of(np.array(values["samples"]))
    kernels = kernels_of(values)
    is_log = values["smoothing"] == "lognormal"
    reach = kernels.bandwidth * FIRST_SCORES
    centres = kernels.centres[:: max(1, kernels.centres.size // FIRST_SCORES.size)]
    start = np.concatenate([kernels.centres[0] + reach, centres, kernels.centres[-1] + reach])
    if not is_log:
        return Continuous(kernels.tails, kernels.density, (-math.inf, math.inf), tuple(start.tolist()))

    def logs(x: Floats) -> Floats:
        return log(np.maximum(x, SMALLEST))

    return Continuous(
        lambda x: kernels.tails(logs(x)),
        lambda x: np.where(x > 0, kernels.density(logs(x)) / np.maximum(x, SMALLEST), 0.0),
        (0.0, math.inf),
        tuple(exp(start).tolist()),
    )


def check(values: Values) -> str | None:
    """Return the rule that the samples or their smoothing break."""
    samples, smoothing = values["samples"], values["smoothing"]
    if len(samples) > MOST_SAMPLES:
        return f"samples: {len(samples)} of them: at most {MOST_SAMPLES} are taken; thin them"
    if smoothing == "none":
        return None if not values["bandwidth"] else 'bandwidth: needs smoothing = "normal" or "lognormal"'
    if len(samples) > MOST_SMOOTHED:
        return f"smoothing: of {len(samples)} samples: at most {MOST_SMOOTHED} are smoothed; thin them, or leave it out"
    if smoothing == "lognormal" and not min(samples) > 0:
        return f"samples: {min(samples)!r}: must be above 0 where smoothing is lognormal"
    if not values["bandwidth"] and (len(samples) < 2 or not kernels_of(values).bandwidth > 0):
        return "bandwidth: missing; the rule for it gives 0 for such samples, so state it"
    return None


DISTRIBUTION = family_of_forms(
    "empirical",
    (
        Parameter("samples", "numbers"),
        Parameter("smoothing", "one of none, normal, lognormal", "none"),
        Parameter("bandwidth", "at least 0", 0.0),
    ),
    form_of,
    has_atoms=True,
    check=check,
)
