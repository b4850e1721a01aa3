"""The PreliZ part of the SciPy snippet: `MCDEMAND_PYMC_PYTHON` names a Python that has PreliZ too."""

import json
import os
import subprocess

import numpy as np
import pytest

import mcdemand as mc
from mcdemand.distributions import find_distribution
from mcdemand.exporters import scipy as scipy_format

PYTHON = os.environ.get("MCDEMAND_PYMC_PYTHON", "")
CODE = """
import json, runpy, sys
import numpy as np
parts = runpy.run_path(sys.argv[1])
preliz = parts["preliz_laws"]()
p = np.array([0.05, 0.5, 0.95])
print(json.dumps({n: [law.ppf(p).tolist(), np.asarray(preliz[n].ppf(p)).tolist()] for n, law in parts["laws"].items()}))
"""

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not PYTHON, reason="MCDEMAND_PYMC_PYTHON names no Python with PreliZ"),
]


@pytest.mark.parametrize("family", scipy_format.PRELIZ)
def test_every_family_is_the_same_law_in_both(family, tmp_path, monkeypatch):
    monkeypatch.setattr(scipy_format, "PRELIZ", {family: scipy_format.PRELIZ[family]})
    assert find_distribution(family) is not None
    result = mc.simulate("consensus", draws=1024, chains=4, design="random", seed=11, outputs=["load_factor"])
    path = mc.export(result, tmp_path / "forecast.py", "scipy", outputs="load_factor").path
    command = [PYTHON, "-c", CODE, str(path)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    for ours, theirs in found.values():
        np.testing.assert_allclose(theirs, ours, rtol=1e-6)
