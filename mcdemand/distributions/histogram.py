"""A histogram, or what a roulette of chips gives: the probability of each bin spread evenly between its edges."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import Continuous, family_of_forms
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats

SUM_TOLERANCE = 1e-9


def form_of(values: Values) -> Continuous:
    """Return the distribution function, straight between edges."""
    edges, weights = np.array(values["edges"]), np.array(values["weights"])
    heights = weights / weights.sum() / np.diff(edges)
    below = np.append(0.0, np.cumsum(weights)) / weights.sum()
    above = np.append(0.0, np.cumsum(weights[::-1])) / weights.sum()

    def density(x: Floats) -> Floats:
        bins = np.searchsorted(edges, x, side="right") - 1
        inside = (bins >= 0) & (x < edges[-1])
        return np.where(inside, heights[np.clip(bins, 0, heights.size - 1)], 0.0)

    held = np.flatnonzero(weights)
    ends = (float(edges[held[0]]), float(edges[held[-1] + 1]))
    # Mirrored, so that what is left above is as exact as what lies below.
    return Continuous(
        tails=lambda x: (np.interp(x, edges, below), np.interp(-x, -edges[::-1], above)),
        density_of=density,
        ends=ends,
        start=(),
        kinks=tuple(edges.tolist()),
    )


def weigh(values: Values) -> Values:
    """Return weights in proportion to chips."""
    chips = values["chips"]
    if min(chips) < 0 or not sum(chips) > 0:
        raise InputError(f"chips: {chips!r:.80}: must not be negative, and not all 0")
    return {"weights": tuple(chip / sum(chips) for chip in chips)}


def check(values: Values) -> str | None:
    """Return the rule that the edges or the weights break."""
    edges, weights = values["edges"], values["weights"]
    if len(edges) != len(weights) + 1:
        return f"edges: {edges!r:.80}: must be one more than the bins, {len(weights)}; there are {len(edges)}"
    for low, high in pairwise(edges):
        if not low < high:
            return f"edges: {high!r} after {low!r}: must rise"
    if min(weights) < 0:
        return f"weights: {weights!r:.80}: must not be negative"
    if abs(sum(weights) - 1) > SUM_TOLERANCE:
        return f"weights: {weights!r:.80}: must sum to 1; they sum to {sum(weights)!r}; state counts as chips"
    return None


DISTRIBUTION = family_of_forms(
    "histogram",
    (Parameter("edges", "numbers"), Parameter("weights", "numbers")),
    form_of,
    statements={("chips",): weigh},
    statement_rules={"chips": "numbers"},
    check=check,
)
