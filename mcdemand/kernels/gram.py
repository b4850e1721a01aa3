"""Sums over all pairs of draws of Gaussian kernels exp(-(u - v)^2 / 2), for many variables at once."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import exp
from mcdemand.kernels.jit import loop


@loop
def add_likeness(values: Floats, sums: Floats) -> None:
    """Add to sums (draw, variable) the kernel of each draw of values (draw, variable) and each other draw."""
    draws, variables = values.shape
    for i in range(draws):
        for j in range(i + 1, draws):
            for k in range(variables):
                far = values[i, k] - values[j, k]
                kernel = exp(-0.5 * far * far)
                sums[i, k] += kernel
                sums[j, k] += kernel


@loop
def add_products(
    values: Floats,
    center: Floats,
    places: tuple[int, int, int, int],
    split: int,
    norms: Floats,
    together: Floats,
    squares: Floats,
) -> None:
    """Sum products of centred kernels over pairs of a draw in one range of places and a later one in another.

    The centred kernel is exp(-(u - v)^2 / 2) - center(u) - center(v). Added up are its squares, norms (variable), its
    products of a variable before `split` and one after, together (first, second), and the squares of those products.
    """
    variables = values.shape[1]
    kernels = np.empty(variables)
    for i in range(places[0], places[1]):
        for j in range(max(places[2], i + 1), places[3]):
            for k in range(variables):
                far = values[i, k] - values[j, k]
                kernels[k] = exp(-0.5 * far * far) - (center[i, k] + center[j, k])
                norms[k] += kernels[k] * kernels[k]
            for first in range(split):
                kernel = kernels[first]
                for second in range(variables - split):
                    product = kernel * kernels[split + second]
                    together[first, second] += product
                    squares[first, second] += product * product
