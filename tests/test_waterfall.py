import random

import numba
import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose, assert_array_equal

import mcdemand as mc
from mcdemand.prior_pool import pool_prior_sets
from mcdemand.waterfall import waterfall


def pair(x: float, y: float) -> float:
    return x * y


def large(x: float, w: float) -> float:
    return 1e6 * x * w


def six(x: float, y: float, w: float, a: float, b: float, c: float, t: float) -> float:
    return x * y * w * a * b * c * (1 + t)


def growth(x: float, y: float, t: float) -> float:
    return x * y**t


def alone(a: float) -> float:
    return a


def ahead(next_growth: float, b: float) -> float:
    return next_growth + b


MODEL = mc.Model.from_functions([pair, large, six, growth, alone, ahead], base_year=2025)
# Interpreted, every chain of a set costs a tenth of a second.
DRAWS, CHAINS = (8, 2) if numba.config.DISABLE_JIT else (256, 4)
SMALL = {"model": MODEL, "draws": DRAWS, "chains": CHAINS, "permutations": 4}
NAMES = "abcwxy"


def beliefs(family: str = "constant", years: tuple[int, int] | None = None, **values: object) -> dict[str, object]:
    keys = {"constant": ["value"], "normal": ["mu", "sigma"], "lognormal": ["mu", "sigma"]}[family]
    laws = {
        name: {"distribution": family, **dict(zip(keys, np.atleast_1d(value).tolist(), strict=True))}
        for name, value in values.items()
    }
    header = {"prior_set": {"years": {"start": years[0], "stop": years[1]}}} if years else {}
    return {"parameters": laws, **header}


def spread(shift: float, years: tuple[int, int] | None = (2025, 2028)) -> dict[str, object]:
    return beliefs("lognormal", years, **{name: (shift * (k + 1), 0.2) for k, name in enumerate(NAMES)})


def by_row(found: object) -> dict[str, float]:
    return dict(zip(found["parameter"].values.tolist(), found["contribution"].values.tolist(), strict=True))


def assert_sums_exactly(found: object) -> None:
    for output in found["output"].values:
        for year in found["year"].values:
            one = found.sel(output=output, year=year)
            parts = one["contribution"].values.tolist()
            for seed in range(5):
                random.Random(seed).shuffle(parts)
                assert sum(parts) == float(one["move"]) == float(one["end"]) - float(one["start"])


def test_factors_share_their_product_in_every_output():
    # x y: 1 -> 2 * 3, x adds 1 or 3, y adds 2 or 4. 1e6 x w: only x changes.
    a, b = beliefs(x=1, y=1, w=1), beliefs(x=2, y=3, w=1)
    found = waterfall(a, b, outputs=["pair", "large"], **SMALL)
    assert found["contribution"].dims == ("parameter", "output")
    assert found["ci_contribution"].dims == ("parameter", "output", "ci_bound")
    assert found["start"].dims == found["end"].dims == found["move"].dims == ("output",)
    assert by_row(found.sel(output="pair")) == {"x": 2.0, "y": 3.0}
    assert by_row(found.sel(output="large")) == {"x": 1e6, "y": 0.0}
    # x explains 40 % of one and all of the other, y 60 % and nothing.
    assert found["parameter"].values.tolist() == ["x", "y"]
    assert found["reaches"].values.tolist() == [[True, True], [True, False]]
    assert found["change"].values.tolist() == ["value 1 -> 2", "value 1 -> 3"]
    assert_array_equal(found["mcse_contribution"], 0.0)
    assert_array_equal(found["ci_contribution"].sel(ci_bound="upper"), found["contribution"])


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="many walks")
def test_contributions_are_those_of_attribute_bit_for_bit():
    a, b = spread(0.0), spread(0.1)
    outputs, years = ["six", "ahead"], (2025, 2028)
    found = waterfall(a, b, outputs=outputs, years=years, **SMALL)
    for output in outputs:
        for year in years:
            one, other = found.sel(output=output, year=year), mc.attribute(a, b, output, year, **SMALL)
            rows = other["row"].values
            assert by_row(one) == dict(zip(rows.tolist(), other["contribution"].values.tolist(), strict=True))
            errors = np.hypot(other["mcse_draws"], other["mcse_orders"]).values
            assert_array_equal(one["mcse_contribution"].sel(parameter=rows), errors)
            for name in ("start", "end", "move", "mcse_start", "mcse_end", "mcse_move"):
                assert float(one[name]) == float(other[name])
    assert_sums_exactly(found)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="many walks")
def test_every_set_is_simulated_once_for_all_outputs():
    counts: list[tuple[int, int]] = []
    request = {**SMALL, "progress": lambda done, total: counts.append((done, total))}
    found = waterfall(spread(0.0), spread(0.1), outputs=["six", "ahead"], **request)
    total = len(counts)
    assert counts == [(k, total) for k in range(1, total + 1)]
    assert found.attrs["evaluations"] == total * DRAWS
    counts.clear()
    mc.attribute(spread(0.0), spread(0.1), "six", **request)
    # All orders of three rows go through eight sets, most of which the sampled orders of six rows show too.
    assert len(counts) <= total <= len(counts) + 6


def test_an_output_without_years_repeats_and_none_leaves_them_out():
    a, b = beliefs(years=(2025, 2027), x=1, y=1), beliefs(years=(2025, 2027), x=3, y=2)
    both = waterfall(a, b, outputs=["pair", "growth"], **SMALL)
    assert both["year"].values.tolist() == [2025, 2026, 2027]
    assert both["contribution"].dims == ("parameter", "output", "year")
    assert_allclose(both["move"].sel(output="pair"), 5.0, rtol=1e-11)
    # x y^t: 1 -> 3 * 2^t; x adds 2 or 2 * 2^t.
    assert_allclose(both["contribution"].sel(output="growth", parameter="x"), [2.0, 3.0, 5.0], rtol=1e-11)
    only = waterfall(a, b, outputs="pair", **SMALL)
    assert "year" not in only.dims
    yearly = {**b, "parameters": {**b["parameters"], "x": VARYING}}
    assert waterfall(a, yearly, outputs="pair", **SMALL).sizes["year"] == 3, "it changes from year to year at the end"


VARYING = {"distribution": "lognormal", "mu": 1.0, "sigma": 0.5, "varies": {"kind": "independent"}}


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="many walks")
def test_intervals_are_students_with_satterthwaites_degrees_of_freedom():
    found = waterfall(spread(0.0), spread(0.1), outputs=["six", "ahead"], years=2027, **SMALL).sel(year=2027)
    for output, pairs in (("six", 2), ("ahead", 0)):
        other = mc.attribute(spread(0.0), spread(0.1), output, 2027, **SMALL)
        rows = other["row"].values[other["reaches"].values]
        d, o = (other[name].sel(row=rows).values for name in ("mcse_draws", "mcse_orders"))
        assert np.any(o > 0) == bool(pairs)
        freedom = (d**2 + o**2) ** 2 / (d**4 / (CHAINS - 1) + (o**4 / (pairs - 1) if pairs else 0.0))
        half = scipy.stats.t.ppf(0.975, freedom) * np.hypot(d, o)
        one = found.sel(output=output, parameter=rows)
        expected = one["contribution"].values + np.array([[-1.0], [1.0]]) * half
        assert_allclose(one["ci_contribution"].transpose("ci_bound", ...), expected, rtol=1e-10)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="forty walks")
def test_intervals_hold_the_closed_form():
    # Means of a product are products of means: x explains (2 - 1) (1 + 3) / 2, y explains (3 - 1) (1 + 2) / 2.
    a, b = (beliefs("normal", x=(x, 0.5), y=(y, 0.5)) for x, y in ((1, 1), (2, 3)))
    request = {**SMALL, "draws": 64, "chains": 8, "design": "random", "statistic": "mean"}
    held = []
    for seed in range(40):
        found = waterfall(a, b, outputs="pair", seed=seed, **request).sel(output="pair")
        for row, exact in {"x": 2.0, "y": 3.0}.items():
            low, high = found["ci_contribution"].sel(parameter=row).values
            held.append(low <= exact <= high)
    # Pairs of figures that lean on each other: of 40 independent ones fewer than 31 hold once in 15,000.
    assert min(sum(held[::2]), sum(held[1::2])) >= 31
    assert sum(held) < 80


def test_a_single_chain_and_a_single_pair_of_orders_have_no_error():
    one = waterfall(spread(0.0), spread(0.1), outputs="ahead", years=2026, model=MODEL, draws=4, chains=1)
    assert np.all(np.isnan(one["mcse_contribution"].sel(parameter=["x", "y", "b"])))
    assert_array_equal(one["mcse_contribution"].sel(parameter=["a", "c", "w"]), 0.0)
    pair_of_orders = waterfall(spread(0.0), spread(0.1), outputs="six", years=2026, **{**SMALL, "permutations": 2})
    assert np.all(np.isnan(pair_of_orders["ci_contribution"]))
    assert_sums_exactly(pair_of_orders)


def test_the_list_of_correlations_is_one_row():
    # E(x y) of two standard normals is their correlation.
    laws = beliefs("normal", x=(0, 1), y=(0, 1), a=(0, 1))
    a, b = ({**laws, "correlations": [{"between": ["x", "y"], "latent": rank}]} for rank in (0.1, 0.7))
    found = waterfall(a, b, outputs=["pair", "alone"], statistic="mean", **{**SMALL, "draws": 2**10})
    assert found["parameter"].values.tolist() == ["correlations"]
    assert found["change"].item() == "1 pair of parameters"
    assert found["reaches"].values.tolist() == [[True, False]]
    move = found["move"].sel(output="pair")
    assert abs(float(move) - 0.6) < 6 * float(found["mcse_move"].sel(output="pair"))
    assert float(found["contribution"].sel(output="alone", parameter="correlations")) == 0.0


def test_what_is_said_of_it():
    a, b = beliefs(x=1, y=1, a=1, b=0), beliefs(x=2, y=1, a=1, b=5)
    a["prior_set"], b["prior_set"] = {"name": "low"}, {"name": "high"}
    found = waterfall(a, b, outputs=["pair"], seed=3, **SMALL)
    assert found.attrs["notices"] == "changed, but no requested output depends on it, so exactly 0: b"
    assert by_row(found.sel(output="pair")) == {"x": 1.0, "b": 0.0}
    said = {
        "method": "waterfall",
        "sorted_by": "contribution",
        "prior_set": "low to high",
        "start_set": "low",
        "end_set": "high",
        "statistic": "median",
        "ci_prob": 0.95,
        "seed": 3,
        "draws": DRAWS,
        "chains": CHAINS,
        "permutations": 4,
        "evaluations": 2 * DRAWS,
        "groups": "",
    }
    assert said.items() <= found.attrs.items()
    assert {"title", "dependence", "model", "source", "design", "overrides"} <= found.attrs.keys()
    assert (found["units"].item(), found["long_name"].item(), found["scale"].item()) == ("1", "pair", "raw")
    assert found["members"].values.tolist() == ["x", "b"]


def test_a_set_has_nothing_to_explain_against_itself():
    found = waterfall(spread(0.1), spread(0.1), outputs="six", **SMALL)
    assert (found.sizes["parameter"], found.sizes["year"]) == (0, 4)
    assert_array_equal(found["move"], 0.0)
    assert found.attrs["notices"] == "no row of the one set differs from the other's"


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="simulates the shipped model too often")
def test_shipped_sets_are_walked_as_attribute_walks_them():
    request = {"draws": 256, "chains": 4, "permutations": 2, "statistic": "p90"}
    outputs, years = ["energy_served", "training_share"], (2026, 2030)
    found = waterfall("consensus", "seed", outputs=outputs, years=years, **request)
    assert_sums_exactly(found)
    for output, year in (("energy_served", 2026), ("training_share", 2030)):
        other = mc.attribute("consensus", "seed", output, year, **request)
        one = found.sel(output=output, year=year, parameter=other["row"].values)
        assert_array_equal(one["contribution"], other["contribution"])
    assert_array_equal(found["year"], years)
    everything = waterfall("consensus", None, set={"pue_overhead_2025.p50": 0.25}, **request)
    assert everything.sizes["output"] == 10
    assert everything.sizes["year"] == 12, "the model's outputs, the years of the sets"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outputs": ["energy_servd"]}, "did you mean 'energy_served'"),
        ({"outputs": [None]}, "outputs: None: must be a name"),
        ({"outputs": []}, "outputs: empty"),
        ({"years": []}, "years: empty"),
        ({"years": "2030"}, "years: '2030': must be a whole number"),
        ({"statistic": "mode"}, "statistic: 'mode': must be median, mean or a quantile"),
        ({"permutations": 3}, "permutations: 3: must be even"),
        ({"a": pool_prior_sets({"consensus": 0.5, "liftoff": 0.5})}, "consensus\\+liftoff: a pool"),
        ({"b": None}, "name another one"),
    ],
)
def test_requests_that_make_no_sense(change, message):
    request = {"a": "consensus", "b": "liftoff", "outputs": "energy_served", "draws": 64, "chains": 2, **change}
    with pytest.raises(mc.InputError, match=message):
        waterfall(**request)
