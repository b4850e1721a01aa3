import pytest

from mcdemand.report.observations import RULES, observations_of, years_within


def test_electricity_is_that_of_ai_alone() -> None:
    found = {one.identifier: one for one in observations_of("energy_served")}
    assert found["H0271"].value == 93
    assert found["H0272"].year == 2026
    assert not {"H0273", "H0281", "H0284"} & found.keys(), "all data centres are not AI"


def test_a_figure_known_before_its_period_was_over_is_a_forecast() -> None:
    kinds = {one.identifier: one.kind for output in ("energy", "tokens", "capacity") for one in observations_of(output)}
    assert (kinds["H0272"], kinds["H0270"], kinds["H0366"]) == ("forecast", "forecast", "forecast")
    assert (kinds["H0001"], kinds["H0363"]) == ("published", "published")
    assert kinds["H0365"] == "derived"
    assert (kinds["H0268"], kinds["H0362"]) == ("partial", "partial")


def test_years_are_labels() -> None:
    (capacity,) = observations_of("capacity")
    assert capacity.year == 2025.0, "the end of 2025 stands at 2025 for an output at the end of the year"
    top_down = next(one for one in observations_of("tokens_served") if one.identifier == "H0363")
    assert top_down.year == pytest.approx(2025 + 258 / 365 - 0.5), (
        "15 September, the 258th day; the middle of 2025 is 2025"
    )


def test_bounds_enclose_values_and_capital_spending_stays_out() -> None:
    assert observations_of("capex_served") == ()
    for rule in RULES:
        for one in observations_of(rule.outputs[0]):
            assert one.bounds is None or one.bounds[0] <= one.value <= one.bounds[1]


def test_years_within_keeps_half_a_year_of_margin() -> None:
    years = [one.year for one in years_within(observations_of("energy"), 2025, 2030)]
    assert years
    assert min(years) == 2025
