"""The draws of the shipped prior sets are the committed ones; freeze_draws.py says what to do if they are not."""

import json

import pytest
import scipy
from contract import INTERPRETED
from freeze_draws import FEW, FILE, MANY, digest_set

from mcdemand.designs._design import CONTRACT_ID
from mcdemand.paths import shipped_names

FROZEN = json.loads(FILE.read_text())
COUNTS = [FEW] if INTERPRETED else [FEW, MANY]


def test_the_file_belongs_to_this_contract():
    assert FROZEN["contract"] == CONTRACT_ID
    assert set(FROZEN["sets"]) == set(shipped_names())


@pytest.mark.parametrize("draws", COUNTS)
@pytest.mark.parametrize("name", FROZEN["sets"])
def test_draws_are_the_frozen_ones(name, draws):
    found, frozen = digest_set(name, draws), FROZEN["sets"][name][str(draws)]
    if scipy.__version__ == FROZEN["scipy"]:
        assert found == frozen
    assert found["everywhere"] == frozen["everywhere"]
