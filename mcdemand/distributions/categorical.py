"""The categorical law: the index of a category, drawn by weight."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from mcdemand.distributions._distribution import Distribution, Parameter, Values
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import kernel, loop

SUM_TOLERANCE = 1e-9


@kernel
def quantile(u: float, numbers: Floats) -> float:
    """The number of cumulative weights that are at most u."""
    count = 0.0
    for k in range(numbers.size):
        count += 1.0 if numbers[k] <= u else 0.0
    return count


@loop
def count_row(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """`quantile` over a row, weight by weight, so that each passes over the draws as vectors."""
    row, counts = rows[indices[0]], rows[-1]
    for i in range(row.size):
        counts[i] = 0.0
    for k in range(numbers.size):
        for i in range(row.size):
            counts[i] += 1.0 if numbers[k] <= row[i] else 0.0
    for i in range(row.size):
        row[i] = counts[i]


def check(values: Values) -> str | None:
    """Return the rule that the weights break."""
    categories, weights = values["categories"], values["weights"]
    if len(categories) != len(weights):
        return f"weights: {weights!r}: must be as many as categories, {len(categories)}"
    if len(set(categories)) != len(categories):
        return f"categories: {categories!r}: must differ from each other"
    if min(weights) < 0:
        return f"weights: {weights!r}: must not be negative"
    if abs(sum(weights) - 1) > SUM_TOLERANCE:
        return f"weights: {weights!r}: must sum to 1; they sum to {sum(weights):g}"
    return None


def cumulative_weights(values: Values) -> list[float]:
    """Return the cumulative weights but the last, in proportion to their sum."""
    sums = list(accumulate(values["weights"]))
    return [weight / sums[-1] for weight in sums[:-1]]


def oracle(values: Values) -> Any:
    """Return SciPy's law over the indices."""
    from scipy import stats

    return stats.rv_discrete(values=(range(len(values["weights"])), values["weights"]))


DISTRIBUTION = Distribution(
    name="categorical",
    parameters=(Parameter("categories", "names"), Parameter("weights", "numbers")),
    score="uniform",
    quantile=quantile,
    row=count_row,
    numbers=cumulative_weights,
    check=check,
    oracle=oracle,
)
