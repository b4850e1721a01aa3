"""The draws of the shipped prior sets are the committed ones; freeze_draws.py says what to do if they are not."""

import json

import pytest
import scipy
from contract import INTERPRETED
from freeze_draws import FEW, FILE, MANY, digest_set

from mcdemand.designs import designs
from mcdemand.designs._design import CONTRACT_ID
from mcdemand.paths import shipped_names

FROZEN = json.loads(FILE.read_text())
COUNTS = [FEW] if INTERPRETED else [FEW, MANY]
# Interpreted, where a set takes seconds, the one that all others extend.
CASES = [
    (design, name) for design in FROZEN["designs"] for name in shipped_names() if not INTERPRETED or name == "consensus"
]


def test_the_file_belongs_to_this_contract():
    assert FROZEN["contract"] == CONTRACT_ID
    assert set(FROZEN["designs"]) == set(designs())
    assert all(set(sets) == set(shipped_names()) for sets in FROZEN["designs"].values())


def test_designs_give_different_draws():
    digests = [kinds["everywhere"] for sets in FROZEN["designs"].values() for kinds in sets["consensus"].values()]
    assert len({*digests}) == len(FROZEN["designs"]) * 2


@pytest.mark.parametrize("draws", COUNTS)
@pytest.mark.parametrize(("design", "name"), CASES)
def test_draws_are_the_frozen_ones(design, name, draws):
    found, frozen = digest_set(name, draws, design), FROZEN["designs"][design][name][str(draws)]
    assert set(found) == set(frozen)
    same_scipy = scipy.__version__ == FROZEN["scipy"]
    compared = found.keys() if same_scipy else {"everywhere"}
    assert {kind: found[kind] for kind in compared} == {kind: frozen[kind] for kind in compared}
