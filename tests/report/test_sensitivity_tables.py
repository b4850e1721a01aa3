import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hand_made_sensitivity import (
    HOSTILE,
    LONG,
    analysis,
    boxes,
    cells,
    decision,
    flowing,
    printed,
    regional,
    reweighted,
    shares,
    three,
    tornado,
    walked,
)

from mcdemand.errors import FileError, InputError
from mcdemand.report.sensitivity_files import write_sensitivity
from mcdemand.report.sensitivity_text import cell_text


def test_the_largest_of_the_last_year_come_first_with_the_digits_of_their_errors() -> None:
    values = np.array([[[0.1, 0.2, 0.123456]], [[0.5, 0.4, 0.654321]]])
    text = printed(analysis({"shapley_effect": values}))
    assert text.index("p1 ") < text.index("p0 ")
    assert cells(text, "p1 ") == ["p1", "0.65", "0.01", "0.63–0.67"]
    assert cells(text, "p0 ") == ["p0", "0.12", "0.01", "0.10–0.14"]
    assert "demand [TWh], 2035: Demand of things" in text
    assert "4,096 draws in 16 chains, seed 7, design sobol." in text
    assert "Dependence between priors: correlations respected." in text
    assert "95 % confidence, of the Monte Carlo error alone" in flowing(text)


def test_another_output_and_year_can_be_chosen() -> None:
    found = analysis({"shapley_effect": shares(3, outputs=2)}, outputs=("one", "two"))
    text = printed(found, ["two"], 2030)
    assert "two [TWh], 2030" in text
    assert "one [TWh]" not in text
    value = float(found["shapley_effect"].sel(parameter="p0", output="two", year=2030))
    assert cells(text, "p0 ")[1] == f"{value:.2f}"
    with pytest.raises(InputError, match="did you mean 'two'"):
        printed(found, ["tow"])
    with pytest.raises(InputError, match="known: 2025, 2030, 2035"):
        printed(found, ["two"], 2031)


def test_scale_and_independence_stand_at_every_table() -> None:
    found = analysis({"total_order": shares(3)}, scale="log", dependence="as if independent: correlations left out")
    text = flowing(printed(found))
    assert "demand [TWh], 2035, on the logarithm of the output, as if independent: Demand of things" in text
    assert "total_order [%] by year, on the logarithm of the output, as if independent" in text


def test_zeros_and_noise_are_named_and_notices_are_kept() -> None:
    values = three([0.9, 0.004, 0.0, 0.0])
    errors = {"first_order": three([0.01, 0.01, 0.0, 0.0])}
    text = printed(analysis({"first_order": values}, errors=errors, years=(2030,), notices="one\ntwo"))
    assert "Exactly 0: p2, p3." in text
    assert "Smaller than their Monte Carlo error: p1." in text
    assert text.splitlines()[-2:] == ["Note: one", "Note: two"]
    assert "by year" not in text, "one year has no course"


def test_a_constant_output_has_a_note_and_no_table() -> None:
    text = printed(analysis({"first_order": 0 * shares(3)}))
    assert "Exactly 0: p0, p1, p2." in text
    assert "──" not in text
    assert "nan" not in text


def test_an_output_without_logarithm_is_said_to_have_none() -> None:
    text = printed(analysis({"first_order": np.nan * shares(3)}, scale="log"))
    assert "Not defined: the output is not positive in every draw" in flowing(text)
    assert "nan" not in text


def test_both_orders_stand_side_by_side() -> None:
    text = printed(analysis({"total_order": shares(3), "first_order": 0.5 * shares(3)}))
    header = cells(text, "parameter ")
    assert header == ["parameter", "total_order", "MCSE", "interval", "first_order", "MCSE", "interval"]
    assert len(cells(text, "p0 ")) == 7


@pytest.mark.parametrize("indices", [1, 2, 4])
@pytest.mark.parametrize("size", [1.0, 1e-7, 123_456.0, 1e12])
def test_every_table_fits_into_the_console(indices: int, size: float) -> None:
    values = {f"independent_total_{k}": size * shares(54, years=12) for k in range(indices)}
    found = analysis(values, names=LONG, years=tuple(range(2024, 2036)), index_unit="output")
    assert max(map(len, printed(found).splitlines())) <= 80


def test_the_largest_fifteen_by_year_in_per_cent() -> None:
    values = np.full((20, 1, 2), 0.04) + np.arange(20)[::-1, None, None] / 1000
    values[:, :, 1] = values[::-1, :, 1]
    text = printed(analysis({"shapley_effect": values}, years=(2030, 2031)))
    rows = text[text.index("by year") :].splitlines()
    assert rows[0] == "by year"
    assert "demand: shapley_effect [%] by year" in text
    assert len([row for row in rows if row.startswith("p")]) == 16
    assert "Shown are 15 of 20, the largest on average over the years." in text
    assert cells("\n".join(rows), "p0 ") == ["p0", "6", "4"]


def test_cells_have_no_digit_that_the_error_does_not_support() -> None:
    assert cell_text(0.12345, 1e-5, percent=True) == "12.3"
    assert cell_text(0.12345, 0.02, percent=True) == "12"
    assert cell_text(0.12345, 0.2, percent=True) == "10"
    assert cell_text(0.0004, 1e-5, percent=True) == "<0.1"
    assert cell_text(0.0, 0.0, percent=True) == "0"
    assert cell_text(-0.0001, 0.001, percent=True) == "0"
    assert cell_text(-0.4567, 1e-5, percent=False) == "-0.457"
    assert cell_text(1234.0, float("nan"), percent=False) == "1,200"


def test_what_belongs_to_the_output_and_pairs_are_told() -> None:
    second = np.zeros((3, 3, 1, 3))
    second[0, 1], second[1, 0], second[2, 0] = 0.2, 0.2, 0.1
    found = analysis({"first_order": shares(3)}).assign(
        r_squared=(("output", "year"), np.full((1, 3), 0.75)),
        second_order=(("other_parameter", "parameter", "output", "year"), second),
    )
    text = printed(found.assign_coords(other_parameter=["p0", "p1", "p2"]))
    assert "r_squared: 0.75." in text
    assert "p1, p0" in text
    assert "p0, p1" not in text, "a pair is told once"
    assert "p0, p2" in text


def test_groups_are_named_with_their_members() -> None:
    found = analysis({"shapley_effect": shares(2)}, names=["chips", "p9"], groups="driver")
    text = printed(found.assign_coords(members=("parameter", ["a, b", "p9"])))
    assert text.splitlines()[-1] == "chips: a, b"
    assert sum(line.startswith("group ") for line in text.splitlines()) == 2, "the table by year has groups too"


def test_a_single_chain_has_no_errors_and_says_so() -> None:
    errors = {"first_order": np.full((2, 1, 3), np.nan)}
    text = printed(analysis({"first_order": shares(2)}, errors=errors, chains=1))
    assert "there is only one; ask for 16" in text
    assert "nan" not in text
    assert cells(text, "parameter ") == ["parameter", "first_order"]


def test_outputs_without_years_and_hostile_names_are_printed() -> None:
    text = printed(analysis({"src": -shares(2)[:, :, 0]}, names=[HOSTILE, "b"], years=None, long_name=HOSTILE))
    assert "\x1b" not in text
    assert "[/foo] [31mx" in text
    assert "2035" not in text


def test_a_tornado_shows_both_variants() -> None:
    text = printed(tornado())
    assert "drawn: the others are drawn; where no parameter is moved, the output is 400 TWh" in flowing(text)
    assert "at their medians; where no parameter is moved, the output is 360.0 TWh" in flowing(text)
    assert cells(text, "p0 ") == ["p0", "300", "900", "600", "1", "270.0", "810.0", "540.0"]
    assert "Exactly 0: p2." in text


def test_a_box_is_a_sentence() -> None:
    text = flowing(printed(boxes()))
    assert (
        "Box 1: demand above 945 TWh happens mostly when p0 is above its p61 and p3 is between its p20 and p60 " in text
    )
    assert "and p1 is below its p80." in text
    assert "holds 63 % (MCSE 2 %) of these cases and 11 % of all draws; 58 % (MCSE 2 %) of the draws in it" in text
    nothing = boxes()
    nothing["lower"][:], nothing["upper"][:] = 0.0, 1.0
    assert "no restriction makes demand above 945 TWh more likely" in printed(nothing)
    worst = boxes().assign_attrs(options='{"above": null, "share": 0.1, "tail": "lower"}')
    assert "demand among the smallest 10 % of draws happens mostly" in flowing(printed(worst))


def test_regional_levels_say_where_the_worst_draws_lie() -> None:
    text = printed(regional())
    assert cells(text, "p0 ")[-4:] == ["<0.0001", "p50", "p80", "p99"]
    assert "Exactly 0: p2." in text, "a p-value of 1 is no importance"


def test_a_file_holds_everything_and_no_formula(tmp_path: Path) -> None:
    found = analysis({"shapley_effect": shares(3)}, names=[HOSTILE, "b", "c"], dependence="as if independent")
    table = write_sensitivity(found, tmp_path / "a.csv")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 9
    assert rows[0]["parameter"] == "'=[/foo] [31mx"
    assert {row["dependence"] for row in rows} == {"as if independent"}
    first = found["shapley_effect"].values[0, 0, 0]
    assert float(rows[0]["shapley_effect"]) == first
    assert float(rows[0]["ci_shapley_effect[upper]"]) == first + 0.02
    whole = write_sensitivity(found, tmp_path / "a.nc")
    with xr.open_dataset(whole, engine="h5netcdf") as read:
        xr.testing.assert_identical(read.load(), found)
    with pytest.raises(FileError, match="exists"):
        write_sensitivity(found, table)
    with pytest.raises(InputError, match="saved as"):
        write_sensitivity(found, tmp_path / "a.xlsx")


@pytest.mark.parametrize("make", [tornado, boxes, regional, decision, reweighted, walked])
def test_every_kind_can_be_saved(make: object, tmp_path: Path) -> None:
    found: xr.Dataset = make()  # type: ignore[operator]
    write_sensitivity(found, tmp_path / "a.nc")
    rows = list(csv.reader(write_sensitivity(found, tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) - 1 == np.prod([found.sizes.get(dim, 1) for dim in ("parameter", "output", "year")])
