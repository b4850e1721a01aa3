"""squigglepy itself runs the exported file.

Needs a Python that has squigglepy, named by MCDEMAND_SQUIGGLEPY. Passed with squigglepy 0.30 and numpy 2.5.5.
"""

import json
import os
import subprocess

import numpy as np
import pytest

from mcdemand.exporting import export

pytestmark = pytest.mark.heavy

CHOICE = {"outputs": ["energy_served", "tokens_served"], "years": 2030}
RUN = """
import json, runpy, sys
import numpy as np, squigglepy as sq
found = runpy.run_path(sys.argv[1])
sq.set_seed(7)
law = found["laws"]()["energy_served_2030"]
draws = law @ 20000
answer = {"law": type(law).__name__, "levels": np.quantile(draws, [0.05, 0.5, 0.95]).tolist()}
if "sample" in found:
    rows = found["sample"](20000, seed=1)
    answer["ratio"] = np.quantile(rows["energy_served_2030"] / rows["tokens_served_2030"], [0.05, 0.5, 0.95]).tolist()
print(json.dumps(answer))
"""


def run(path):
    python = os.environ.get("MCDEMAND_SQUIGGLEPY", "")
    if not python:
        pytest.skip("needs MCDEMAND_SQUIGGLEPY: a Python that has squigglepy")
    done = subprocess.run([python, "-c", RUN, str(path)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def share_below(values, limits):
    return np.array([(values <= one).mean() for one in limits])


def test_joint_samples_and_marginal_laws(result, tmp_path):
    path = export(result, tmp_path / "draws.py", "squigglepy", rows=1024, **CHOICE).path
    found = run(path)
    draws = result["prior_predictive"]
    energy, tokens = (draws[name].sel(year=2030).values.reshape(-1) for name in CHOICE["outputs"])
    assert found["law"] == "CategoricalDistribution"
    # 20,000 draws from the file's own rows: 5 standard errors of a share are 0.018; a fixed seed.
    np.testing.assert_allclose(share_below(energy, found["levels"]), [0.05, 0.5, 0.95], atol=0.018)
    np.testing.assert_allclose(share_below(energy / tokens, found["ratio"]), [0.05, 0.5, 0.95], atol=0.018)


def test_fitted_law_has_the_range_of_the_draws(result, tmp_path):
    path = export(result, tmp_path / "levels.py", "squigglepy", form="quantiles", **CHOICE).path
    found = run(path)
    energy = result["prior_predictive"]["energy_served"].sel(year=2030).values.reshape(-1)
    assert found["law"] == "LognormalDistribution"
    np.testing.assert_allclose(share_below(energy, found["levels"])[[0, 2]], [0.05, 0.95], atol=0.018)
