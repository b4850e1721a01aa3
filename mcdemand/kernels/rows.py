"""What can be done to the rows of a block: every operation takes (rows, indices, numbers) and changes rows in place.

`rows` is (row, 256), `indices` names rows, the first one the target, and `numbers` are the operation's constants. The
last rows are nobody's: any operation may use them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.elementary import LN2, exp, expm1, log, log1p
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel, loop
from mcdemand.kernels.normal import normal_cdf, tail_of_score, to_normal_scores

WORKSPACE_ROWS = 2

RowOperation = Callable[[Floats, Integers, Floats], None]


@kernel
def tail_of_uniform(u: float) -> float:
    """The probability of the tail that a uniform lies in; negative, even where it is 0, in the upper one."""
    return u if u < 0.5 else -(1.0 - u)


@loop
def fill(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """X = a."""
    row = rows[indices[0]]
    for i in range(row.size):
        row[i] = numbers[0]


@loop
def to_normal(rows: Floats, indices: Integers, _numbers: Floats) -> None:
    """Z = Phi^-1(u)."""
    to_normal_scores(rows[indices[0]], rows[-1], rows[-2])


@loop
def to_uniform(rows: Floats, indices: Integers, _numbers: Floats) -> None:
    """U = Phi(z)."""
    row = rows[indices[0]]
    for i in range(row.size):
        row[i] = normal_cdf(row[i])


@loop
def score_to_tail(rows: Floats, indices: Integers, _numbers: Floats) -> None:
    """Z -> the probability of its tail, negative in the upper one."""
    row = rows[indices[0]]
    for i in range(row.size):
        row[i] = tail_of_score(row[i])


@loop
def uniform_to_tail(rows: Floats, indices: Integers, _numbers: Floats) -> None:
    """U -> the probability of its tail, negative in the upper one."""
    row = rows[indices[0]]
    for i in range(row.size):
        row[i] = tail_of_uniform(row[i])


@loop
def combine(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """x_0 = a_0 x_0 + a_1 x_1 + ..., summed in that order: a row of a Cholesky factor, a step of an AR(1)."""
    target = rows[indices[0]]
    for i in range(target.size):
        target[i] = numbers[0] * target[i]
    for k in range(1, indices.size):
        source = rows[indices[k]]
        for i in range(target.size):
            target[i] = fma(numbers[k], source[i], target[i])


@loop
def multiply_step(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """x_t = x_{t-1} exp(s e): a random walk on the positive axis."""
    target, previous = rows[indices[0]], rows[indices[1]]
    for i in range(target.size):
        target[i] = previous[i] * exp(numbers[0] * target[i])


@loop
def multiply(rows: Floats, indices: Integers, _numbers: Floats) -> None:
    """x_0 = x_0 x_1."""
    target, source = rows[indices[0]], rows[indices[1]]
    for i in range(target.size):
        target[i] = target[i] * source[i]


@loop
def logarithm(rows: Floats, indices: Integers, _numbers: Floats) -> None:
    """X = log x."""
    row = rows[indices[0]]
    for i in range(row.size):
        row[i] = log(row[i])


@loop
def truncate_uniform(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """U -> F(lower) + u (F(upper) - F(lower))."""
    row = rows[indices[0]]
    for i in range(row.size):
        row[i] = fma(numbers[1], row[i], numbers[0])


@loop
def truncate_tail(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """U -> tail of the truncated law; from the upper one, where sign is -1, so that no digits are lost there."""
    row = rows[indices[0]]
    sign = numbers[2]
    for i in range(row.size):
        u = row[i] if sign > 0.0 else 1.0 - row[i]
        row[i] = sign * tail_of_uniform(fma(numbers[1], u, numbers[0]))


@loop
def truncate_normal(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """Score of the truncated law; from the upper tail, where sign is -1, so that no digits are lost there."""
    row = rows[indices[0]]
    sign = numbers[2]
    for i in range(row.size):
        u = row[i] if sign > 0.0 else 1.0 - row[i]
        row[i] = fma(numbers[1], u, numbers[0])
    to_normal_scores(row, rows[-1], rows[-2])
    for i in range(row.size):
        row[i] = sign * row[i]


@loop
def select(rows: Floats, indices: Integers, _numbers: Floats) -> None:
    """x_0 = x_{2 + k}, with the number k in x_1."""
    target, chosen = rows[indices[0]], rows[indices[1]]
    for k in range(2, indices.size):
        source = rows[indices[k]]
        for i in range(target.size):
            target[i] = source[i] if chosen[i] == k - 2.0 else target[i]


@loop
def bound(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """Keep a truncated value from passing its bound by a rounding."""
    row = rows[indices[0]]
    for i in range(row.size):
        x = row[i] if row[i] > numbers[0] else numbers[0]
        row[i] = x if x < numbers[1] else numbers[1]


@loop
def asinh(rows: Floats, indices: Integers, _numbers: Floats) -> None:
    """Asinh(x), within 1e-16 of 1 near zero."""
    row = rows[indices[0]]
    for i in range(row.size):
        size = abs(row[i])
        value = log(size + np.sqrt(fma(size, size, 1.0)))
        row[i] = -value if row[i] < 0.0 else value


@loop
def log_series(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """Log V, V = floor(1 + log(v) / log(1 - e^(-a u))), from u in x_0 and v in x_1 (Kemp 1981, method LK).

    V has the probability p^k / (-k log(1 - p)) at k = 1, 2, ..., p = 1 - e^-a.
    """
    target, other = rows[indices[0]], rows[indices[1]]
    for i in range(target.size):
        t = numbers[0] * target[i]
        # Both are taken, so that the loop vectorises; each keeps its digits on its own side.
        small, large = log(-expm1(-t)), log1p(-exp(-t))
        log_ratio = small if t < LN2 else large
        count: float = np.floor(1.0 + log(other[i]) / log_ratio)
        target[i] = log(count)


@cache
def map_row(quantile: Callable[[float, Floats], float]) -> RowOperation:
    """Return the operation x = quantile(x, numbers) over a row."""

    @loop
    def apply_quantile(rows: Floats, indices: Integers, numbers: Floats) -> None:
        row = rows[indices[0]]
        for i in range(row.size):
            row[i] = quantile(row[i], numbers)

    return apply_quantile


def choose(operations: Sequence[Callable[..., None]]) -> Callable[..., None]:
    """Return one function `run(number, *arguments)` that calls the operation with a number, by comparisons made once.

    Its source is generated: a chain of functions would count references to every array at every link, which costs more
    than most operations do.
    """
    first = getattr(operations[0], "py_func", operations[0])
    arguments = ", ".join(f"argument_{k}" for k in range(first.__code__.co_argcount))
    source = f"def run(number, {arguments}):\n"
    scope: dict[str, Any] = {"__name__": __name__}
    for k, operation in enumerate(operations):
        scope[f"operation_{k}"] = operation
        source += f"    {'elif' if k else 'if'} number == {k}:\n        operation_{k}({arguments})\n"
    # Nothing but numbers is put into the source.
    exec(compile(source, "<mcdemand choice>", "exec"), scope)
    run: Callable[..., None] = kernel(scope["run"])
    return run
