import csv
import io
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hand_made_sensitivity import analysis, boxes, regional, shares, tornado
from rich.console import Console

from mcdemand.errors import FileError, InputError
from mcdemand.report.decision_report import print_decision
from mcdemand.report.reweighting_report import print_reweighting
from mcdemand.report.sensitivity_files import write_sensitivity
from mcdemand.report.sensitivity_tables import print_sensitivity
from mcdemand.report.sensitivity_text import cell_text
from mcdemand.report.waterfall_report import print_waterfall

HOSTILE = "=[/foo] \x1b[31mx"
LONG = [f"generative_share_of_the_rest_{k}" for k in range(54)]


def printed(found: xr.Dataset, *arguments: object, show: object = print_sensitivity, width: int = 80) -> str:
    file = io.StringIO()
    show(Console(file=file, width=width, markup=False, highlight=False), found, *arguments)  # type: ignore[operator]
    return file.getvalue()


def flowing(text: str) -> str:
    return " ".join(text.split())


def cells(text: str, start: str) -> list[str]:
    return next(line for line in text.splitlines() if line.startswith(start)).split()


def three(values: list[float]) -> np.ndarray:
    """Return (parameter, output, year) of one output and one year."""
    return np.array(values)[:, None, None]


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
    assert cells(text, "group")[0] == "group"


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
        "Box 1: demand above 945 TWh happens mostly when p0 is above p61 and p3 is between p20 and p60 and p1 is"
        in text
    )
    assert "p1 is below p80." in text
    assert "holds 63 % (MCSE 2 %) of these cases and 11 % of all draws; 58 % (MCSE 2 %) of the draws in it" in text
    nothing = boxes()
    nothing["lower"][:], nothing["upper"][:] = 0.0, 1.0
    assert "no restriction makes demand above 945 TWh more likely" in printed(nothing)
    worst = boxes().assign_attrs(options='{"above": null, "share": 0.1, "tail": "lower"}')
    assert "demand among the smallest 10 % of draws happens mostly" in flowing(printed(worst))


def test_regional_levels_say_where_the_worst_draws_lie() -> None:
    text = printed(regional())
    assert cells(text, "p0 ")[-4:] == ["1.0e-9", "p50", "p80", "p99"]
    assert "Exactly 0: p2." in text, "a p-value of 1 is no importance"


def decision() -> xr.Dataset:
    data: dict[str, object] = {}
    ones = {
        "evpi": ((), 10.0),
        "evppi": (("parameter",), [6.0, 2.0, 0.0]),
        "evsi": (("parameter",), [3.0, np.nan, 0.0]),
    }
    ones |= {"evppi_share": (("parameter",), [0.6, 0.2, 0.0])}
    ones |= {"expected_payoff": (("option",), [5.0, 7.0]), "probability_best": (("option",), [0.3, 0.7])}
    for name, (dims, value) in ones.items():
        known = np.asarray(value, dtype=float)
        error = 0.1 * np.ones_like(known)
        data |= {name: (dims, known, {"units": "GUSD"}), f"mcse_{name}": (dims, error)}
        data[f"ci_{name}"] = ((*dims, "ci_bound"), np.stack([known - 0.2, known + 0.2], axis=-1))
    names = ["a", "b", "c"]
    coords = {"parameter": names, "members": ("parameter", names), "option": ["build", "wait"]}
    coords |= {"measurement_error": ("parameter", ["5%", "", "5%"])}
    about = {"title": "Build or wait", "units": "GUSD", "best_option": "wait", "prior_set": "mine", "draws": 100}
    about |= {"chains": 4, "seed": 0, "design": "random", "dependence": "respected", "groups": "", "notices": "careful"}
    return xr.Dataset(data, coords, {**about, "evaluations": 0, "method": "value_of_information", "sorted_by": "evppi"})


def test_a_decision_shows_options_and_what_knowing_is_worth() -> None:
    text = printed(decision(), show=print_decision)
    assert "Best now, by expected payoff: wait. Payoffs and values are in GUSD." in text
    assert cells(text, "build ") == ["build", "5.0", "0.1", "4.8–5.2", "30", "10"]
    assert "EVPI, to know everything before choosing: 10.0 GUSD (MCSE 0.1, interval 9.8–10.2)." in flowing(text)
    assert cells(text, "a ")[:2] == ["a", "6.0"]
    assert cells(text, "a ")[-2:] == ["±", "5%"]
    assert "Exactly 0: c." in text
    assert "nan" not in text
    assert text.splitlines()[-1] == "Note: careful"
    assert max(map(len, text.splitlines())) <= 80


def reweighted() -> xr.Dataset:
    years, dims = [2030, 2035], ("prior", "output", "year")
    data: dict[str, object] = {"pareto_k": 0.25, "ess": 80.0, "missing_mass": 0.0}
    both = np.array([[[100.0, 200.0]], [[110.0, 240.0]]])
    for name in ("mean", "median"):
        data |= {name: (dims, both), f"mcse_{name}": (dims, np.ones_like(both))}
        shift = both[1] - both[0]
        data |= {f"shift_{name}": (dims[1:], shift), f"mcse_shift_{name}": (dims[1:], np.ones_like(shift))}
    ends = np.stack([0.5 * both, 2 * both], axis=-1)
    data |= {"interval": ((*dims, "ci_bound"), ends), "mcse_interval": ((*dims, "ci_bound"), np.ones_like(ends))}
    data["shift_interval"] = ((*dims[1:], "ci_bound"), ends[1] - ends[0])
    data["mcse_shift_interval"] = ((*dims[1:], "ci_bound"), np.ones_like(ends[1]))
    coords = {"prior": ["stated", "reweighted"], "output": ["demand"], "year": years, "ci_bound": ["lower", "upper"]}
    coords |= {"units": ("output", ["TWh"]), "long_name": ("output", ["Demand of things"])}
    about = {"method": "reweight", "title": "Outputs under another prior", "parameter": "a", "change": "p50 8 -> 9"}
    about |= {"ci_prob": 0.9, "ci_kind": "eti", "reliable": 0, "notices": "not reliable: few", "dependence": "kept"}
    about |= {"prior_set": "mine", "draws": 100, "chains": 4, "seed": 0, "design": "sobol", "evaluations": 0}
    return xr.Dataset(data, coords, about)


def test_a_reweighting_shows_both_intervals_and_what_the_weights_are_worth() -> None:
    text = printed(reweighted(), show=print_reweighting)
    assert "Reweighted, without a new run: a p50 8 -> 9." in text
    assert "Weights: Pareto k 0.25, worth 80 of 100 draws; NOT reliable." in text
    row = cells(text, "2035 ")
    assert row == ["2035", "200", "100–400", "240", "120–480", "40", "1", "20,", "80"]
    assert "not reliable: few" in text
    assert max(map(len, text.splitlines())) <= 80


def walked(count: int = 3) -> xr.Dataset:
    """Return a waterfall by hand: parts of 4, 2, 1, ... in 2030, twice that in 2035."""
    parts = 4.0 * 0.5 ** np.arange(count)[:, None, None] * np.array([1.0, 2.0])
    names = [f"row{k}" for k in range(count)]
    data: dict[str, object] = {"contribution": (("parameter", "output", "year"), parts, {"long_name": "contribution"})}
    data["mcse_contribution"] = (("parameter", "output", "year"), np.full(parts.shape, 0.1))
    move = parts.sum(axis=0)
    for name, one in {"start": np.full((1, 2), 10.0), "end": 10.0 + move, "move": move}.items():
        data |= {name: (("output", "year"), one), f"mcse_{name}": (("output", "year"), np.full((1, 2), 0.1))}
    coords = {"parameter": names, "output": ["demand"], "year": [2030, 2035], "units": ("output", ["TWh"])}
    coords |= {"long_name": ("output", ["Demand of things"]), "change": ("parameter", ["p50 1 -> 2"] * count)}
    coords |= {"reaches": (("parameter", "output"), np.ones((count, 1), dtype=bool)), "scale": ("output", ["raw"])}
    about = {"method": "waterfall", "title": "Waterfall", "sorted_by": "contribution", "statistic": "median"}
    about |= {"start_set": "a", "end_set": "b", "overrides": "{}", "dependence": "correlations respected", "groups": ""}
    about |= {"draws": 64, "chains": 4, "seed": 0, "design": "sobol", "notices": "", "permutations": 16}
    return xr.Dataset(data, coords, {**about, "prior_set": "a to b", "evaluations": 640})


def test_a_waterfall_is_told_as_an_attribution_and_by_year() -> None:
    text = printed(walked(), show=print_waterfall)
    assert "From a, 10.0 TWh, to b, 24.0 TWh: a move of 14.0 TWh." in flowing(text)
    assert cells(text, "row0 ")[:5] == ["row0", "8.0", "0.1", "57.1", "%"]
    assert "over all orders (6)" in flowing(text), "three rows have six orders"
    assert "demand: contribution [TWh] by year" in text
    assert "over sampled orders (16)" in flowing(printed(walked(5), show=print_waterfall))


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
