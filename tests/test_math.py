"""What equations import: floats, quantities and compiled code must see the same functions."""

import math
import platform
import re
import subprocess
import sys

import numba
import numpy as np
import pint
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import mcdemand.math as mm
from mcdemand.kernels.digest import digest_function
from mcdemand.kernels.jit import OPTIONS

UNITS = pint.UnitRegistry()
COMPILED = not numba.config.DISABLE_JIT
NAN = math.nan


def everything(x, y):
    smooth = mm.exp(x) + mm.log(y) + mm.expm1(x) + mm.log1p(y) + mm.power(y, x) + mm.logistic(x) + mm.sqrt(y)
    return smooth + mm.maximum(x, y) * mm.minimum(x, y) + mm.clip(x, -0.5, y) + mm.where(x > 0, mm.absolute(x), y)


def saturating(x, y):
    return mm.where(x > 0, mm.exp(-x), mm.maximum(x, y))


everything_inlined = numba.njit(**OPTIONS, inline="always")(everything)
saturating_inlined = numba.njit(**OPTIONS, inline="always")(saturating)


@numba.njit(**OPTIONS)
def everything_loop(x, y):
    z = np.empty_like(x)
    for i in range(x.size):
        z[i] = everything_inlined(x[i], y[i])
    return z


@numba.njit(**OPTIONS)
def saturating_loop(x, y):
    z = np.empty_like(x)
    for i in range(x.size):
        z[i] = saturating_inlined(x[i], y[i])
    return z


@numba.njit(**OPTIONS)
def bounds(a, b):
    return mm.maximum(a, b), mm.minimum(a, b), mm.clip(a, b, 2.0), mm.clip(0.0, a, b)


def test_plain_calls_and_compiled_code_give_the_same_bits():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=50), rng.lognormal(size=50)
    with np.errstate(all="ignore"):
        assert_array_equal(everything_loop(x, y), [everything(a, b) for a, b in zip(x, y, strict=True)])


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("exp", (1.5,)),
        ("log", (1.5,)),
        ("expm1", (1e-9,)),
        ("log1p", (1e-9,)),
        ("sqrt", (2.0,)),
    ],
)
def test_a_float_gives_what_the_standard_library_gives(function, arguments):
    result = getattr(mm, function)(*arguments)
    assert isinstance(result, float)
    assert_allclose(result, getattr(math, function)(*arguments), rtol=4e-16)


def test_power_and_logistic_of_floats():
    assert_allclose(mm.power(2.5, -1.5), math.pow(2.5, -1.5), rtol=4e-16)
    assert_allclose(mm.logistic(-1.25), 1 / (1 + math.exp(1.25)), rtol=6e-16)


def test_arguments_outside_the_domain_give_nan_or_infinity_silently():
    assert_array_equal([mm.log(-1.0), mm.sqrt(-1.0), mm.power(-1.0, 2.0)], [NAN, NAN, NAN])
    assert_array_equal([mm.log(0), mm.exp(1e4), mm.power(0.0, -1.0)], [-math.inf, math.inf, math.inf])


@pytest.mark.parametrize(("a", "b"), [(1.0, 3.0), (3.0, 1.0), (NAN, 1.0), (1.0, NAN), (NAN, NAN)])
def test_extremes_propagate_nan_alike_compiled_and_plain(a, b):
    plain = mm.maximum(a, b), mm.minimum(a, b), mm.clip(a, b, 2.0), mm.clip(0.0, a, b)
    assert_array_equal(bounds(a, b), plain)
    assert_array_equal(plain[:2], [np.maximum(a, b), np.minimum(a, b)])


@pytest.mark.parametrize("name", ["exp", "log", "expm1", "log1p", "logistic"])
def test_a_dimensionless_quantity_stays_one_and_is_converted(name):
    result = getattr(mm, name)(UNITS.Quantity(50.0, "percent"))
    assert isinstance(result, UNITS.Quantity)
    assert result.units == UNITS.dimensionless
    assert result.magnitude == getattr(mm, name)(0.5)


@pytest.mark.parametrize("name", ["exp", "log", "expm1", "log1p", "logistic"])
def test_a_dimension_is_refused(name):
    with pytest.raises(pint.DimensionalityError):
        getattr(mm, name)(UNITS.Quantity(1.0, "km"))


def test_power_of_quantities():
    half = UNITS.Quantity(50.0, "percent")
    assert mm.power(half, half).magnitude == mm.power(0.5, 0.5)
    assert mm.power(4.0, half) == 2.0
    with pytest.raises(pint.DimensionalityError):
        mm.power(UNITS.Quantity(2.0, "m"), 2.0)
    with pytest.raises(pint.DimensionalityError):
        mm.power(2.0, UNITS.Quantity(2.0, "m"))


def test_selections_compare_across_units_and_keep_the_unit_of_what_they_choose():
    near, far = UNITS.Quantity(900.0, "m"), UNITS.Quantity(1.0, "km")
    assert (mm.maximum(near, far).magnitude, mm.minimum(near, far).magnitude) == (1.0, 900.0)
    assert mm.clip(UNITS.Quantity(5.0, "km"), near, far).units == UNITS.km
    assert mm.where(near > far, near, far) is far
    assert mm.absolute(-near) == near
    assert mm.sqrt(UNITS.Quantity(4.0, "m^2")) == UNITS.Quantity(2.0, "m")


@pytest.mark.parametrize("select", [mm.maximum, mm.minimum, lambda a, b: mm.where(True, a, b)])
def test_selections_refuse_different_dimensions(select):
    with pytest.raises(pint.DimensionalityError):
        select(UNITS.Quantity(1.0, "m"), UNITS.Quantity(1.0, "s"))


@pytest.mark.skipif(not COMPILED or platform.machine() not in {"x86_64", "AMD64"}, reason="reads x86-64 machine code")
def test_a_loop_through_exp_and_where_vectorises():
    assert_array_equal(saturating_loop(np.array([1.0]), np.array([2.0])), [mm.exp(-1.0)])
    code = "".join(saturating_loop.inspect_asm().values())
    assert len(re.findall(r"\bvfmadd\d+pd\s.*%[yz]mm", code)) >= 10


@pytest.mark.skipif(not COMPILED, reason="interpreted functions are not cached")
def test_functions_can_be_digested_for_the_cache():
    assert digest_function(everything) != digest_function(saturating)


def test_importing_it_reaches_no_heavy_package():
    heavy = {"scipy.stats", "scipy.special", "xarray", "pandas", "pint"}
    code = f"import sys, mcdemand.math; print(sorted({heavy!r} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
