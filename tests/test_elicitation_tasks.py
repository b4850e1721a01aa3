"""Elicitation tasks of the literature: the published answer to its last digit, and never a law farther off than it."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtri

import mcdemand as mc
from mcdemand.distributions import find_distribution
from mcdemand.law_statement import quantile_level

TASKS = json.loads((Path(__file__).parent / "references" / "elicitation_tasks.json").read_text("ascii"))
ROUNDING = 1e-8
"""Of levels: rows keep 8 decimals."""
CONSENSUS = {"p25": 25, "p50": 30, "p75": 40}


def answer(task):
    found = mc.elicit(**task["stated"], families=task["family"]).isel(family=0)
    law = mc.load_prior_set(tomllib.loads(found["row"].item())).parameters["x"].law
    return found, law


def said(task):
    """Return levels and values."""
    stated = task["stated"]
    if "interval" in stated:
        return np.array([0.05, 0.95]), np.array(stated["interval"])
    pairs = [(quantile_level(key) or float(key), x) for key, x in stated.get("quantiles", {}).items()]
    return tuple(np.array(pairs).T)


def rms(distances):
    return np.sqrt(np.mean(np.square(distances)))


def test_there_are_ten_tasks_and_more():
    assert len({(task["source"], json.dumps(task["stated"])) for task in TASKS}) >= 10
    assert len({task["source"] for task in TASKS}) >= 8


@pytest.mark.parametrize("task", TASKS, ids=lambda task: f"{task['source'].split()[0]} {task['family']}")
def test_the_published_answer(task):
    found, law = answer(task)
    mine = law.family.oracle(law.values) if law.family.oracle else None
    for name, value in task["parameters"].items():
        assert_allclose(law.values[name], value, rtol=0, atol=task["within"], err_msg=name)
    for level, value in task.get("quantiles", {}).items():
        assert_allclose(found["quantiles"].sel(quantile=float(level)), value, rtol=0, atol=task["within"])
    for value, level in task.get("levels", {}).items():
        assert_allclose(mine.cdf(float(value)), level, rtol=0, atol=0.0005)
    if "coefficients" in task:
        assert_allclose(law.values["coefficients"], task["coefficients"], rtol=0, atol=task["within"])
    if "mean" in task:
        assert_allclose(mine.mean(), task["mean"], rtol=1e-9)


@pytest.mark.parametrize(
    "task",
    [task for task in TASKS if len(task["parameters"]) > 1 or task["family"] in ("exponential", "half_normal")],
    ids=lambda task: f"{task['source'].split()[0]} {task['family']}",
)
def test_the_published_answer_is_not_nearer(task):
    """By SciPy's distribution functions, and SHELF's criterion, which is also PreliZ's."""
    found, law = answer(task)
    levels, values = said(task)
    theirs = find_distribution(task["family"]).oracle({**law.values, **task["parameters"]})
    mine = rms(law.family.oracle(law.values).cdf(values) - levels)
    assert mine <= rms(theirs.cdf(values) - levels) + ROUNDING
    assert_allclose(found["misfit"], mine, rtol=0, atol=ROUNDING)


def test_the_order_that_shelf_gives_its_consensus():
    """The sums of squares of the levels it prints, smallest first."""
    printed = {
        task["family"]: rms(np.array(list(task["levels"].values())) - [0.25, 0.5, 0.75])
        for task in TASKS
        if "levels" in task
    }
    bounded = mc.elicit(CONSENSUS, families="beta", lower=0, upper=100)["misfit"].item()
    misfits = mc.elicit(CONSENSUS, families=["normal", "gamma", "lognormal"])["misfit"].to_series().to_dict()
    misfits["beta"] = bounded
    assert sorted(misfits, key=misfits.get) == sorted(printed, key=printed.get)


def test_fits_do_not_depend_on_the_unit():
    stated = {0.05: 1, 0.25: 3, 0.5: 4, 0.75: 8, 0.95: 30}
    families = ["normal", "gamma", "skew_normal", "triangular", "arcsine"]
    near = mc.elicit(stated, families=families)
    far = mc.elicit({p: 1e-9 * x for p, x in stated.items()}, families=families)
    assert far["family"].values.tolist() == near["family"].values.tolist()
    assert_allclose(far["misfit"], near["misfit"], atol=1e-6)


def test_a_law_that_cannot_meet_three_quantiles_is_stated_by_its_parameters():
    found = mc.elicit(CONSENSUS, families="normal").isel(family=0)
    row = tomllib.loads(found["row"].item())["parameters"]["x"]
    assert row.keys() == {"distribution", "mu", "sigma", "unit"}
    assert_allclose(row["mu"] + row["sigma"] * ndtri(0.05), found["quantiles"].sel(quantile=0.05), rtol=1e-12)
