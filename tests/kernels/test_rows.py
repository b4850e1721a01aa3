"""Operations on rows against NumPy and SciPy, and the error of a table."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.interpolate import CubicHermiteSpline
from scipy.special import ndtr, ndtri

from mcdemand.kernels import rows as operations
from mcdemand.kernels.elementary import exp
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel
from mcdemand.kernels.normal import normal_quantile
from mcdemand.kernels.philox import BLOCK
from mcdemand.kernels.table import interpolate, interpolate_row

NONE = np.empty(0)


@pytest.fixture
def rows():
    """Four rows of uniforms, and the workspace behind them."""
    return np.random.default_rng(3).uniform(1e-9, 1 - 1e-9, (4 + operations.WORKSPACE_ROWS, BLOCK))


def apply(operation, rows, indices, numbers=NONE):
    """Apply an operation and return the rows as they were before."""
    before = rows.copy()
    with np.errstate(all="ignore"):
        operation(rows, np.array(indices, dtype=np.int64), np.asarray(numbers, dtype=np.float64))
    others = np.delete(np.arange(len(rows) - operations.WORKSPACE_ROWS), indices[0])
    assert_array_equal(rows[others], before[others])
    return before


def test_fill(rows):
    apply(operations.fill, rows, [2], [7.5])
    assert_array_equal(rows[2], np.full(BLOCK, 7.5))


def test_to_normal_and_back(rows):
    before = apply(operations.to_normal, rows, [1])
    assert_allclose(rows[1], ndtri(before[1]), rtol=1e-14, atol=1e-15)
    scores = apply(operations.to_uniform, rows, [1])
    assert_allclose(rows[1], ndtr(scores[1]), rtol=1e-13)


def test_combine_sums_in_order_with_fused_multiply_adds(rows):
    before = apply(operations.combine, rows, [2, 0, 3], [0.3, -1.7, 0.25])
    assert_allclose(rows[2], 0.3 * before[2] - 1.7 * before[0] + 0.25 * before[3], rtol=1e-14, atol=1e-15)


def test_combine_with_itself_alone_scales(rows):
    before = apply(operations.combine, rows, [1], [-2.0])
    assert_array_equal(rows[1], -2.0 * before[1])


def test_multiply_step(rows):
    before = apply(operations.multiply_step, rows, [1, 0], [0.4])
    assert_allclose(rows[1], before[0] * np.exp(0.4 * before[1]), rtol=1e-15)


def test_truncate_uniform(rows):
    before = apply(operations.truncate_uniform, rows, [0], [0.2, 0.5])
    assert_allclose(rows[0], 0.2 + 0.5 * before[0], rtol=1e-15)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_truncate_normal(rows, sign):
    before = apply(operations.truncate_normal, rows, [0], [0.1, 0.3, sign])
    level = before[0] if sign > 0 else 1 - before[0]
    assert_allclose(rows[0], sign * ndtri(0.1 + 0.3 * level), rtol=1e-13, atol=1e-15)


def test_bound(rows):
    before = apply(operations.bound, rows, [3], [0.25, 0.75])
    assert_array_equal(rows[3], np.clip(before[3], 0.25, 0.75))
    apply(operations.bound, rows, [0], [-np.inf, np.inf])
    assert_array_equal(rows[0], before[0])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_select(rows, count):
    """The row that the number in the second one names; a number that names none leaves the target."""
    rows[3] = np.arange(BLOCK) % (count + 1)
    before = apply(operations.select, rows, [3, 3, *range(count)])
    expected = np.choose(before[3].astype(int), [*before[:count], before[3]])
    assert_array_equal(rows[3], expected)


def test_select_among_five_rows_into_another():
    rows = np.random.default_rng(4).random((7 + operations.WORKSPACE_ROWS, BLOCK))
    rows[1] = np.random.default_rng(5).integers(0, 5, BLOCK)
    before = apply(operations.select, rows, [0, 1, 6, 5, 4, 3, 2])
    assert_array_equal(rows[0], np.choose(before[1].astype(int), before[[6, 5, 4, 3, 2]]))


@kernel
def shifted_exponential(z, numbers):
    return exp(fma(numbers[1], z, numbers[0]))


def test_map_row(rows):
    before = apply(operations.map_row(shifted_exponential), rows, [1], [0.5, 2.0])
    assert_allclose(rows[1], np.exp(0.5 + 2.0 * before[1]), rtol=1e-15)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 17])
def test_choose_runs_the_operation_with_the_number(rows, count):
    pool = (operations.fill, operations.to_normal, operations.to_uniform, operations.combine)
    members = [pool[k % len(pool)] for k in range(count)]
    chosen = operations.choose(members)
    index = np.zeros(1, dtype=np.int64)
    for number, member in enumerate(members):
        found, expected = rows.copy(), rows.copy()
        with np.errstate(all="ignore"):
            chosen(number, found, index, np.array([0.5]))
            member(expected, index, np.array([0.5]))
        assert_array_equal(found, expected)


def adder(amount):
    @kernel
    def add(target, factor):
        target[0] += amount * factor

    return add


@pytest.mark.parametrize("count", [1, 4, 5, 6, 11])
def test_choose_passes_any_arguments(count):
    chosen = operations.choose([adder(float(10**k)) for k in range(count)])
    found = np.zeros(1)
    for number in range(count):
        chosen(number, found, 3.0)
    assert found[0] == float("3" * count)


def test_normal_scores_of_a_row_have_the_bits_of_the_scalar_function(rows):
    levels = (0.0, 2.0**-53, 0.075, np.nextafter(0.075, 1), 0.5, 0.925, np.nextafter(0.925, 1), 1 - 2.0**-53, 1.0, 2.0)
    rows[1, : len(levels)] = levels
    before = apply(operations.to_normal, rows, [1])
    with np.errstate(all="ignore"):
        assert_array_equal(rows[1], [normal_quantile(np.float64(u)) for u in before[1]])


def test_a_row_without_tails_and_one_of_tails_alone(rows):
    rows[0], rows[1] = np.linspace(0.1, 0.9, BLOCK), np.linspace(0.01, 0.07, BLOCK)
    for index in (0, 1):
        before = apply(operations.to_normal, rows, [index])
        assert_allclose(rows[index], ndtri(before[index]), rtol=1e-14, atol=1e-15)


@pytest.fixture
def table():
    """Value and slope of a curve at nine nodes from -2 to 2."""
    scores = np.linspace(-2.0, 2.0, 9)
    return scores, np.sin(scores), np.cos(scores)


def table_numbers(scores, value, slope):
    step = scores[1] - scores[0]
    return np.concatenate([[scores[0], 1 / step, scores.size - 2], np.column_stack([value, slope * step]).ravel()])


def test_table_is_the_cubic_hermite_interpolant(table):
    numbers = table_numbers(*table)
    z = np.linspace(-2.0, 2.0, 101)
    found = [interpolate(x, numbers) for x in z]
    row = z.copy()
    interpolate_row(row, np.empty(z.size), numbers)
    assert_array_equal(row, found)
    assert_allclose(found, CubicHermiteSpline(*table)(z), rtol=1e-13, atol=1e-15)


def test_table_meets_the_nodes_and_stays_flat_outside(table):
    numbers = table_numbers(*table)
    assert_allclose([interpolate(z, numbers) for z in table[0]], table[1], rtol=1e-15)
    assert_allclose([interpolate(z, numbers) for z in (-50.0, -2.01, 2.01, 50.0)], np.sin([-2, -2, 2, 2]), rtol=1e-15)


def test_error_of_a_table_falls_with_the_fourth_power_of_the_step():
    """The error of cubic Hermite interpolation is at most h**4 / 384 times the fourth derivative (Birkhoff 1968)."""
    middles = []
    for nodes in (33, 65, 129):
        scores = np.linspace(-2.0, 2.0, nodes)
        numbers = table_numbers(scores, np.sin(scores), np.cos(scores))
        z = (scores[1:] + scores[:-1]) / 2
        middles.append(max(abs(interpolate(x, numbers) - np.sin(x)) for x in z))
        assert middles[-1] <= (scores[1] - scores[0]) ** 4 / 384
    assert_allclose([middles[0] / middles[1], middles[1] / middles[2]], [16, 16], rtol=0.05)
