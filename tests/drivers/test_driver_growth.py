"""Growth curves and shares against their definitions in high precision."""

import mpmath as mp
import pytest
from numpy.testing import assert_allclose

from mcdemand.drivers import _growth
from mcdemand.drivers._growth import gompertz, log_bass, log_growth, share_since, with_residual_growth

CURVES = [(1.9, 70.0), (0.27, 100.0), (2.7, 12.0), (0.05, 1.1), (1.2, 1e5)]
TIMES = (0.25, 1.0, 4.0, 12.0)


def exact_log_gompertz(t, g, ceiling):
    return mp.log(ceiling) * (1 - mp.exp(-g * t / mp.log(ceiling)))


def exact_log_bass(t, g, ceiling, i):
    """The textbook form with coefficients of innovation p and imitation q, shifted to start at 1."""
    scaled = g / (1 - 1 / mp.mpf(ceiling))
    p, q = i * scaled / ceiling, (1 - i) * scaled
    c, e = (ceiling - 1) / (p * ceiling + q), mp.exp(-(p + q) * t)
    return mp.log(ceiling * (1 - p * c * e) / (1 + q * c * e))


EXACT = {
    0.0: exact_log_gompertz,
    1.0: lambda t, g, m: mp.log(m / (1 + (m - 1) * mp.exp(-g * t / (1 - 1 / mp.mpf(m))))),
    2.0: lambda t, g, m: exact_log_bass(t, g, m, mp.mpf("0.3")),
    3.0: lambda t, g, _: mp.mpf(g) * t,
}


@pytest.mark.parametrize("shape", EXACT)
@pytest.mark.parametrize(("growth", "ceiling"), CURVES)
def test_shapes_follow_their_definition(shape, growth, ceiling):
    found = [log_growth(t, growth, ceiling, shape, 0.3) for t in TIMES]
    with mp.workdps(40):
        exact = [float(EXACT[shape](mp.mpf(t), growth, ceiling)) for t in TIMES]
    assert_allclose(found, exact, rtol=1e-13)


@pytest.mark.parametrize("shape", EXACT)
@pytest.mark.parametrize(("growth", "ceiling"), CURVES)
def test_shapes_start_at_one_with_the_stated_rate(shape, growth, ceiling):
    assert log_growth(0.0, growth, ceiling, shape, 0.3) == 0.0
    with mp.workdps(40):
        assert_allclose(float(mp.diff(lambda t: EXACT[shape](t, growth, ceiling), 0)), growth, rtol=1e-12)
    step = 1e-7
    assert_allclose(log_growth(step, growth, ceiling, shape, 0.3) / step, growth, rtol=5e-6)


@pytest.mark.parametrize("shape", [0.0, 1.0, 2.0])
@pytest.mark.parametrize(("growth", "ceiling"), CURVES)
def test_bounded_shapes_end_at_the_ceiling(shape, growth, ceiling):
    with mp.workdps(30):
        assert_allclose(log_growth(1e4, growth, ceiling, shape, 0.3), float(mp.log(ceiling)), rtol=1e-14)


@pytest.mark.parametrize("shape", EXACT)
def test_extreme_ceilings_stay_finite(shape):
    for ceiling in (1.0 + 1e-9, 1e12):
        for t in (0.0, 1.0, 12.0):
            assert 0.0 <= log_growth(t, 2.7, ceiling, shape, 0.5) <= 2.7 * t


def test_bass_without_innovation_is_the_logistic():
    assert [log_bass(t, 1.9, 70.0, 0.0) for t in TIMES] == [log_growth(t, 1.9, 70.0, 1.0, 0.5) for t in TIMES]


def test_bass_of_innovation_alone_approaches_exponentially():
    assert_allclose(log_bass(2.0, 1.9, 70.0, 1.0), float(mp.log(1 + 69 * (1 - mp.exp(-1.9 * 2 / 69)))), rtol=1e-14)


def test_gompertz_is_the_exponential_of_its_log():
    assert_allclose(gompertz(3.0, 0.55, 4.0), float(mp.exp(exact_log_gompertz(3.0, 0.55, 4.0))), rtol=1e-14)


@pytest.mark.parametrize("shape", EXACT)
def test_residual_growth_starts_at_g(shape):
    def curve(t):
        return with_residual_growth(log_growth(t, 1.9, 70.0, shape, 0.3), t, 1.9, 0.08)

    assert curve(0.0) == 0.0
    assert_allclose(curve(1e-7) / 1e-7, 1.9, rtol=5e-6)


@pytest.mark.parametrize("shape", [0.0, 1.0, 2.0])
def test_residual_growth_ends_at_r(shape):
    late = [with_residual_growth(log_growth(t, 1.9, 70.0, shape, 0.3), t, 1.9, 0.08) for t in (1000.0, 1010.0)]
    assert_allclose((late[1] - late[0]) / 10.0, 0.08, rtol=1e-10)


def test_residual_growth_adds_nothing_to_the_exponential():
    assert_allclose(with_residual_growth(1.9 * 7.0, 7.0, 1.9, 0.3), 1.9 * 7.0, rtol=1e-15)


def test_no_growth_is_flat():
    for shape in EXACT:
        assert with_residual_growth(log_growth(5.0, 0.0, 70.0, shape, 0.3), 5.0, 0.0, 0.08) == 0.0


def test_share_is_zero_up_to_its_start_and_a_shifted_logistic_after():
    share, midpoint, steepness, start = 0.64, 2026.0, 1.3, 2024.2
    assert [share_since(year, share, midpoint, steepness, start) for year in (2020.0, 2024.0, 2024.2)] == [0.0] * 3

    def logistic(year):
        return 1 / (1 + mp.exp(-steepness * (mp.mpf(year) - midpoint)))

    for year in (2024.3, 2025.0, 2026.0, 2031.0):
        exact = share * (logistic(year) - logistic(start)) / (1 - logistic(start))
        assert_allclose(share_since(year, share, midpoint, steepness, start), float(exact), rtol=1e-12)
    assert_allclose(share_since(2100.0, share, midpoint, steepness, start), share, rtol=1e-15)


def test_shape_numbers_are_positions_in_the_category():
    from mcdemand.units import GrowthShape, unit_of

    names = unit_of(GrowthShape).categories
    numbers = (_growth.GOMPERTZ, _growth.BASS, _growth.EXPONENTIAL)
    assert [names[int(number)] for number in numbers] == ["gompertz", "bass", "exponential"]
