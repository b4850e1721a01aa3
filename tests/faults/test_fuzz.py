"""Any file at all is a prior set or a mistake that is named, soon and in silence.

`MCDEMAND_FUZZ_CASES=100000` tries more of them.
"""

import os

import pytest
from fuzzing import case, fault_of, texts

import mcdemand as mc

CASES = int(os.environ.get("MCDEMAND_FUZZ_CASES", "2000"))
PARTS = 10
ROW = '[parameters.a]\ndistribution = "{}"\n{}'
# Found by longer runs.
FOUND = {
    "no number to compare in the table": ROW.format("beta", "alpha = 1.5\nbeta = 2.3e46\n"),
    "overflow of the slope": ROW.format("beta", "alpha = 2e12\nbeta = 1.2e32\n"),
    "minutes in SciPy": ROW.format("beta", "alpha = 1.5e160\nbeta = 7.8e205\n"),
    "tiny shapes": ROW.format("beta", "alpha = 1e-300\nbeta = 1e-300\n"),
    "division by zero": ROW.format("beta", "p5 = 0.2\np95 = 0.7\nlower = 1\n"),
    "overflow of a square": ROW.format(
        "triangular", "lower = -1e200\nmode = 0\nupper = 1e200\ntruncation = { lower = -1e199, upper = 1e199 }\n"
    ),
    "width beyond the largest number": ROW.format("uniform", "lower = -1.7e308\nupper = 1.7e308\n"),
    "residuals that are not finite": ROW.format("triangular", "p5 = -1.7e308\np50 = 0\np95 = 1.7e308\n"),
}


@pytest.fixture(scope="module")
def bases():
    return texts()


@pytest.mark.parametrize("name", FOUND)
def test_what_once_went_wrong(tmp_path, name):
    assert fault_of(tmp_path / "case.toml", FOUND[name].encode()) is None


@pytest.mark.parametrize("part", range(PARTS))
def test_any_file_is_a_prior_set_or_a_named_mistake(tmp_path, bases, part):
    faults = {seed: fault_of(tmp_path / "case.toml", case(seed, bases)) for seed in range(part, CASES, PARTS)}
    assert {seed: fault for seed, fault in faults.items() if fault} == {}


def test_cases_are_both_sound_and_broken(tmp_path, bases):
    """A generator that only makes nonsense tests the parser alone."""
    path, sound = tmp_path / "case.toml", 0
    for seed in range(100):
        path.write_bytes(case(seed, bases))
        try:
            sound += bool(mc.load_prior_set(path))
        except mc.McdemandError:
            continue
    assert 10 <= sound <= 60
