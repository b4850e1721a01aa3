import math
import random

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import mcdemand as mc
from mcdemand.prior_pool import pool_prior_sets


def total(x: float, y: float, w: float) -> float:
    return x + 2 * y + w


def product(x: float, y: float, w: float) -> float:
    return x * y * w


def pair(x: float, y: float) -> float:
    return x * y


def yearly(x: float, y: float, t: float) -> float:
    return x * y + t


MODEL = mc.Model.from_functions([total, product, pair])
SMALL = {"draws": 256, "chains": 4}


def constants(**values: float) -> dict[str, object]:
    return {"parameters": {name: {"distribution": "constant", "value": value} for name, value in values.items()}}


def normals(rank: float | None = None, **rows: tuple[float, float]) -> dict[str, object]:
    laws = {name: {"distribution": "normal", "mu": mu, "sigma": sigma} for name, (mu, sigma) in rows.items()}
    pairs = [] if rank is None else [{"between": ["x", "y"], "latent": rank}]
    return {"parameters": laws, "correlations": pairs}


def by_row(found: object) -> dict[str, float]:
    return dict(zip(found["row"].values.tolist(), found["contribution"].values.tolist(), strict=True))  # type: ignore[index]


def test_two_factors_share_their_product() -> None:
    # 1 * 1 -> 2 * 3: x adds 1 before y and 3 after it, y adds 2 before x and 4 after it.
    a, b = constants(x=1, y=1), constants(x=2, y=3)
    found = mc.attribute(a, b, "pair", model=MODEL, **SMALL)
    assert by_row(found) == {"y": 3.0, "x": 2.0}
    assert (float(found["start"]), float(found["end"]), float(found["move"])) == (1.0, 6.0, 5.0)
    assert_allclose(found["share"], [0.6, 0.4])
    assert_array_equal(found["mcse_orders"], 0.0)
    assert_array_equal(found["mcse_draws"], 0.0)
    assert found["change"].values.tolist() == ["value 1 -> 3", "value 1 -> 2"]


def test_thirds_are_not_doubles_and_still_sum_to_the_whole() -> None:
    found = mc.attribute(constants(x=1, y=1, w=1), constants(x=2, y=2, w=2), "product", model=MODEL, **SMALL)
    assert_allclose(found["contribution"], 7 / 3, rtol=1e-11)
    assert sum(by_row(found).values()) == float(found["move"])
    assert_allclose(found["move"], 7.0, rtol=1e-11)


@pytest.mark.parametrize("statistic", ["mean", "median", "p95"])
@pytest.mark.parametrize("design", ["random", "sobol"])
def test_shifts_of_a_sum_are_told_apart(design: str, statistic: str) -> None:
    a, b = normals(x=(0, 1), y=(0, 1), w=(0, 1)), normals(x=(1, 1), y=(3, 1), w=(0, 1))
    found = mc.attribute(a, b, "total", statistic=statistic, model=MODEL, design=design, **SMALL)
    assert_allclose([by_row(found)[row] for row in ("x", "y")], [1.0, 6.0], rtol=1e-10)
    assert "w" not in by_row(found)
    assert float(found["mcse_move"]) < 1e-10


def test_a_row_that_does_not_reach_the_output_moves_it_by_exactly_zero() -> None:
    a, b = normals(x=(1, 1), y=(1, 1), w=(0, 1)), normals(x=(2, 1), y=(1, 1), w=(9, 3))
    found = mc.attribute(a, b, "pair", model=MODEL, **SMALL)
    assert found["row"].values.tolist() == ["x", "w"]
    assert found["reaches"].values.tolist() == [True, False]
    assert by_row(found)["w"] == 0.0
    assert by_row(found)["x"] == float(found["move"])
    only = {**a, "parameters": {**a["parameters"], "w": b["parameters"]["w"]}}  # type: ignore[dict-item,index]
    moved, stayed = (
        mc.simulate(one, model=MODEL, outputs=["pair"], **SMALL)["prior_predictive"]["pair"] for one in (only, a)
    )
    assert_array_equal(moved, stayed)


def test_sampled_orders_sum_exactly_and_find_equal_shares_of_equal_factors() -> None:
    names = [f"f{k}" for k in range(6)]
    scope: dict[str, object] = {}
    exec(f"def six({', '.join(names)}): return {' * '.join(names)}", scope)
    model = mc.Model.from_functions([scope["six"]])  # type: ignore[list-item]
    a, b = constants(**dict.fromkeys(names, 1.0)), constants(**dict.fromkeys(names, 2.0))
    found = mc.attribute(a, b, "six", model=model, permutations=64, draws=4, chains=2)
    assert (found.attrs["orders"], found.attrs["all_orders"]) == (64, 0)
    assert sum(by_row(found).values()) == float(found["move"])
    assert_allclose(found["move"], 63.0, rtol=1e-10)
    errors = found["mcse_orders"].values
    assert np.all(errors > 0)
    assert np.all(np.abs(found["contribution"].values - 63 / 6) < 4 * errors)
    again, other = (
        mc.attribute(a, b, "six", model=model, permutations=4, draws=4, chains=2, seed=seed)["mcse_orders"].values
        for seed in (1, 2)
    )
    assert not np.array_equal(again, other)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="simulates the shipped model too often")
@pytest.mark.parametrize("sets", [("consensus", "liftoff"), ("consensus", "seed")])
def test_shipped_sets_are_walked_from_the_one_to_the_other(sets: tuple[str, str]) -> None:
    request = {"draws": 256, "chains": 4}
    found = mc.attribute(*sets, "energy_served", 2030, statistic="p90", permutations=2, **request)
    parts = found["contribution"].values.tolist()
    for seed in range(20):
        random.Random(seed).shuffle(parts)
        assert sum(parts) == float(found["move"]) == float(found["end"]) - float(found["start"])
    assert float(found["contribution"].sum()) == float(found["move"])
    for name, end in zip(sets, ("start", "end"), strict=True):
        result = mc.simulate(name, outputs=["energy_served"], years=[2030], **request)
        alone = np.quantile(result["prior_predictive"]["energy_served"].values, 0.9)
        assert_allclose(found[end], alone, rtol=1e-10)
    unreached = found["row"].values[~found["reaches"].values].tolist()
    assert unreached == (["ai_share_of_big4_capex"] if "seed" in sets else [])
    assert ("correlations" in found["row"].values) == ("seed" in sets)


def test_errors_come_from_the_chains_own_differences() -> None:
    a, b = normals(x=(1, 1), y=(1, 1)), normals(x=(1, 2), y=(1, 1))
    request = {"model": MODEL, "draws": 512, "chains": 8}
    found = mc.attribute(a, b, "pair", **request)
    medians = [
        np.median(mc.simulate(one, outputs=["pair"], **request)["prior_predictive"]["pair"].values, axis=1)
        for one in (a, b)
    ]
    expected = np.std(medians[1] - medians[0], ddof=1) / math.sqrt(8)
    assert_allclose(found["mcse_move"], expected)
    assert_allclose(found["mcse_draws"].sel(row="x"), expected)
    assert math.isnan(float(mc.attribute(a, b, "pair", model=MODEL, draws=64, chains=1)["mcse_move"]))


def test_the_list_of_correlations_is_one_row() -> None:
    # E(x y) of two standard normals is their correlation.
    laws = {"x": (0.0, 1.0), "y": (0.0, 1.0)}
    found = mc.attribute(normals(0.1, **laws), normals(0.7, **laws), "pair", statistic="mean", model=MODEL, draws=2**12)
    assert found["row"].values.tolist() == ["correlations"]
    assert found["change"].item() == "1 pair of parameters"
    assert abs(float(found["move"]) - 0.6) < 5 * float(found["mcse_move"])
    unreached = mc.attribute(
        normals(0.1, **laws, w=(0, 1)), normals(0.7, **laws, w=(1, 1)), "only_w", model=OTHER, **SMALL
    )
    assert dict(zip(unreached["row"].values, unreached["reaches"].values, strict=True)) == {
        "w": True,
        "correlations": False,
    }
    assert by_row(unreached)["correlations"] == 0.0


def only_w(w: float) -> float:
    return w


OTHER = mc.Model.from_functions([only_w, pair])


def test_a_parameter_that_is_held_fixed_leaves_its_partner_where_it_was() -> None:
    a = normals(0.5, x=(1, 1), y=(2, 1))
    found = mc.attribute(a, None, "only_y", set={"x": 3}, model=mc.Model.from_functions([only_y, pair]), **SMALL)
    assert (found["row"].values.tolist(), found["reaches"].values.tolist()) == (["x"], [False])
    assert float(found["move"]) == 0.0


def only_y(y: float) -> float:
    return y


def test_a_correlated_row_cannot_begin_to_vary_by_year_alone() -> None:
    model = mc.Model.from_functions([yearly], base_year=2025)
    years = {"prior_set": {"years": {"start": 2025, "stop": 2027}}}
    a = {**normals(0.5, x=(1, 1), y=(1, 1)), **years}
    b = {**normals(x=(1, 1), y=(1, 1)), **years}
    b["parameters"]["x"]["varies"] = {"kind": "independent"}  # type: ignore[index]
    with pytest.raises(mc.InputError, match=r"parameters\.x\.varies: differs .* cannot change alone"):
        mc.attribute(a, b, "yearly", model=model, **SMALL)
    free = mc.attribute({**normals(x=(1, 1), y=(1, 1)), **years}, b, "yearly", model=model, **SMALL)
    assert free["change"].item() == "varies none -> independent"
    assert free.attrs["year"] == 2027, "the last year in common"


def test_a_set_has_nothing_to_explain_against_itself() -> None:
    one = normals(0.5, x=(1, 1), y=(2, 1))
    found = mc.attribute(one, one, "pair", model=MODEL, **SMALL)
    assert found.sizes["row"] == 0
    assert float(found["move"]) == 0.0
    assert float(found["mcse_move"]) == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statistic": "p0"}, "statistic: 'p0': must be median, mean or a quantile"),
        ({"statistic": "mode"}, "statistic: 'mode'"),
        ({"permutations": 3}, "permutations: 3: must be even"),
        ({"permutations": 0}, "permutations: 0: must be a whole number from 2"),
        ({"output": "energy_servd"}, "did you mean 'energy_served'"),
        ({"a": pool_prior_sets({"consensus": 0.5, "liftoff": 0.5})}, "consensus\\+liftoff: a pool"),
        ({"b": None}, "name another one"),
    ],
)
def test_requests_that_make_no_sense(change: dict[str, object], message: str) -> None:
    request = {"a": "consensus", "b": "liftoff", "output": "energy_served", "year": 2030, **SMALL, **change}
    with pytest.raises(mc.InputError, match=message):
        mc.attribute(**request)  # type: ignore[arg-type]


def test_sets_that_start_in_different_years() -> None:
    model = mc.Model.from_functions([yearly])
    headers = [{"name": f"s{k}", "years": {"start": 2024 + k, "stop": 2030}} for k in (0, 1)]
    sets = [{**normals(x=(k, 1), y=(1, 1)), "prior_set": header} for k, header in enumerate(headers)]
    with pytest.raises(mc.InputError, match="s0 starts in 2024, s1 in 2025"):
        mc.attribute(*sets, "yearly", 2030, model=model, **SMALL)


@pytest.mark.parametrize("statistic", [None, 5, ["mean"]])
def test_a_statistic_that_is_no_text_is_an_input_error(statistic: object) -> None:
    with pytest.raises(mc.InputError, match=r"statistic: .*: must be median, mean or a quantile"):
        mc.attribute("consensus", "liftoff", "energy_served", statistic=statistic)  # type: ignore[arg-type]


def test_an_output_that_is_no_text_is_an_input_error() -> None:
    with pytest.raises(mc.InputError, match="output: None: must be a name"):
        mc.attribute("consensus", "liftoff", None)  # type: ignore[arg-type]
