"""The draws of the shipped prior sets are the committed ones; freeze_draws.py says what to do if they are not."""

import json

import pytest
import scipy
from freeze_draws import FILE, digest_set

from mcdemand.designs.random import CONTRACT_ID
from mcdemand.paths import shipped_names

FROZEN = json.loads(FILE.read_text())


def test_the_file_belongs_to_this_contract():
    assert FROZEN["contract"] == CONTRACT_ID
    assert set(FROZEN["sets"]) == set(shipped_names())


@pytest.mark.parametrize("name", FROZEN["sets"])
def test_draws_are_the_frozen_ones(name):
    found, frozen = digest_set(name), FROZEN["sets"][name]
    assert found["everywhere"] == frozen["everywhere"]
    if scipy.__version__ == FROZEN["scipy"]:
        assert found["tabulated"] == frozen["tabulated"]
