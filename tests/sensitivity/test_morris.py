import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import mcdemand as mc
from mcdemand.sensitivity import morris
from mcdemand.sensitivity.morris import METHOD, elementary_effects, estimate, trajectories_of

SALIB = json.loads((Path(__file__).parents[1] / "references" / "salib_morris.json").read_text(encoding="ascii"))
G_WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0])


class Functions:
    """The parts of an experiment that Morris screening uses: functions of levels, as rows."""

    def __init__(self, *functions, count=5, seed=0):
        self.functions, self.seed = functions, seed
        self.parameters = tuple(f"x{j}" for j in range(count))

    def at(self, levels):
        assert levels.shape[0] == len(self.parameters)
        assert 0 < levels.min() <= levels.max() < 1
        return np.stack([function(levels) for function in self.functions])


def on_grid(levels, low=0.05, high=0.95):
    """Return the places on the grid, 0 at its low end."""
    return (levels - low) / (high - low)


def g_function(levels):
    places = on_grid(levels)
    return np.prod((np.abs(4 * places - 2) + G_WEIGHTS[:, np.newaxis]) / (1 + G_WEIGHTS[:, np.newaxis]), axis=0)


def found(*functions, **changes):
    experiment = Functions(*functions, **{name: changes.pop(name) for name in ("count", "seed") if name in changes})
    return estimate(experiment, **{**METHOD.options, **changes})


def test_same_digits_as_salib_on_its_trajectories():
    outputs = np.array([SALIB["outputs"]])
    effects = elementary_effects(np.array(SALIB["steps"]) / (SALIB["levels"] - 1), outputs)[..., 0]
    assert_allclose(effects.mean(axis=1), SALIB["mu"], rtol=1e-10, atol=1e-14)
    assert_allclose(np.abs(effects).mean(axis=1), SALIB["mu_star"], rtol=1e-10)
    assert_allclose(effects.std(axis=1, ddof=1), SALIB["sigma"], rtol=1e-10)


def test_the_estimates_are_salibs_measures(monkeypatch):
    experiment = Functions(lambda _: np.array(SALIB["outputs"]))
    monkeypatch.setattr(morris, "trajectories_of", lambda *_: np.array(SALIB["steps"]))
    measures = estimate(experiment, trajectories=8, levels=SALIB["levels"], range=(0.05, 0.95))
    for name in METHOD.indices:
        assert_allclose(measures[name].value[:, 0], SALIB[name], rtol=1e-10, atol=1e-14)


def test_a_linear_output_moves_by_its_coefficients():
    slopes = np.array([3.0, -2.0, 0.5, 0.0, 1e6])
    measures = found(lambda u: slopes @ u, lambda u: 7 + 0 * u[0], range=(0.1, 0.9), trajectories=5)
    assert_allclose(measures["mu"].value[:, 0], 0.8 * slopes, rtol=1e-9, atol=1e-8)
    assert_allclose(measures["mu_star"].value[:, 0], 0.8 * np.abs(slopes), rtol=1e-9, atol=1e-8)
    assert_allclose(measures["sigma"].value[:, 0], 0.0, atol=1e-8)
    for one in measures.values():
        assert_allclose(one.mcse[:, 0], 0.0, atol=1e-8)
        assert (one.value.shape, one.mcse.shape, one.freedom) == ((5, 2), (5, 2), 4)
        assert_array_equal([one.value[:, 1], one.mcse[:, 1]], 0.0, "a constant output")


def test_g_function_agrees_with_its_closed_form_on_the_grid():
    # |4 x - 2| is 2, 2/3, 2/3, 2 on the four places, and moves by +-4/3 over two thirds of the grid.
    mean, square = (4 / 3 + G_WEIGHTS) / (1 + G_WEIGHTS), (20 / 9 + 8 / 3 * G_WEIGHTS + G_WEIGHTS**2)
    square /= (1 + G_WEIGHTS) ** 2
    mu_star = 2 / (1 + G_WEIGHTS) * np.prod(mean) / mean
    sigma = np.sqrt(4 / (1 + G_WEIGHTS) ** 2 * np.prod(square) / square)
    measures = found(g_function, trajectories=1500, seed=11)
    for name, exact in {"mu_star": mu_star, "mu": np.zeros(5), "sigma": sigma}.items():
        one = measures[name]
        # 15 figures within 4.5 errors each: a false alarm once in 10,000.
        assert np.all(np.abs(one.value[:, 0] - exact) < 4.5 * one.mcse[:, 0]), name
    assert_allclose(measures["mu_star"].value[:, 0], mu_star, rtol=0.05)
    assert np.all(np.diff(found(g_function)["mu_star"].value[:, 0]) < 0), "20 trajectories rank them"


def test_errors_are_those_of_many_repeats():
    repeats = [found(g_function, seed=seed, trajectories=12) for seed in range(150)]
    for name in METHOD.indices:
        values, errors = (np.stack([getattr(one[name], part)[:, 0] for one in repeats]) for part in ("value", "mcse"))
        spread = values.std(axis=0, ddof=1)
        # The spread of 150 repeats is known to 6 % (one sd); the jackknife of a skewed sd leans by some more.
        assert_allclose(np.sqrt((errors**2).mean(axis=0)), spread, rtol=0.3)


def test_a_product_has_effects_that_depend_on_the_other():
    measures = found(lambda u: on_grid(u)[0] * on_grid(u)[1], trajectories=1000)
    # The other lies at 0, 1/3, 2/3, 1 with equal chance: mean 1/2, variance 5/36.
    for name, exact in {"mu": 0.5, "mu_star": 0.5, "sigma": np.sqrt(5) / 6}.items():
        assert np.all(np.abs(measures[name].value[:2, 0] - exact) < 5 * measures[name].mcse[:2, 0])
        assert_array_equal(measures[name].value[2:], 0.0)
        assert_array_equal(measures[name].mcse[2:], 0.0)


@pytest.mark.parametrize("levels", [2, 4, 10])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_trajectories_move_every_parameter_once_by_half_the_levels(count, levels):
    steps = trajectories_of([f"x{j}" for j in range(count)], 3, 50, levels).reshape(count, 50, count + 1)
    assert (steps.min(), steps.max()) == (0, levels - 1)
    moves = np.diff(steps, axis=2)
    assert_array_equal((moves != 0).sum(axis=0), 1)
    assert_array_equal((moves != 0).sum(axis=2), 1)
    assert set(np.abs(moves[moves != 0])) == {levels // 2}


def test_trajectories_belong_to_seed_and_name():
    few, more = (trajectories_of(["a", "b", "c"], 1, count, 4) for count in (5, 9))
    assert_array_equal(few, more[:, : few.shape[1]])
    assert_array_equal(few, trajectories_of(["c", "a", "b"], 1, 5, 4)[[1, 2, 0]])
    assert not np.array_equal(few, trajectories_of(["a", "b", "c"], 2, 5, 4))
    # The first trajectory, straight from the hash: one word for the start, one for the turn.
    keys = ["\0".join(("mcdemand-draws-1", "1", "morris", "0", name)).encode() for name in "abc"]
    words = [int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little") for key in keys]
    starts = [(word & 0xFFFFFFFF) % 4 for word in words]
    assert few[:, 0].tolist() == starts
    assert few[:, 3].tolist() == [(start + 2) % 4 for start in starts]
    turns = np.diff(few[:, :4] != np.array(starts)[:, np.newaxis], axis=1).argmax(axis=1)
    assert_array_equal(np.argsort(turns), np.argsort([word >> 32 for word in words]))


def test_levels_and_turns_are_equally_likely():
    steps = trajectories_of(["a", "b", "c"], 5, 3000, 4).reshape(3, 3000, 4)
    turns = (np.diff(steps, axis=2) != 0).argmax(axis=2)
    for values, kinds in ((steps[..., 0], 4), (steps[..., -1], 4), (turns, 3)):
        for one in values:
            counts = np.bincount(one, minlength=kinds)
            # Chi-squared with at most 3 degrees of freedom: 21.1 is its 99.99 % quantile; 9 of them.
            assert ((counts - 3000 / kinds) ** 2 / (3000 / kinds)).sum() < 21.1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trajectories": 2}, "trajectories: 2: must be a whole number from 3 to 10000"),
        ({"trajectories": 5.0}, "trajectories: 5.0: must be a whole number"),
        ({"levels": 5}, "levels: 5: must be even"),
        ({"levels": True}, "levels: True: must be a whole number"),
        ({"range": (0.0, 0.9)}, r"range: \(0.0, 0.9\): must be two levels"),
        ({"range": 0.05}, "range: 0.05: must be two levels"),
        ({"range": ("5", "95")}, "range: .* must be two levels"),
        ({"range": (0.95, 0.05)}, "range: .* must be two levels"),
    ],
)
def test_options_that_make_no_sense(change, message):
    with pytest.raises(mc.InputError, match=message):
        found(g_function, **change)
