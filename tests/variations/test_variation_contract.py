"""What every kind of change from year to year keeps."""

import hashlib
import math

import numpy as np
import pytest
from numba import config
from numpy.testing import assert_array_equal
from scipy.stats import norm
from yearly_examples import EXAMPLES, OF_FLAT, OF_TEN, TEN

from mcdemand import load_prior_set
from mcdemand.row_builder import Layout, build_program
from mcdemand.variations import variations

YEARS = 9
FALSE_ALARM_RATE = 1e-6
compiled_only = pytest.mark.skipif(config.DISABLE_JIT, reason="costs an interpreted run too much; bits are the same")
# Of draws in both modes: interpreted and compiled must agree bit for bit.
DIGEST = "d917f3ccdc818bfe7772d41da4ad7990149994022508125414a657a2175c4ad1"


def prior_of(name):
    return load_prior_set({"parameters": {"x": EXAMPLES[name][0]}}).parameters["x"]


def test_every_kind_has_an_example():
    assert {name.split()[0] for name in EXAMPLES} == set(variations())


@compiled_only
@pytest.mark.parametrize("name", EXAMPLES)
def test_moments_of_every_year(draw, name):
    """Mean and variance within the errors of both at one false alarm in 10^6 each."""
    count = 60_000
    row, own, laws = EXAMPLES[name]
    varies = prior_of(name).varies
    x = draw({"parameters": {"x": row}}, count, steps=YEARS, seed=21)["x"]
    x = np.log(x) if varies.values.get("form") == "multiplicative" else x
    mean, variance = varies.moments(own, laws, 0, YEARS)
    assert mean.shape == variance.shape == (YEARS,)
    tolerance = norm.isf(FALSE_ALARM_RATE / 2) / math.sqrt(count)
    assert np.all(np.abs(x.mean(axis=1) - mean) <= tolerance * np.sqrt(variance) + 1e-12)
    squares = (x - mean[:, None]) ** 2
    assert np.all(np.abs(squares.mean(axis=1) - variance) <= tolerance * squares.std(axis=1) + 1e-12)


def test_comonotone_knots_have_no_closed_variance():
    row = TEN | {"varies": {"kind": "knots", "start": 1, "knots": {3: 2}, "comonotone": True}}
    varies = load_prior_set({"parameters": {"x": row}}).parameters["x"].varies
    assert np.isnan(varies.moments(OF_TEN, {"3": OF_FLAT}, 0, 4).variance).all()


@compiled_only
@pytest.mark.parametrize("name", EXAMPLES)
def test_more_years_change_no_earlier_draw(draw, name):
    priors = {"parameters": {"x": EXAMPLES[name][0]}}
    few, many = (draw(priors, 256, steps=steps)["x"] for steps in (3, YEARS))
    assert_array_equal(many[:3], few)
    assert_array_equal(draw(priors, 256, steps=1)["x"], few[:1])


@compiled_only
@pytest.mark.parametrize("name", EXAMPLES)
def test_other_parameters_move_no_draw(draw, name):
    row = EXAMPLES[name][0]
    alone = draw({"parameters": {"x": row}}, 256, steps=4)["x"]
    with_others = draw({"parameters": {"a": TEN, "x": row, "y": row}}, 256, steps=4)
    assert_array_equal(with_others["x"], alone)
    assert_array_equal(with_others["a"], draw({"parameters": {"a": TEN}}, 256)["a"])


def test_bits_are_those_of_both_modes(draw):
    rows = {f"x{k}": row for k, (row, _, _) in enumerate(EXAMPLES.values())}
    found = draw({"parameters": rows}, 256, steps=3, seed=3)
    bits = b"".join(np.ascontiguousarray(found[name]).tobytes() for name in sorted(found))
    assert hashlib.sha256(bits).hexdigest() == DIGEST


@compiled_only
@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.split()[0] not in ("event", "knots")])
def test_innovations_of_correlated_parameters_are_correlated(draw, name):
    """With a latent correlation of 1 - 1e-12, all own scores are equal, so both differ by their other draws only."""
    row = EXAMPLES[name][0]
    priors = {"parameters": {"x": row, "y": row}, "correlations": [{"between": ["x", "y"], "latent": 1 - 1e-12}]}
    x, y = draw(priors, 256, steps=3).values()
    assert np.corrcoef(np.log(x[0]) if x.min() > 0 else x[0], np.log(y[0]) if x.min() > 0 else y[0])[0, 1] > 1 - 1e-6


def test_draws_of_a_program_have_sources_of_their_own():
    """Every other draw is keyed by parameter, role and step."""
    priors = load_prior_set({"parameters": {"x": EXAMPLES["mean_reverting"][0]}})
    program = build_program(priors, ["x"], 3, Layout(0))
    assert len(program.sources) == 3 + 1
    assert len({tuple(source[2:]) for source in program.sources}) == 4


def test_a_copy_with_another_name_is_another_draw(draw):
    row = EXAMPLES["jumps"][0]
    found = draw({"parameters": {"x": row, "y": row}}, 256, steps=4)
    assert not np.any(found["x"] == found["y"])
