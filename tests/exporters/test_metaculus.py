"""The Metaculus CDF against the server's rules, written down here from its validator, and against the draws."""

import json

import numpy as np
import pytest

from mcdemand.errors import InputError
from mcdemand.exporters.metaculus import Range, admissible_cdf, empirical_cdf
from mcdemand.exporting import export
from mcdemand.report.text import literal


def complaints(cdf, *, n, open_lower, open_upper):
    """Return what the server would not take; empty if it takes all."""
    values = np.round(np.asarray(cdf, float), 10)
    steps = np.round(np.diff(values), 9)
    rules = {
        "count": len(values) == n + 1,
        "least step": (steps >= np.round(0.01 / n, 9)).all(),
        "largest step": (steps <= 0.2 * 200 / n).all(),
        "lower bound": values[0] >= 0.001 if open_lower else values[0] == 0,
        "upper bound": values[-1] <= 0.999 if open_upper else values[-1] == 1,
    }
    return [rule for rule, kept in rules.items() if not kept]


def write(result, path, **options):
    exported = export(result, path, "metaculus", outputs="energy_served", years=2030, **options)
    return json.loads(exported.path.read_text(encoding="utf-8"), parse_constant=pytest.fail), exported.notes


BOUNDS = [(low, high) for low in (True, False) for high in (True, False)]


@pytest.mark.parametrize(("open_lower", "open_upper"), BOUNDS)
@pytest.mark.parametrize("n", [1, 7, 39, 40, 41, 101, 150, 200])
@pytest.mark.parametrize("shape", ["wide", "narrow", "single", "two values", "all below", "all above", "most above"])
def test_server_rules_are_kept(n, shape, open_lower, open_upper):
    k = (np.arange(2000) + 0.5) / 2000
    values = {
        "wide": 200 * k - 50,
        "narrow": 40 + 0.1 * k,
        "single": np.full(2000, 33.3),
        "two values": np.where(k < 0.4, 0.0, 100.0),
        "all below": -5 - k,
        "all above": 105 + k,
        "most above": np.where(k < 0.001, 50.0, 110.0),
    }[shape]
    scale = Range(0.0, 100.0, None, open_lower, open_upper, n)
    raw = empirical_cdf(values, scale.locations())
    if (shape == "all below" and not open_lower) or (shape == "all above" and not open_upper):
        with pytest.raises(InputError, match="no draw lies between"):
            admissible_cdf(raw, scale)
        return
    found = admissible_cdf(raw, scale)
    assert complaints(found, n=n, open_lower=open_lower, open_upper=open_upper) == []


def test_a_smooth_cdf_moves_by_little_more_than_the_least_that_is_asked(result, tmp_path):
    options = {"lower": 10, "upper": 10_000, "zero_point": 0}
    document, notes = write(result, tmp_path / "one.json", **options)
    draws = result["prior_predictive"]["energy_served"].sel(year=2030).values.reshape(-1)
    x = 10 * 1000 ** (np.arange(201) / 200)
    np.testing.assert_allclose(document["locations"], x, rtol=1e-12)
    shares = np.array([(draws <= one).mean() for one in x])
    assert np.abs(np.array(document["continuous_cdf"]) - shares).max() < 0.0121
    assert complaints(document["continuous_cdf"], n=200, open_lower=True, open_upper=True) == []
    assert any("moved by up to 0.0" in note for note in notes)


def test_closed_bounds_leave_out_what_lies_beyond(result, tmp_path):
    options = {"lower": 200.0, "upper": 900.0, "open_lower": False, "open_upper": False}
    document, notes = write(result, tmp_path / "one.json", **options)
    draws = result["prior_predictive"]["energy_served"].sel(year=2030).values.reshape(-1)
    inside = draws[(draws >= 200) & (draws <= 900)]
    shares = np.array([(inside <= one).mean() for one in np.linspace(200, 900, 201)])
    assert np.abs(np.array(document["continuous_cdf"]) - shares).max() < 0.0102
    assert f"{(draws > 900).mean():.2%} of the draws lie above the range" in " ".join(notes)


def test_large_steps_go_to_both_sides():
    scale = Range(0.0, 100.0, None, False, False, 200)
    found = admissible_cdf(empirical_cdf(np.full(500, 50.2), scale.locations()), scale)
    steps = np.diff(found)
    # A jump of 1 in step 100: half of the largest slope on both sides of it, 10 steps in all.
    near = np.flatnonzero(steps > 0.01)
    assert near.min() >= 95
    assert near.max() <= 105
    assert steps[near].sum() == pytest.approx(0.99, abs=0.01)


def test_states_its_question_and_its_source(result, tmp_path):
    document, _ = write(result, tmp_path / "one.json", lower=0, upper=5000, question=123, inbound_outcome_count=100)
    assert document["question"] == 123
    assert document["scaling"] == {
        "range_min": 0.0,
        "range_max": 5000.0,
        "zero_point": None,
        "open_lower_bound": True,
        "open_upper_bound": True,
        "inbound_outcome_count": 100,
    }
    assert len(document["continuous_cdf"]) == len(document["locations"]) == 101
    assert document["output"]["units"] == "TWh"
    assert document["provenance"]["seed"] == 11
    draws = result["prior_predictive"]["energy_served"].sel(year=2030).values.reshape(-1)
    np.testing.assert_allclose(
        document["quantiles"]["values"], np.quantile(draws, document["quantiles"]["levels"]), rtol=1e-14
    )
    assert all(error > 0 for error in document["quantiles"]["mcse"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "lower: missing; give the question's range by lower and upper, in 'TWh'"),
        ({"lower": 1}, "upper: missing"),
        ({"lower": 5, "upper": 5}, "upper: 5: must lie above lower, 5"),
        ({"lower": "a", "upper": 5}, "lower: 'a': must be a number"),
        ({"lower": 1, "upper": float("inf")}, "upper: inf: must be a number"),
        ({"lower": 1, "upper": 5, "zero_point": 2}, "zero_point: 2: must lie below lower, 1"),
        ({"lower": 1, "upper": 5, "open_lower": "no"}, "open_lower: 'no': must be true or false"),
        ({"lower": 1, "upper": 5, "inbound_outcome_count": 201}, "inbound_outcome_count: 201: must be a whole number"),
        ({"lower": 1, "upper": 5, "question": "x"}, "question: 'x': must be a whole number"),
        ({"lower": 1e6, "upper": 2e6, "open_lower": False}, "1e\\+06 to 2e\\+06: 1 of the draws lie below, 0 above"),
        ({"lower": 0, "upper": 1}, "0 to 1: 0 of the draws lie below, 1 above; give the question's range in 'TWh'"),
    ],
)
def test_refusals(result, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        write(result, tmp_path / "one.json", **options)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def poisoned(poison, payload):
    """Return a poisoned result of a design that exists: what a summary's errors rest on must be known."""
    tree = poison(payload)
    tree.attrs["design"] = "random"
    return tree


def test_strangers_texts_are_texts(poisoned, payload, tmp_path):
    path = tmp_path / "one.json"
    export(poisoned, path, "metaculus", years=2030, lower=0, upper=1e4)
    text = path.read_text(encoding="utf-8")
    assert "<" not in text
    document = json.loads(text)
    assert document["output"]["name"] == literal(payload.replace("/", "|"))
    assert document["output"]["long_name"] == document["output"]["units"] == literal(payload)
    assert complaints(document["continuous_cdf"], n=200, open_lower=True, open_upper=True) == []
