"""Any file at all is a prior set or a mistake that is named, soon and in silence.

`.ci/run` tries 100 000 of them (`MCDEMAND_FUZZ_CASES`); a case is its seed.
"""

import os
import time
import warnings

import fuzzing
import pytest
from fuzzing import SMALL, case, fault_of, texts

import mcdemand as mc
from mcdemand.report.prior_listing import describe

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
    "seconds for a shape below all normal numbers": ROW.format("beta", "alpha = 4e-316\nbeta = 2.07\n"),
    "a second for each value": ROW.format("beta", "alpha = 6.8e-320\nbeta = 6.8e-320\n"),
    "a histogram of one point": ROW.format("lognormal", "mu = -1.431\nsigma = 8.6e-307\n"),
    "a histogram up to infinity": ROW.format("lognormal", "mu = 0.176\nsigma = 3.3e307\n"),
    "a histogram that starts far out": ROW.format("uniform", "lower = -0.17\nupper = 5.466438719782834e307\n"),
    "a histogram at infinity": ROW.format("lognormal", "mu = 1e154\nsigma = 0.5\n"),
    "a histogram below all normal numbers": ROW.format("normal", "mu = 3.3e-320\nsigma = 3.3e-320\n"),
    "residuals that are not finite": ROW.format("triangular", "p5 = -1.7e308\np50 = 0\np95 = 1.7e308\n"),
}


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    """What is mutated; what the first case would compile and import is there."""
    path = tmp_path_factory.mktemp("small") / "case.toml"
    path.write_text(SMALL)
    for prior in mc.load_prior_set(path).parameters.values():
        list(describe(prior))
    return texts()


@pytest.mark.usefixtures("bases")
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


def slow(_path):
    started = time.process_time()
    while time.process_time() - started < 2.5:
        pass
    raise mc.InputError("late")


def test_a_case_that_takes_too_much_is_found(tmp_path, monkeypatch):
    """Memory, time, silence, the kind of the error: each is looked at."""
    path = tmp_path / "case.toml"
    for spoil, said in (
        (lambda _path: bytearray(600 * 2**20), "MemoryError"),
        (slow, " s"),
        (lambda _path: warnings.warn("loud", stacklevel=1), "loud"),
        (lambda _path: 1 / 0, "ZeroDivisionError"),
    ):
        monkeypatch.setattr(fuzzing, "load_prior_set", spoil)
        assert said in fault_of(path, b"")
