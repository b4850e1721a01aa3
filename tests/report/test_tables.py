import io

import numpy as np
import pytest
import xarray as xr
from hand_made import tree
from rich.console import Console

from mcdemand import summarize
from mcdemand.report.tables import exceedance_events, is_arithmetic, pairs, print_summary, shortage_event


def printed(result: xr.DataTree, width: int = 80, **options: object) -> str:
    summary = summarize(result, probabilities=(0.5,), **options)
    file = io.StringIO()
    console = Console(file=file, width=width, markup=False, highlight=False)
    print_summary(console, summary, result.attrs, [*shortage_event(result), *exceedance_events(summary)])
    return file.getvalue()


def test_cells_hold_median_error_and_interval_with_the_digits_that_the_errors_support() -> None:
    # 0 ... 399 in a shuffled order: quantiles are (n - 1) p; the error of the median is about sqrt(n) / 2 = 10.
    values = np.random.default_rng(3).permuted(np.arange(400.0)).reshape(4, 100)
    text = printed(tree({"energy": np.stack([values] * 3, axis=2)}))
    row = next(line for line in text.splitlines() if line.startswith("2024"))
    assert row.split() == ["2024", "200", "10", "20–379"]


def test_values_without_error_have_four_digits() -> None:
    text = printed(tree({"energy": np.full((4, 100, 3), 1234.5678)}))
    row = next(line for line in text.splitlines() if line.startswith("2024"))
    assert row.split() == ["2024", "1,235", "0", "1,235–1,235"]


@pytest.mark.parametrize("scale", [1e-7, 1.0, 1e4, 1e9])
def test_a_table_fits_into_80_columns(wide: np.ndarray, scale: float) -> None:
    names = ["accelerators_served", "accelerators", "capacity", "capacity_needed", "a_rather_long_name_of_an_output"]
    text = printed(tree({name: scale * wide for name in names}), thresholds={name: [123456.789] for name in names})
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_tables_stand_under_each_other_on_a_narrow_console(wide: np.ndarray) -> None:
    text = printed(tree({"energy_served": wide, "energy": wide}), width=50)
    assert max(map(len, text.splitlines())) <= 50
    assert sum(line.startswith("2030") for line in text.splitlines()) == 2


def test_unconstrained_values_beyond_the_world_are_marked_as_arithmetic() -> None:
    values = np.full((1, 10, 3), 29_000.0)
    values[:, :, 2] = 31_000.0
    text = printed(tree({"energy": values, "energy_served": values}, model="ai_compute"))
    row = next(line for line in text.splitlines() if line.startswith("2030"))
    assert row.count("31,000*") == 3, "median and both ends of the demand, nothing of what is served"
    assert "29,000*" not in text
    assert "* arithmetic, not a forecast" in text
    assert "*" not in printed(tree({"energy": values}, model="own"))


def test_limits_of_arithmetic() -> None:
    assert not is_arithmetic("energy", 2030, 30_000.0)
    assert is_arithmetic("energy", 2030, 30_000.1)
    # Gross world product: 112 000 GUSD in 2025, 3 % a year, so 115 360 in 2026.
    assert not is_arithmetic("capex", 2026, 11_535.9)
    assert is_arithmetic("capex", 2026, 11_536.1)
    assert not is_arithmetic("capex_served", 2026, 1e9)


def test_probabilities_come_with_errors_and_bounds() -> None:
    values = np.zeros((4, 100, 3))
    values[:, :10, 1] = 2.0
    values[:, :, 2] = 2.0
    text = printed(tree({"energy": values}), thresholds={"energy": [1.0]})
    table = text[text.index("P(energy > 1 TWh)") :].splitlines()
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in table if line[:2] == "20"}
    # 10 of 100: error sqrt(0.1 * 0.9 / 400) = 1.5 %, which rounds to 2.
    # None or all of 400: rule of three, 3 / 400 = 0.75 %.
    assert rows == {"2024": "<0.8 %", "2025": "10 % 2 %", "2030": ">99.2 %"}


def test_shortage_is_the_share_of_draws_that_are_not_served(wide: np.ndarray) -> None:
    served = np.minimum(wide, 150.0)
    (event,) = shortage_event(tree({"energy": wide, "energy_served": served}, model="ai_compute"))
    np.testing.assert_allclose(event.probability, (wide > 150).reshape(400, 3).mean(axis=0))
    assert shortage_event(tree({"energy": wide}, model="ai_compute")) == []


def test_outputs_without_years_make_one_table(narrow: np.ndarray) -> None:
    text = printed(tree({"cost": narrow[:, :, 0], "size": narrow[:, :, 1]}), thresholds={"size": [100]})
    assert [line.split()[0] for line in text.splitlines() if " TWh " in line][:2] == ["cost", "size"]
    assert "P(size > 100 TWh)" in text
    assert "year" not in text


def test_one_draw_has_values_and_no_intervals() -> None:
    text = printed(tree({"energy": np.full((1, 1, 3), 5.0)}, draws=1, chains=1))
    assert "1 draw in 1 chain," in text
    assert "nan" not in text
    assert next(line.split() for line in text.splitlines() if line.startswith("2024")) == ["2024", "5.0"]


def test_text_from_strangers_is_printed_literally(narrow: np.ndarray) -> None:
    result = tree({"energy": narrow}, title="[/foo] <b> \x1b[31m\u202e", prior_set="x")
    result["prior_predictive"]["energy"].attrs["units"] = "[red]\x07"
    text = printed(result)
    assert "x: [/foo] <b> [31m" in text
    assert "energy [[red]]" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_pairs_put_what_is_served_first() -> None:
    outputs = ["energy", "size", "capacity", "capacity_needed", "energy_served", "cost", "rate"]
    assert pairs(outputs) == [
        ("energy_served", "energy"),
        ("capacity", "capacity_needed"),
        ("size", "cost"),
        ("rate",),
    ]


def pool_of(low: np.ndarray, high: np.ndarray) -> xr.DataTree:
    """Return a pool of which every other draw belongs to the second set."""
    chosen = np.arange(low[..., 0].size).reshape(low.shape[:2]) % 2
    result = tree({"energy": np.where(chosen[..., None] == 0, low, high)}, prior_set="one+two")
    law = '{"categories": ["one", "two"], "distribution": "categorical", "weights": [0.5, 0.5]}'
    result["prior"] = xr.DataTree(xr.Dataset({"prior_set": (("chain", "draw"), chosen * 1.0, {"prior": law})}))
    return result


def test_a_pool_stands_beside_its_sets() -> None:
    low = np.random.default_rng(5).permuted(np.arange(400.0)).reshape(4, 100, 1).repeat(3, axis=2)
    text = printed(pool_of(0 * low + 5.0, 0 * low + 80.0), by_prior_set=True)
    (row,) = (line.split() for line in text.splitlines() if line.startswith("2030"))
    assert row[3:] == ["5.000–80.00", "2030", "5.000–5.000", "80.00–80.00"]
    assert any(line.split()[-3:] == ["year", "one", "two"] for line in text.splitlines())
    assert "90 % interval by set" in text
    assert max(map(len, text.splitlines())) <= 80


def test_errors_from_chains_are_said_and_used() -> None:
    values = np.zeros((4, 100, 3))
    values[:2, :, :] = 1.0
    text = printed(tree({"energy": values}, design="sobol"), thresholds={"energy": [0.5]})
    assert "from the chains" in " ".join(text.split())
    # Shares 1, 1, 0, 0 of four chains: standard deviation 0.58, error 0.29.
    row = next(line for line in text[text.index("P(energy") :].splitlines() if line.startswith("2030"))
    assert " ".join(row.split()[1:]) == "50 % 30 %"
