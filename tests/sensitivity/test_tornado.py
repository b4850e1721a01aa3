import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtri

import mcdemand as mc
from mcdemand.sensitivity.tornado import METHOD, estimate

CHAINS, DRAWS = 16, 512
Z95 = 1.6448536269514722


class Normals:
    """A function of normal parameters, one correlation between the first two, seen as an experiment."""

    def __init__(self, *functions, count=3, correlation=0.0, seed=0):
        self.functions, self.correlation, self.seed = functions, correlation, seed
        self.parameters = tuple(f"x{j}" for j in range(count))
        self.freedom = CHAINS - 1
        self.luck = np.random.default_rng(seed).standard_normal((count, CHAINS * DRAWS))
        self.held = 0

    def rows(self, x):
        return np.stack([function(x) for function in self.functions])

    def at(self, levels):
        return self.rows(ndtri(levels))

    def given(self, parameter, level):
        x, z = self.luck.copy(), float(ndtri(level))
        if parameter < 2:
            rest = math.sqrt(1 - self.correlation**2)
            x[1 - parameter] = self.correlation * z + rest * x[1 - parameter]
        x[parameter] = z
        return self.rows(x)

    def base(self):
        x = self.luck.copy()
        x[1] = self.correlation * x[0] + math.sqrt(1 - self.correlation**2) * x[1]
        return self.rows(x)

    def error(self, statistic, *draws):
        chains = [one.reshape(len(one), CHAINS, DRAWS).transpose(1, 0, 2) for one in draws]
        estimates = np.stack([statistic(*parts) for parts in zip(*chains, strict=True)])
        return estimates.std(axis=0, ddof=1) / math.sqrt(CHAINS)


def found(*functions, **changes):
    options = {name: changes.pop(name, default) for name, default in METHOD.options.items()}
    return estimate(Normals(*functions, **changes), **options)


def weighted(x):
    return 10 + np.array([1.0, -2.0, 0.0]) @ x


def test_a_linear_output_swings_by_its_coefficients():
    measures = found(weighted)
    exact = 2 * Z95 * np.array([1.0, 2.0, 0.0])
    swing, low, high, baseline = (measures[name] for name in ("swing", "low", "high", "baseline"))
    assert swing.value.shape == swing.mcse.shape == (2, 3, 1)
    assert baseline.value.shape == baseline.mcse.shape == (2, 1)
    assert {one.freedom for one in measures.values()} == {CHAINS - 1}
    for others in (0, 1):
        # The others' luck is the same at both ends, so the swing is exact in either way.
        assert_allclose(swing.value[others, :, 0], exact, rtol=1e-12)
    assert_allclose(swing.mcse, 0.0, atol=1e-12)
    assert_allclose(low.value[0, :, 0], 10 - Z95 * np.array([1.0, -2.0, 0.0]), rtol=1e-12)
    assert_allclose(high.value[0, :, 0], 10 + Z95 * np.array([1.0, -2.0, 0.0]), rtol=1e-12)
    for one, target in ((low, low.value[0]), (high, high.value[0]), (baseline, 10.0)):
        assert_array_equal(one.mcse[0], 0.0)
        assert np.all(np.abs(one.value[1] - target) < 5 * one.mcse[1])


def test_an_output_that_does_not_depend_on_a_parameter_has_swing_exactly_zero():
    measures = found(weighted, lambda x: np.exp(x[2]))
    assert_array_equal(measures["swing"].value[:, 2, 0], 0.0)
    assert_array_equal(measures["swing"].mcse[:, 2, 0], 0.0)
    assert_array_equal(measures["swing"].value[:, :2, 1], 0.0)


def test_medians_and_draws_tell_a_product_apart():
    # x0 x1, both around 0: at the other's median nothing moves; x0 x1^2 given x0 = z has median z * chi2(1).median.
    measures = found(lambda x: x[0] * x[1], lambda x: x[0] * x[1] ** 2)
    assert_array_equal(measures["swing"].value[0, :2, 0], 0.0)
    assert_array_equal(measures["swing"].value[0, 0, 1], 0.0)
    exact = 2 * Z95 * 0.454936423119572
    assert abs(measures["swing"].value[1, 0, 1] - exact) < 5 * measures["swing"].mcse[1, 0, 1]
    mean = found(lambda x: x[0] * x[1] ** 2, statistic="mean")["swing"]
    assert abs(mean.value[1, 0, 0] - 2 * Z95) < 5 * mean.mcse[1, 0, 0]


def test_correlated_parameters_take_their_partner_along():
    # y = x0 + x1: E(y | x0 = z) = (1 + r) z, at the median of x1 it is z.
    measures = found(lambda x: x[0] + x[1], correlation=0.6, statistic="mean")
    assert_allclose(measures["swing"].value[0, :2, 0], 2 * Z95, rtol=1e-12)
    assert_allclose(measures["swing"].value[1, :2, 0], 2 * Z95 * 1.6, rtol=1e-12)


def test_errors_are_those_of_many_repeats():
    repeats = [found(lambda x: np.exp(x[0] + x[1]), seed=seed, count=2) for seed in range(100)]
    for name in METHOD.indices:
        values, errors = (np.stack([getattr(one[name], part)[1] for one in repeats]) for part in ("value", "mcse"))
        # The spread of 100 repeats is known to 7 % (one sd).
        assert_allclose(np.sqrt((errors**2).mean(axis=0)), values.std(axis=0, ddof=1), rtol=0.3)


def test_the_range_is_that_of_the_priors():
    measures = found(weighted, range=(0.25, 0.75))
    assert_allclose(measures["swing"].value[:, 0, 0], 2 * ndtri(0.75), rtol=1e-12)


def test_only_two_arrays_of_draws_are_held_at_once():
    calls = []

    class Watched(Normals):
        def given(self, parameter, level):
            calls.append((parameter, level))
            return super().given(parameter, level)

        def error(self, statistic, *draws):
            assert len(draws) <= 2
            return super().error(statistic, *draws)

    estimate(Watched(weighted), **METHOD.options)
    assert calls == [(j, level) for j in range(3) for level in (0.05, 0.95)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statistic": "mode"}, "statistic: 'mode': unknown; known: mean, median"),
        ({"range": (0.5, 1.0)}, r"range: \(0.5, 1.0\): must be two levels of the priors"),
    ],
)
def test_options_that_make_no_sense(change, message):
    with pytest.raises(mc.InputError, match=message):
        found(weighted, **change)
