"""The PyMC snippet, run by PyMC: `MCDEMAND_PYMC_PYTHON` names a Python that has it."""

import json
import os
import subprocess

import numpy as np
import pytest

import mcdemand as mc

PYTHON = os.environ.get("MCDEMAND_PYMC_PYTHON", "")
LEVELS = np.array([0.05, 0.5, 0.95])
DRAWS = 20_000
CODE = """
import json, runpy, sys
import numpy as np, pymc as pm
add_forecast = runpy.run_path(sys.argv[1])["add_forecast"]
with pm.Model():
    found = add_forecast()
    draws = pm.draw(list(found.values()), draws=20_000, random_seed=1)
print(pm.__version__, json.dumps({n: np.asarray(d).ravel().tolist() for n, d in zip(found, draws)}))
"""

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not PYTHON, reason="MCDEMAND_PYMC_PYTHON names no Python with PyMC 6"),
]


def test_quantiles_are_within_sampling_error(tmp_path):
    outputs = ["energy_served", "tokens_2024", "load_factor", "rebound_elasticity"]
    result = mc.simulate("consensus", draws=16_384, chains=4, design="random", seed=11, outputs=outputs)
    path = mc.export(result, tmp_path / "forecast.py", "pymc", outputs=outputs, years=[2025, 2030, 2035]).path
    printed = subprocess.run([PYTHON, "-c", CODE, str(path)], capture_output=True, text=True, check=True).stdout
    version, _, text = printed.strip().splitlines()[-1].partition(" ")
    assert int(version.split(".")[0]) >= 6
    found = json.loads(text)
    assert len(found) == 6
    for name, draws in found.items():
        quantity = name.startswith("energy")
        energy = result["prior_predictive"]["energy_served"]
        own = (energy.sel(year=int(name[-4:])) if quantity else result["prior"][name]).values.ravel()
        # Levels of their quantiles among our draws: sampling errors of both; 18 of them at 4 errors, 0.1 %.
        levels = np.array([(own < x).mean() for x in np.quantile(draws, LEVELS)])
        error = np.sqrt(LEVELS * (1 - LEVELS) * (1 / DRAWS + 1 / own.size))
        assert (np.abs(levels - LEVELS) < 4 * error).all(), name
