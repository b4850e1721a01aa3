"""Unit aliases and the check of quantities."""

import builtins
import subprocess
import sys
from typing import Annotated

import pytest

from mcdemand import units
from mcdemand.errors import InputError
from mcdemand.units import (
    GW,
    GrowthShape,
    GUSDPerYear,
    MillionH100e,
    PerYear,
    Ratio,
    TokensPerDay,
    TWh,
    TWhPerGW,
    Unit,
    YearLabel,
    Years,
    check_units,
    unit_of,
)

HOURS = 8.76


def power(energy: TWh, gigawatt_year: TWhPerGW = HOURS) -> GW:
    return energy / gigawatt_year


def share_of_a_day(tokens: TokensPerDay, days: Annotated[float, Unit("day")]) -> Annotated[float, Unit("token")]:
    return tokens * days


def test_unit_of_reads_an_alias_back():
    texts = [unit_of(alias).text for alias in (TWh, MillionH100e, GUSDPerYear, Ratio)]
    assert texts == ["TWh", "M H100e", "GUSD/yr", "1"]
    assert unit_of(GrowthShape).categories == ("gompertz", "logistic", "bass", "exponential")


@pytest.mark.parametrize("annotation", [float, None, Annotated[float, "TWh"], object])
def test_no_alias_is_dimensionless(annotation):
    assert unit_of(annotation) == Unit("1")


def test_every_alias_is_a_unit_that_pint_knows():
    aliases = {name: unit_of(alias) for name, alias in vars(units).items() if hasattr(alias, "__metadata__")}
    registry = units._registry()
    assert len(aliases) > 20
    assert all(registry.parse_units(units._pint_expression(unit)) is not None for unit in aliases.values())
    assert registry.Quantity(1.0, "megaH100e").to("H100e").magnitude == pytest.approx(1e6)


def test_a_consistent_function_passes():
    assert check_units([power], [{"energy": 50.0}, {"energy": 0.0}]) == []


def test_a_factor_that_makes_the_dimension_wrong_is_reported():
    def hidden(energy: TWh) -> GW:
        return energy / 8.76

    (problem,) = check_units([hidden], [{"energy": 50.0}, {"energy": 60.0}])
    assert problem.startswith("hidden: Cannot convert from 'terawatt_hour'")


def test_a_wrong_sum_is_reported():
    def mixed(energy: TWh, capacity: GW) -> TWh:
        return energy + capacity

    (problem,) = check_units([mixed], [{"energy": 50.0, "capacity": 3.0}])
    assert problem.startswith("mixed: Cannot convert")


def test_a_hidden_conversion_with_the_right_dimension_is_reported():
    def terawatt_hours(capacity: GW, years: Years) -> TWh:
        return capacity * years * 8.76

    (problem,) = check_units([terawatt_hours], [{"capacity": 10.0, "years": 1.0}])
    assert problem == "terawatt_hours: 767.9016 with units, 87.6 without: a literal hides a conversion"


def test_a_forgotten_prefix_is_reported():
    (problem,) = check_units([share_of_a_day], [{"tokens": 2.0, "days": 3.0}])
    assert problem == "share_of_a_day: 6e+12 with units, 6 without: a literal hides a conversion"


def test_only_a_draw_on_the_wrong_side_of_a_select_finds_the_fault():
    def sided(year: YearLabel, energy: TWh, start: YearLabel = 2030.0) -> GW:
        return energy / 8.76 if year > start else energy / energy * 0.0

    before, after = {"year": 2025.0, "energy": 1.0}, {"year": 2031.0, "energy": 1.0}
    assert len(check_units([sided], [after])) == 1
    assert len(check_units([sided], [before, after])) == 2


def test_rates_times_years_are_numbers():
    def grown(growth: PerYear, year: YearLabel, t: Years, origin: YearLabel = 2024.0) -> Ratio:
        return growth * (year - origin) + growth * t

    assert check_units([grown], [{"growth": 0.5, "year": 2030.0, "t": 6.0}]) == []


def test_zero_has_every_unit():
    def initial_power() -> GW:
        return 0.0

    assert check_units([initial_power], [{}]) == []


def test_a_bare_number_is_dimensionless():
    def initial_power() -> GW:
        return 2.5

    (problem,) = check_units([initial_power], [{}])
    assert problem.startswith("initial_power: Cannot convert from 'dimensionless'")


def test_a_comparison_with_a_bare_number_is_reported():
    def late(year: YearLabel) -> Ratio:
        return 1.0 if year > 2030.0 else 0.0

    (problem,) = check_units([late], [{"year": 2025.0}])
    assert problem.startswith("late: ")


def test_an_unknown_unit_is_reported():
    def stake(x: Annotated[float, Unit("quatloo")]) -> Ratio:
        return x

    (problem,) = check_units([stake], [{"x": 1.0}])
    assert problem == "stake: 'quatloo' is not defined in the unit registry"


def test_plain_floats_are_dimensionless():
    def product(x: float, y):
        return x * y

    assert check_units([product], [{"x": 2.0, "y": 3.0}]) == []


def test_a_missing_value_is_reported():
    assert check_units([power], [{}]) == ["power: no value to check it with for energy"]


def test_units_that_disagree_between_quantities_are_reported():
    def cost(previous_power: TWh) -> TWh:
        return previous_power

    problems = check_units([power, cost], [{"energy": 1.0, "previous_power": 1.0}])
    assert problems == ["cost: power is in 'TWh' here and in 'GW' in power"]


def test_without_pint_the_extra_is_named(monkeypatch):
    real_import = builtins.__import__

    def no_pint(name, *rest, **options):
        if name == "pint":
            raise ModuleNotFoundError(name)
        return real_import(name, *rest, **options)

    units._registry.cache_clear()
    monkeypatch.setattr(builtins, "__import__", no_pint)
    with pytest.raises(InputError, match="extra `units`"):
        check_units([power], [{"energy": 1.0}])


def test_importing_units_loads_neither_pint_nor_numpy():
    code = "import sys, mcdemand.units; print({'pint', 'numpy', 'numba'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
