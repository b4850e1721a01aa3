"""The shipped model against quantiles of an independent NumPy implementation; README.md says where they come from."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from acceptance import INTERPRETED
from numpy.testing import assert_array_less

import mcdemand as mc

REFERENCE = json.loads(Path(__file__).with_name("model_outputs.json").read_text())
LEVELS = REFERENCE["probabilities"]
STANDARD_ERRORS = 5.0
if INTERPRETED:  # few draws of few rows: the tolerance scales itself
    CASES, YEARS, DRAWS = ["consensus"], REFERENCE["years"][:2], 1_024
    OUTPUTS = ["capacity", "energy", "energy_supply", "training_share"]
else:
    CASES, YEARS, DRAWS = list(REFERENCE["cases"]), REFERENCE["years"], 200_000
    OUTPUTS = [*REFERENCE["cases"]["consensus"]["quantiles"], "energy_supply"]
ROWS = [(case, name) for case in CASES for name in REFERENCE["cases"][case]["quantiles"] if name in OUTPUTS]


@cache
def simulate_case(case):
    """Return {output: (draw, year)}."""
    reference = REFERENCE["cases"][case]
    result = mc.simulate(
        reference["prior_set"], set=reference["set"], draws=DRAWS, seed=1, years=YEARS, outputs=OUTPUTS
    )
    return {name: result["prior_predictive"][name].values.reshape(-1, len(YEARS)) for name in OUTPUTS}


def assert_agrees(found, expected, error):
    """Within 5 standard errors, the reference's own and that of this many draws."""
    count = len(YEARS)
    tolerance = STANDARD_ERRORS * np.asarray(error)[:count] * np.sqrt(1 + REFERENCE["draws"] / DRAWS)
    assert_array_less(np.abs(found - np.asarray(expected)[:count]), tolerance)


@pytest.mark.parametrize(("case", "output"), ROWS)
def test_quantiles(case, output):
    row = REFERENCE["cases"][case]["quantiles"][output]
    found = np.quantile(simulate_case(case)[output], LEVELS, axis=0).T
    assert_agrees(found, row["quantiles"], row["relative_error"] * np.array(row["quantiles"]))


@pytest.mark.parametrize("case", CASES)
def test_probability_of_a_shortage(case):
    values, row = simulate_case(case), REFERENCE["cases"][case]["shortage"]
    found = np.mean(values["energy"] > values["energy_supply"], axis=0)
    assert_agrees(found, row["probabilities"], np.full(len(REFERENCE["years"]), row["error"]))


@pytest.mark.parametrize("case", CASES)
def test_mean_of_energy(case):
    row = REFERENCE["cases"][case]["mean_energy"]
    assert_agrees(simulate_case(case)["energy"].mean(axis=0), row["values"], row["errors"])
