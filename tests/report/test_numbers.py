import pytest

from mcdemand.report.numbers import cell_text, constant_text, level_text, number_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.000"),
        (103_412.0, "103,400"),
        (1_234_567.0, "1.235e6"),
        (0.0006879, "0.00069"),
        (0.0, "0"),
        (1.2345e-9, "1.23e-9"),
        (-0.0123456, "-0.0123"),
        (float("inf"), "inf"),
    ],
)
def test_a_cell_is_at_most_seven_wide(value: float, text: str) -> None:
    assert cell_text(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.5, "1", "0.5"), (70.0, "", "70"), (1e12, "1", "1e12"), (2027.46, "year", "2027.5"), (2026.0, " year", "2026")],
)
def test_a_single_number_has_no_idle_zeros(value: float, unit: str, text: str) -> None:
    assert number_text(value, unit) == text


def test_levels_and_constants() -> None:
    assert [level_text(x) for x in (0.0, 0.005, 0.5, 0.994, 0.9958, 1.0)] == [
        "p0",
        "p0.5",
        "p50",
        "p99.4",
        "p99.6",
        "p100",
    ]
    assert [constant_text(x) for x in (8.76, 1e-9, 2025.0)] == ["8.76", "1e-9", "2025"]
