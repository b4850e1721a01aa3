import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels import shortest_interval as shortest
from mcdemand.kernels.order_statistics import DIRECT_SORT, interpolate, order_statistics, quantiles
from mcdemand.kernels.shortest_interval import shortest_interval

COMPILED = not numba.config.DISABLE_JIT
LARGE = 300_000 if COMPILED else DIRECT_SORT + 1000
PROBABILITIES = np.array([0.0, 0.001, 0.05, 0.25, 0.5, 0.5001, 0.75, 0.95, 0.999, 1.0])
TINY = np.finfo(float).smallest_subnormal


def _normal(size=LARGE):
    return np.random.default_rng(1).standard_normal(size)


STREAMS = {
    "normal": _normal(),
    "lognormal": np.exp(0.6 * _normal()),
    "flop": 1e27 * np.exp(3 * _normal()),
    "sorted": np.sort(_normal()),
    "reversed": -np.sort(_normal()),
    "constant": np.full(LARGE, 1 / 3),
    "two-point": np.where(_normal() > 0.3, 1.0, 2.0),
    "neighbouring doubles": np.where(_normal() > 0.3, 1.0, np.nextafter(1.0, 2.0)),
    "integers": np.floor(50 * _normal()),
    "denormal": TINY * np.floor(1e5 * _normal()),
    "zeros of both signs": np.where(_normal() > 0.5, _normal(), np.where(_normal() > 0, 0.0, -0.0)),
    "one zero": np.append(np.exp(_normal()), 0.0),
    "one outlier": np.append(_normal(), 1e300),
    "extreme range": np.append(_normal(), [-1e308, 1e308, TINY, -TINY]),
    "zipf": np.floor(1 / np.random.default_rng(2).random(LARGE)),
    "small": _normal(17),
    "one value": np.array([7.0]),
}


@pytest.mark.parametrize("name", STREAMS)
def test_order_statistics_are_those_of_a_full_sort(name):
    values = STREAMS[name]
    ranks = np.unique(np.linspace(0, values.size - 1, 40).astype(int))[::-1]
    assert_array_equal(order_statistics(values, ranks), np.sort(values)[ranks])


@pytest.mark.parametrize("name", sorted(set(STREAMS) - {"extreme range"}))
def test_quantiles_have_the_bits_of_numpy(name):
    assert_array_equal(quantiles(STREAMS[name], PROBABILITIES), np.quantile(STREAMS[name], PROBABILITIES))


def test_infinities_are_ordered():
    values = np.concatenate([_normal(), np.full(900, np.inf), np.full(700, -np.inf)])
    ranks = [0, 699, 700, values.size - 901, values.size - 900, values.size - 1]
    assert_array_equal(order_statistics(values, ranks), np.sort(values)[ranks])
    assert_array_equal(
        quantiles([-np.inf, 1.0, 2.0, np.inf, np.inf], [0, 0.5, 0.75, 0.9]), [-np.inf, 2.0, np.inf, np.inf]
    )


def test_ranks_keep_their_shape_and_order():
    values = _normal()
    ranks = np.array([[5, 3], [3, values.size - 1]])
    assert_array_equal(order_statistics(values, ranks), np.sort(values)[ranks])


def test_values_are_left_as_they_were():
    values = _normal()
    before = values.copy()
    quantiles(values, PROBABILITIES)
    assert_array_equal(values, before)


@pytest.mark.parametrize("size", [10, DIRECT_SORT + 10])
@pytest.mark.parametrize("bad", [np.nan, -np.nan])
def test_nan_is_refused(size, bad):
    values = _normal(size)
    values[size // 2] = bad
    with pytest.raises(NumericalError, match="NaN"):
        order_statistics(values, [0])


@pytest.mark.parametrize(("values", "ranks"), [([], [0]), ([1.0], [1]), ([1.0], [-1])])
def test_places_that_do_not_exist_are_refused(values, ranks):
    with pytest.raises(InputError):
        order_statistics(values, ranks)


def test_interpolation_starts_from_the_nearer_end():
    # 0.1 + 0.9 * (0.7 - 0.1) and 0.7 - 0.1 * (0.7 - 0.1) differ in the last bit; both ends are met exactly.
    assert_array_equal(interpolate(0.1, 0.7, [0.0, 0.9, 1.0]), [0.1, 0.7 - (0.7 - 0.1) * (1 - 0.9), 0.7])


def test_irwin_hall_quantiles():
    size = 10**6 if COMPILED else 20_000
    values = np.random.default_rng(17).random((size, 12)).sum(axis=1)
    exact = np.array([7.646971874, 8.302227542])
    # Density at the exact quantiles by Edgeworth: a normal density is within 3 % there.
    error = np.sqrt([0.95 * 0.05, 0.99 * 0.01]) / stats.norm(6, 1).pdf(exact) / np.sqrt(size)
    assert np.all(np.abs(quantiles(values, [0.95, 0.99]) - exact) < 5 * error)


@pytest.mark.parametrize(
    ("law", "exact"),
    [
        (stats.expon(), (0, 2.302585093)),
        (stats.gamma(3), (0.441326901, 5.479174718)),
        (stats.beta(2, 5), (0.030150865, 0.525288643)),
    ],
)
def test_shortest_interval_of_evenly_spaced_quantiles(law, exact):
    size = 10**5
    ordered = law.ppf((np.arange(size) + 0.5) / size)
    assert_allclose(shortest_interval(ordered, 0.9), exact, atol=2e-3)


def test_shortest_interval_is_the_first_of_equals():
    assert shortest_interval(np.arange(10.0), 0.5) == (0.0, 5.0)
    assert shortest_interval(np.array([3.0]), 0.9) == (3.0, 3.0)


def test_shortest_interval_is_that_of_arviz():
    import arviz as az

    values = np.exp(0.6 * _normal(20_001))
    for prob in (0.5, 0.9, 0.95):
        assert_array_equal(shortest_interval(np.sort(values), prob), az.hdi(values, prob=prob))


@pytest.mark.parametrize("prob", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["lognormal", "two humps", "ties", "constant", "uniform"])
def test_shortest_interval_of_many_values_is_that_of_the_sorted_ones(kind, prob, monkeypatch):
    monkeypatch.setattr(shortest, "DIRECT_SORT", 100)
    rng = np.random.default_rng(3)
    values = {
        "lognormal": rng.lognormal(size=3000),
        "two humps": np.concatenate([rng.normal(size=1500), rng.normal(9.0, 1.0, size=1500)]),
        "ties": np.round(rng.normal(size=3000), 1),
        "constant": np.ones(3000),
        "uniform": rng.uniform(size=3000),
    }[kind]
    ordered, steps = np.sort(values), int(prob * 3000)
    first = int(np.argmin(ordered[steps:] - ordered[:-steps]))
    assert shortest_interval(values, prob) == (ordered[first], ordered[first + steps])
