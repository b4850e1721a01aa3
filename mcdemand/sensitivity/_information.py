"""The value of knowing something before a choice, from draws of the payoffs: arrays in, arrays out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mcdemand.designs._design import key_words
from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._splines import Regression, regress

MOST_PARTS = 8
ROLE = "measurement"
TO_DOUBLES, SPACING = np.uint64(11), 2.0**-53


class Value(NamedTuple):
    """A mean over the draws, and what each draw (draw) adds to it: its influence, whose spread is the error."""

    value: float
    influence: Floats


@dataclass(frozen=True)
class Sample:
    """How the draws were made.

    Attributes
    ----------
    is_independent
        Whether the draws of a chain are independent; else errors come from the chains.
    """

    chains: int
    draws_per_chain: int
    is_independent: bool

    @property
    def size(self) -> int:
        """Draws of all chains."""
        return self.chains * self.draws_per_chain

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the errors."""
        return (self.size if self.is_independent else self.chains) - 1

    @property
    def parts(self) -> tuple[slice, ...]:
        """Parts of equal size, at most 8 if the chains allow it, independent of each other; none if there is one."""
        count = MOST_PARTS
        if not self.is_independent:
            count = max([k for k in range(2, MOST_PARTS + 1) if self.chains % k == 0], default=self.chains)
        ends = np.linspace(0, self.size, count + 1).astype(np.int64)
        return tuple(map(slice, ends[:-1], ends[1:])) if 1 < count <= self.size else ()

    def error(self, influence: Floats) -> Any:
        """Return the standard error of the mean of (..., draw) influences; NaN where there is only one to go by."""
        units = influence
        if not self.is_independent:
            units = influence.reshape(*influence.shape[:-1], self.chains, -1).mean(axis=-1)
        if self.freedom < 1:
            return np.full(influence.shape[:-1], math.nan)
        return units.std(axis=-1, ddof=1) / math.sqrt(units.shape[-1])


def perfect_information(gain: Floats) -> Value:
    """Return the value of knowing all.

    Parameters
    ----------
    gain
        (option, draw) payoffs less those of the option whose mean is largest.
    """
    largest: Floats = gain.max(axis=0)
    return Value(float(largest.mean()), largest)


def information_on(x: Sequence[Floats], gain: Floats, sample: Sample) -> Value:
    """Return the value of knowing x, each (draw), together.

    Notes
    -----
    V = mean_i max_d g_d(x_i) - max_d mean_i g_d(x_i), with g_d the regression of gain d on x (Strong, Oakley and
    Brennan 2014). The maximum also picks up errors of the regression; this bias, of order 1 / n, is removed by the
    jackknife over R parts of the draws, R V - (R - 1) mean_r V_(r) (Quenouille 1956), and what is negative is 0.

    Influence: max_d g_d + sum_d P(1[d is chosen]) (gain_d - g_d), the directional derivative with respect to a draw's
    weight, P the projection on the columns that fit option d.
    """
    found = regress(x, gain)
    fitted = found.fitted
    best: Floats = fitted.max(axis=0)
    chosen = (fitted.argmax(axis=0) == np.arange(gain.shape[0])[:, np.newaxis]).astype(np.float64)
    influence: Floats = best + (found.project(chosen) * (gain - fitted)).sum(axis=0)
    return Value(max(float(best.mean()) - _bias(found, gain, float(best.mean()), sample.parts), 0.0), influence)


def _bias(found: Regression, gain: Floats, value: float, parts: Sequence[slice]) -> float:
    """Return the jackknife's estimate of the bias of a value; 0 without parts, or if no option overtakes the best."""
    if not parts or not value:
        return 0.0
    left = [_value_without(found, gain, part) for part in parts]
    return (len(parts) - 1) * (float(np.mean(left)) - value)


def _value_without(found: Regression, gain: Floats, part: slice) -> float:
    """Return the value as estimated from the draws outside a part."""
    fitted = found.fitted_without(gain, part)
    size = fitted.shape[1] - (part.stop - part.start)
    best = fitted.max(axis=0)
    means = (gain.sum(axis=1) - gain[:, part].sum(axis=1)) / size
    return float((best.sum() - best[part].sum()) / size - means.max())


def measurement_noise(sample: Sample, seed: int, name: str, step: int) -> Floats:
    """Return standard normals (draw), chain after chain, that belong to the seed, the name and the step.

    A chain's first ones stay as they are when it gets more draws, and the raw words of Philox are the same in every
    version of NumPy.
    """
    from scipy.special import ndtri

    words = []
    for chain in range(sample.chains):
        low, high = key_words(seed, f"{name}:{ROLE}", step, chain)
        words.append(np.random.Philox(key=low + (high << 32)).random_raw(sample.draws_per_chain))
    noise: Floats = ndtri(((np.concatenate(words) >> TO_DOUBLES) + 0.5) * SPACING)
    return noise
