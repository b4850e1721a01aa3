"""SIPmath 3.0 read by its authors' own reader and schema, PySIPmath.

Set MCDEMAND_PYSIPMATH to a checkout of probability-management/PySIPmath, and MCDEMAND_PYSIPMATH_PYTHON to a Python
with numpy < 2.3, scipy and jsonschema.
"""

import json
import os
import subprocess

import numpy as np
import pytest
from scipy.stats import spearmanr

from mcdemand.exporting import export

pytestmark = pytest.mark.heavy
TRIALS = 1000
READER = """
import json, sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[2]) / "PySIP"))
import jsonschema, chanceCalc
text = Path(sys.argv[1]).read_text()
schema = json.loads((Path(sys.argv[2]) / "tests/multi-lib-schema-2021-08-19.json").read_text())
jsonschema.validate(json.loads(text), schema)
model = chanceCalc.ImportJSON(text)
print(json.dumps({sip["name"]: model.simulateSIP(sip["name"]) for sip in json.loads(text)["sips"]}))
"""


@pytest.fixture
def peer():
    folder, python = os.environ.get("MCDEMAND_PYSIPMATH"), os.environ.get("MCDEMAND_PYSIPMATH_PYTHON")
    if not folder or not python:
        pytest.skip("needs MCDEMAND_PYSIPMATH and MCDEMAND_PYSIPMATH_PYTHON")

    def read(path):
        command = [python, "-W", "ignore", "-c", READER, str(path), folder]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    return read


def test_trials_of_their_reader(result, peer, tmp_path):
    names, years = ["energy_served", "tokens_served"], [2026, 2030]
    path = export(result, tmp_path / "a.SIPmath", outputs=names, years=years).path
    trials = peer(path)
    draws = {
        f"{name}_{year}": result["prior_predictive"][name].sel(year=year).values.ravel()
        for name in names
        for year in years
    }
    assert list(trials) == list(draws)
    for name, values in draws.items():
        for p in (0.05, 0.5, 0.95):
            share = np.mean(np.array(trials[name]) <= np.quantile(values, p))
            # 5 standard errors of 1,000 trials, and what a metalog misses of 1,024 draws.
            assert abs(share - p) < 5 * np.sqrt(p * (1 - p) / TRIALS) + 0.015
    found, expected = (spearmanr(np.array(list(one.values())).T).statistic for one in (trials, draws))
    np.testing.assert_allclose(found, expected, rtol=0, atol=5 / np.sqrt(TRIALS))
