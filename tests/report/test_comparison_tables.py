import io
import re

import numba
import numpy as np
import pytest
import xarray as xr
from rich.console import Console

import mcdemand as mc
from mcdemand.math import minimum
from mcdemand.report.attribution import print_attribution
from mcdemand.report.comparison import print_comparison


def demand(x: float) -> float:
    """Demand of things."""
    return x


def growing(x: float, scale: float, t: float) -> float:
    return scale * x * (1.0 + t)


MANY = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="simulates the shipped model too often")
MODEL = mc.Model.from_functions([demand], name="flat")
YEARLY = mc.Model.from_functions([growing], name="yearly", base_year=2024)
NORMALS = [
    {
        "prior_set": {"name": name, "title": "[/foo] \x1b[31mtitle"},
        "parameters": {"x": {"distribution": "normal", "mu": 10, "sigma": sigma}},
    }
    for name, sigma in (("narrow", 1), ("wide", 2))
]


SHIFTED = [{"parameters": {"x": {"distribution": "normal", "mu": mu, "sigma": 1}}} for mu in (0, 1)]


def capped(x: float) -> float:
    return minimum(x, 0.0)


def doubled(x: float) -> float:
    return 2.0 * x


CAPPED = mc.Model.from_functions([capped], name="capped")
DOUBLED = mc.Model.from_functions([doubled], name="doubled")


def printed(show: object, found: xr.Dataset, width: int = 80) -> str:
    file = io.StringIO()
    show(Console(file=file, width=width, markup=False, highlight=False), found)  # type: ignore[operator]
    return file.getvalue()


def flowing(text: str) -> str:
    return " ".join(text.split())


def yearly(scale: float, name: str = "a") -> dict[str, object]:
    rows = {
        "x": {"distribution": "lognormal", "mu": 0, "sigma": 1},
        "scale": {"distribution": "constant", "value": scale},
    }
    return {"prior_set": {"name": name, "years": {"start": 2024, "stop": 2026}}, "parameters": rows}


def test_a_comparison_says_who_is_who_and_what_pairing_saved() -> None:
    found = mc.compare(NORMALS, model=MODEL, draws=4096, design="random")
    text = flowing(printed(print_comparison, found))
    # A = 10 + z and B = 10 + 2 z: Var(B - A) = 1, Var A + Var B = 5.
    assert "Pairing saved 80 % of the variance of the mean difference: as if 5 times the draws." in text
    assert "A = narrow: [/foo] [31mtitle B = wide: [/foo] [31mtitle" in text
    assert "4,096 draws in 16 chains, seed 0, design random, the same for A and B" in text
    assert "P(B > A): probability that B is the larger one" in text
    row = next(line for line in printed(print_comparison, found).splitlines() if line.startswith("demand  "))
    cells = row.split()
    assert cells[1] == "1"
    assert [round(float(cell)) for cell in cells[2:4]] == [10, 10]
    assert 48 < float(cells[-2]) < 52, "B > A where z > 0"


def test_errors_of_other_designs_are_said_to_come_from_the_chains() -> None:
    text = flowing(printed(print_comparison, mc.compare(NORMALS, model=MODEL, draws=512)))
    assert "pairing saved 80 % of the variance of a difference" in text
    # The mean of B - A is that of z, the means of A and B are those of z and 2 z: 1 / sqrt(1 + 4) = 45 %.
    assert "comes from the chains (median: 45 % of that between unpaired runs)" in text


def test_equal_sets_are_called_equal() -> None:
    text = printed(print_comparison, mc.compare([NORMALS[0], NORMALS[0]], model=MODEL, draws=64))
    assert "B = narrow+2" in text
    assert "equal" in next(line for line in text.splitlines() if line.startswith("demand  "))
    assert "A and B are equal in every draw." in text
    constant = {"parameters": {"x": {"distribution": "constant", "value": 1}}}
    certain = mc.compare([constant, constant], model=MODEL, draws=64)
    assert "Nothing here is uncertain." in printed(print_comparison, certain)


@pytest.mark.parametrize(
    ("scale", "width", "tables"), [(1.0, 80, 1), (1e-7, 80, 1), (123_456.0, 80, 1), (1e12, 80, 1), (1.0, 60, 2)]
)
def test_a_table_fits_into_the_console(scale: float, width: int, tables: int) -> None:
    found = mc.compare([yearly(scale), yearly(7 * scale)], model=YEARLY, draws=512)
    text = printed(print_comparison, found, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert sum(line.startswith("2026") for line in text.splitlines()) == tables


def test_errors_stand_beside_the_values_where_there_is_room() -> None:
    found = mc.compare([yearly(1), yearly(2)], model=YEARLY, draws=512)
    narrow, wide = (printed(print_comparison, found, width).splitlines() for width in (80, 200))
    headers = [next(line for line in lines if line.startswith("year")) for lines in (narrow, wide)]
    assert ["MCSE" in header for header in headers] == [False, True]
    row = next(line.split() for line in wide if line.startswith("2024"))
    # Twice as much in every draw: the ratio is 2 without any error.
    assert row[6:9] == ["2.000", "0", "2.000–2.000"]


def test_overrides_are_named() -> None:
    alone = printed(print_comparison, mc.compare(NORMALS[0], set={"x.sigma": 2}, model=MODEL, draws=64))
    assert "B = narrow+set: A with x.sigma = 2" in alone
    both = printed(print_comparison, mc.compare(NORMALS, set={"x.sigma": 3}, model=MODEL, draws=64))
    assert "Both with x.sigma = 3" in both


def test_an_attribution_lists_rows_and_their_sum() -> None:
    found = mc.attribute(yearly(1), yearly(3, "b"), "growing", 2025, model=YEARLY, draws=512)
    lines = printed(print_attribution, found).splitlines()
    assert max(map(len, lines)) <= 80
    # The median of a lognormal with mu 0 is 1, growth 1 + t = 2: from about 2 to three times that.
    start, end, move = (float(number) for number in re.findall(r"\d+\.\d+", lines[1]))
    assert 1.8 < start < 2.2
    assert abs(end - 3 * start) < 0.01
    assert abs(move - 2 * start) < 0.01
    rows = {line.split()[0]: line.split() for line in lines if line.startswith(("scale ", "sum "))}
    assert rows["scale"][1] == rows["sum"][1] == f"{move:.2f}"
    assert rows["scale"][-4:] == ["value", "1", "->", "3"]
    assert "over all orders (1); unrounded, the steps sum to the move exactly" in flowing(" ".join(lines))


@MANY
def test_rows_without_effect_are_named_and_changes_break_between_keys() -> None:
    found = mc.attribute("consensus", "seed", "energy_served", 2030, permutations=2, draws=64, chains=4)
    text = printed(print_attribution, found)
    assert "energy_served does not depend on it, so exactly 0: ai_share_of_big4_capex." in flowing(text)
    assert max(map(len, text.splitlines())) <= 80
    rows = text[text.index("──") : text.index("sum  ")].splitlines()[1:]
    assert not any(line.rstrip().endswith(("->", " p5", " p50", " p95")) for line in rows)


def test_a_constant_shift_is_not_called_equal() -> None:
    shifted = [{"parameters": {"x": {"distribution": "normal", "mu": mu, "sigma": 1}}} for mu in (0, 0.5)]
    text = printed(print_comparison, mc.compare(shifted, model=DOUBLED, draws=64, chains=4))
    assert "are equal" not in text
    assert "Each difference is the same in every draw" in text


def test_ties_are_not_left_to_be_misread() -> None:
    found = mc.compare(SHIFTED, model=CAPPED, draws=4096, design="random")
    text = printed(print_comparison, found)
    assert "P(B < A): the smaller one; in the other draws both are equal." in flowing(text)
    row = next(line.split() for line in text.splitlines() if line.startswith("capped  "))
    # min(x, 0) tells x and x + 1 apart where x < 0, in half of the draws, and then B is the larger one.
    assert 46 < float(row[-4]) < 54
    assert row[-2:] == ["<0.07", "%"], "the rule of three: 3 / 4096"
    assert "P(B < A)" not in printed(print_comparison, mc.compare(NORMALS, model=MODEL, draws=64))


@pytest.mark.parametrize(("left", "written"), [(0.996, "100 %"), (1.04, "104 %"), (0.07, "7 %")])
def test_what_is_left_of_errors_is_written_in_whole_percents(left: float, written: str) -> None:
    found = mc.compare(NORMALS, model=MODEL, draws=64, chains=4)
    unpaired = np.hypot(found["mcse_baseline_mean"], found["mcse_other_mean"])
    text = flowing(printed(print_comparison, found.assign(mcse_difference_mean=left * unpaired)))
    assert f"(median: {written} of that between unpaired runs)" in text


def test_names_are_whole_and_changes_break_between_them() -> None:
    name = "reference_efficiency_ceiling"
    changes = ["p5 5 -> 100, p50 70 -> 500, truncation [-inf, 0.5] -> none", "constant 0 -> beta(alpha 3.3, beta 2)"]
    ones = {key: ("row", [1.0, 1.0]) for key in ("contribution", "mcse_draws", "mcse_orders", "share")}
    coords = {"row": [name, "x"], "change": ("row", changes), "reaches": ("row", [True, True])}
    ends = {f"{error}{key}": 2.0 for key in ("start", "end", "move") for error in ("", "mcse_")}
    attributes = {"start_set": "a", "end_set": "b", "output": "y", "units": "1", "long_name": "", "statistic": "mean"}
    attributes |= {"orders": 16, "all_orders": 0, "draws": 64, "chains": 4, "seed": 0, "design": "sobol"}
    attributes |= {"overrides": '{"x.p50": 3}'}
    lines = printed(print_attribution, xr.Dataset({**ones, **ends}, coords, attributes)).splitlines()
    assert max(map(len, lines)) <= 80
    first = next(k for k, line in enumerate(lines) if line.startswith(f"{name} "))
    column = lines[first].index("p5 ")
    assert [line[column:].rstrip() for line in lines[first : first + 4]] == [
        "p5 5 -> 100, p50 70 -> 500,",
        "truncation [-inf, 0.5] -> none",
        "constant 0",
        "-> beta(alpha 3.3, beta 2)",
    ]
    assert "Both with x.p50 = 3" in lines


def test_sets_without_difference_are_called_so() -> None:
    found = mc.attribute(yearly(1), yearly(1), "growing", 2025, model=YEARLY, draws=64, chains=4)
    assert "No row of the one set differs from the other's." in printed(print_attribution, found)


def test_one_draw_or_one_chain_has_no_errors_and_says_so() -> None:
    single = printed(print_comparison, mc.compare(NORMALS, model=MODEL, draws=1))
    assert "A single draw says nothing of errors" in single
    assert "nan" not in single
    chain = printed(print_comparison, mc.compare(NORMALS, model=MODEL, draws=64, chains=1))
    assert "errors come from chains, and there is only one; ask for 16" in chain
    independent = mc.compare(NORMALS, model=MODEL, draws=64, chains=1, design="random")
    assert "errors come from chains" not in printed(print_comparison, independent)
