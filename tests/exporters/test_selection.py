"""What is exported of a result: outputs, years, draws, levels, provenance; refusals."""

import json

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_array_equal

import mcdemand as mc
from mcdemand.content import content_digest
from mcdemand.exporters._selection import KEPT_DRAWS, select


def test_everything_is_the_result_itself(result):
    chosen = select(result)
    assert content_digest(chosen.tree) == content_digest(result)
    assert chosen.draws == 1024
    assert chosen.chains == 4
    columns = {column.label: column for column in chosen.columns()}
    energy = result["prior_predictive"]["energy_served"]
    assert_array_equal(columns["energy_served_2030"].values, energy.sel(year=2030).values.ravel())
    growth = result["prior"]["request_growth"]
    assert_array_equal(columns["request_growth"].values, growth.values.ravel())
    assert columns["request_growth"].units == growth.attrs["units"]
    assert len(columns) == 2 * energy.sizes["year"] + len(result["prior"].data_vars)


def test_a_part_says_what_is_left(result):
    chosen = select(result, outputs=["energy_served", "request_growth"], years=[2030, 2026], draws=103)
    assert chosen.draws == 100
    assert chosen.tree.attrs["outputs"] == ["energy_served"]
    assert chosen.tree.attrs["years"] == [2030, 2026]
    assert chosen.tree.attrs[KEPT_DRAWS] == 100
    assert [column.label for column in chosen.columns()] == [
        "energy_served_2030",
        "energy_served_2026",
        "request_growth",
    ]
    expected = result["prior_predictive"]["energy_served"].sel(year=2026).values[:, :25].ravel()
    assert_array_equal(chosen.columns()[1].values, expected)


def test_few_rows_are_taken_from_all_chains_in_turn(result):
    (column,) = select(result, outputs="energy_served", years=2030).columns(10)
    expected = result["prior_predictive"]["energy_served"].sel(year=2030).values.T.ravel()[:10]
    assert_array_equal(column.values, expected)


def test_a_part_repeats_its_whole_run(result):
    part = select(result, outputs="energy_served", years=[2030], draws=8).tree
    again = mc.repeat_result(part)
    assert again["prior_predictive"]["energy_served"].sizes == {"chain": 4, "draw": 256, "year": 1}


def test_provenance_is_text_and_numbers(result, tmp_path):
    chosen = select(result, draws=4)
    about = json.loads(json.dumps(chosen.about(), allow_nan=False))
    assert about["seed"] == 11
    assert about["design"] == "random"
    assert about["draws"] == 1024
    assert about["draws_exported"] == 4
    written = mc.read_result(mc.write_result(result, tmp_path / "one.nc"))
    assert about["result_sha256"] == content_digest(result) == written.attrs["content_sha256"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"outputs": "enrgy_served"}, "outputs: 'enrgy_served': not kept in this result; did you mean 'energy_served'"),
        ({"outputs": []}, "outputs: the result keeps none"),
        ({"years": 1990}, "years: 1990: not in this result, which has 2024 to 2035"),
        ({"draws": 0}, "draws: 0: must be a whole number from 1 to 1024"),
        ({"draws": 1025}, "draws: 1025"),
        ({"draws": True}, "draws: True"),
        ({"probabilities": [1.5]}, "probabilities: 1.5"),
    ],
    ids=str,
)
def test_what_is_refused(result, request_, words):
    with pytest.raises(mc.InputError, match=words):
        select(result, **request_)


def test_what_is_no_result_is_refused(result):
    with pytest.raises(mc.InputError, match="result: must be what simulate"):
        select({"prior": 1})
    with pytest.raises(mc.InputError, match="the same chains and draws"):
        select(xr.DataTree.from_dict({"/prior": result["prior"].to_dataset().isel(draw=slice(0))}))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(result, value):
    broken = result.copy(deep=True)
    broken["prior_predictive"]["energy_served"].values[0, 0, 0] = value
    with pytest.raises(mc.NumericalError, match="energy_served: has draws that are NaN or infinite"):
        select(broken)
