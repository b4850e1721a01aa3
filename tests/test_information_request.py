"""What a value of information says besides its numbers, how it is labelled, and what cannot be asked of it."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from test_value_of_information import ALWAYS, CHAINS, COVARIANCE, FEW, Rows, choice, linear, tree

from mcdemand.decision import Decision
from mcdemand.errors import InputError, NumericalError
from mcdemand.value_of_information import SHARES, value_of_information


def test_a_function_may_read_years_and_parameters() -> None:
    rng = np.random.default_rng(9)
    x, years = rng.normal(size=FEW), [2029, 2030, 2031]
    result = tree({"x": x})
    demand = xr.DataArray(x.reshape(CHAINS, -1) + np.arange(3)[:, None, None], dims=("year", "chain", "draw"))
    varying = xr.DataArray(rng.normal(size=(CHAINS, FEW // CHAINS, 3)), dims=("chain", "draw", "year"))
    result["prior_predictive"] = xr.DataTree(xr.Dataset({"demand": demand}, {"year": years}))
    result["prior"] = xr.DataTree(result["prior"].to_dataset().assign(drift=varying).assign_coords(year=years))

    def profit(option: str, draws: Rows) -> Any:
        assert (draws["demand"].shape, draws["x"].shape) == ((2, FEW), (FEW,))
        assert_array_equal(draws["demand"], x + np.array([[1.0], [2.0]]))
        return draws["demand"].mean(axis=0) - 1.5 if option == "do it" else 0.0

    options, outputs = ["leave it", "do it"], ["demand", "x"]
    stated = Decision.from_function(options, profit, unit="MUSD", outputs=outputs, years=[2030, 2031], title="Do it?")
    found = value_of_information(result, stated, measurement={"drift": 0.5})
    assert_allclose(found["evppi"].sel(parameter="x"), found["evpi"], atol=ALWAYS * found["mcse_evpi"].item())
    # Known, or measured, in all its years, and nothing depends on it.
    assert found["evsi"].sel(parameter="drift") < 0.1
    assert {key: found.attrs[key] for key in ("title", "units", "output", "year")} == {
        "title": "Do it?",
        "units": "MUSD",
        "output": "demand, x",
        "year": "2030, 2031",
    }


def test_what_comes_back_is_labelled() -> None:
    result = linear(4, FEW, COVARIANCE["correlated"], "sobol")
    found = value_of_information(result, choice(), measurement={"a": 0.4})
    dims = {"evppi": ("parameter",), "evppi_share": ("parameter",), "evsi": ("parameter",), "evpi": ()}
    dims |= {"expected_payoff": ("option",), "probability_best": ("option",)}
    for name, own in dims.items():
        assert found[name].dims == found[f"mcse_{name}"].dims == own
        assert found[f"ci_{name}"].dims == (*own, "ci_bound")
        assert found[name].attrs["units"] == ("1" if name in SHARES else "GUSD")
    assert {*found.data_vars} == {prefix + name for name in dims for prefix in ("", "mcse_", "ci_")}
    assert np.all(np.diff(found["evppi"]) <= 0)
    assert_array_equal(np.isnan(found["evsi"]), found["parameter"] != "a")
    assert_allclose(found["evppi_share"], found["evppi"] / found["evpi"], rtol=1e-12)
    about = {"method": "value_of_information", "sorted_by": "evppi", "ci_prob": 0.95, "title": "Do it or not"}
    about |= {"prior_set": "mine", "model": "own", "source": "test", "seed": 7, "design": "sobol", "chains": CHAINS}
    about |= {"draws": FEW, "evaluations": 0, "units": "GUSD", "output": "net", "year": "", "best_option": "do it"}
    about |= {"decision": "decision", "groups": "", "notices": ""}
    assert about.items() <= found.attrs.items()
    assert "respected" in found.attrs["dependence"]


def test_a_reader_is_told_of_what_makes_the_numbers_weak() -> None:
    rng = np.random.default_rng(12)
    result = linear(8, FEW, COVARIANCE["independent"])
    inner = np.quantile(result["prior_predictive"]["net"], [0.01, 0.99])
    notices = value_of_information(result, choice(*inner)).attrs["notices"]
    assert notices.startswith("2 % of the draws of net lie outside the levels, ")
    assert "payoffs go on there in a straight line; they carry " in notices
    heavy = tree({"x": rng.normal(size=FEW)}, {"net": rng.standard_cauchy(size=FEW) - 3})
    assert (
        "the largest gains carry the EVPI (Pareto k " in value_of_information(heavy, choice(-99, 99)).attrs["notices"]
    )
    even = tree({"x": rng.normal(size=FEW)}, {"net": rng.normal(size=FEW)})
    assert "within two errors" in value_of_information(even, choice()).attrs["notices"]
    many = {f"x{k}": rng.normal(size=FEW) for k in range(9)}
    found = value_of_information(tree(many, {"net": many["x0"]}), choice(), groups={"all": [*many]})
    assert "all: the regression cannot follow 9 parameters together" in found.attrs["notices"]


def test_a_single_chain_of_a_sobol_design_has_values_and_no_errors() -> None:
    many = linear(9, FEW, COVARIANCE["independent"], "sobol")
    one = xr.DataTree.from_dict({key: node.to_dataset().isel(chain=[0]) for key, node in many.children.items()})
    one.attrs = many.attrs
    found = value_of_information(one, choice())
    assert np.isfinite(found["evppi"]).all()
    assert np.isnan(found["mcse_evppi"]).all()
    assert np.isnan(found["ci_evpi"]).all()
    assert "a single chain has no errors; simulate at least two" in found.attrs["notices"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"groups": "kind"}, "groups: 'kind': must be 'driver', 'correlated', or lists of parameters by name"),
    ({"groups": {}}, r"groups: \{\}: must be 'driver', 'correlated', or lists of parameters by name"),
    ({"groups": {"g": []}}, r"groups: g: \[\]: must be a list of parameters"),
    ({"groups": {"g": "a"}}, "groups: g: 'a': must be a list of parameters"),
    ({"groups": {"g": ["d"]}}, "groups: g: 'd': unknown; "),
    ({"groups": {"g": [["a"]]}}, r"groups: g: \['a'\]: unknown; "),
    ({"groups": {"b": ["a"]}}, "groups: b: the name of a parameter outside the group; choose another"),
    ({"measurement": ["a"]}, r"measurement: \['a'\]: must map parameters to standard errors"),
    ({"measurement": {"d": 1}}, "measurement: 'd': unknown; known: a, b, c"),
    (
        {"measurement": {"a": -1}},
        'measurement: a: -1: must be a standard error of 0 or more in its unit, or such as "5%"',
    ),
    ({"measurement": {"a": "1"}}, "measurement: a: '1': must be a standard error"),
    ({"measurement": {"a": "much%"}}, "measurement: a: 'much%': must be a standard error"),
    ({"measurement": {"a": True}}, "measurement: a: True: must be a standard error"),
    ({"measurement": {"a": float("nan")}}, "measurement: a: nan: must be a standard error"),
    ({"measurement": {"a": float("inf")}}, "measurement: a: inf: must be a standard error"),
    ({"measurement": {"a": None}}, "measurement: a: None: must be a standard error"),
    ({"measurement": {"c": "5%"}}, "measurement: c: '5%': not all draws are positive; give the error in its unit"),
    ({"seed": -1}, "seed: -1: "),
]


@pytest.mark.parametrize(("request_", "message"), REFUSED)
def test_what_cannot_be_asked_is_refused(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}") as caught:
        value_of_information(linear(1, 64, COVARIANCE["independent"]), choice(), **request_)
    assert "\n" not in str(caught.value)


def yearly(years: list[int]) -> xr.DataTree:
    rows = np.random.default_rng(0).normal(size=(CHAINS, 4, len(years)))
    result = tree({"x": rows[:, :, 0].ravel()})
    named = xr.Dataset({"net": (("chain", "draw", "year"), rows)}, {"year": years})
    result["prior_predictive"] = xr.DataTree(named)
    return result


@pytest.mark.parametrize(
    ("result", "change", "message"),
    [
        (yearly([2030, 2031]), {}, "decision: output: net has years 2030 to 2031; name one as decision.year"),
        (yearly([2030, 2031]), {"year": 2040}, "decision: year: 2040: not in this result, which has 2030 to 2031"),
        (yearly([2030]), {"output": "nets"}, "decision: output: 'nets': not in this result; did you mean 'net'"),
        (yearly([2030]), {"year": 2030, "levels": [0, 12]}, "levels: 0 to 12: .* % of the draws of net lie outside"),
    ],
)
def test_a_decision_that_does_not_fit_the_result_is_refused(
    result: xr.DataTree, change: dict[str, Any], message: str
) -> None:
    decision = choice() | {"decision": choice()["decision"] | change}
    with pytest.raises(InputError, match=message):
        value_of_information(result, decision)


def test_a_result_without_parameters_or_with_holes_is_refused() -> None:
    net = {"net": np.linspace(-1, 1, 64)}
    with pytest.raises(InputError, match="result: holds no parameters; simulate with outputs=None"):
        value_of_information(tree({}, net), choice())
    with pytest.raises(NumericalError, match="x: has draws that are not finite; simulate it again"):
        value_of_information(tree({"x": np.full(64, np.nan)}, net), choice())
    with pytest.raises(InputError, match="group: 'prior': not in this result"):
        value_of_information(xr.DataTree.from_dict({"other": xr.Dataset()}), choice())
