"""Any file at all is a prior set or a mistake that is named, soon and in silence.

`MCDEMAND_FUZZ_CASES=100000` tries more of them.
"""

import os

import pytest
from fuzzing import case, fault_of, texts

CASES = int(os.environ.get("MCDEMAND_FUZZ_CASES", "1500"))
PARTS = 10
# Found by longer runs: no number to compare in a table, an overflow, minutes in SciPy, division by zero.
FOUND = (76, 521, 2454, 4937, 5984, 7109, 8278, 10315, 10601)


@pytest.fixture(scope="module")
def bases():
    return texts()


@pytest.mark.parametrize("seed", FOUND)
def test_what_once_went_wrong(tmp_path, bases, seed):
    assert fault_of(tmp_path / "case.toml", case(seed, bases)) is None


@pytest.mark.parametrize("part", range(PARTS))
def test_any_file_is_a_prior_set_or_a_named_mistake(tmp_path, bases, part):
    faults = {seed: fault_of(tmp_path / "case.toml", case(seed, bases)) for seed in range(part, CASES, PARTS)}
    assert {seed: fault for seed, fault in faults.items() if fault} == {}


def test_cases_are_both_sound_and_broken(tmp_path, bases):
    """A generator that only makes nonsense tests the parser alone."""
    import mcdemand as mc

    path, sound = tmp_path / "case.toml", 0
    for seed in range(100):
        path.write_bytes(case(seed, bases))
        try:
            sound += bool(mc.load_prior_set(path))
        except mc.McdemandError:
            continue
    assert 5 <= sound <= 60
