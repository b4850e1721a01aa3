"""The same bits from code compiled for older processors, where 512-bit registers or fused multiply-adds are missing."""

import json
import os
import subprocess
import sys

import numba
import pytest
from bits import digest_arrays

import mcdemand as mc

OUTPUTS = ["energy_served", "capex_served"]
DRAWS, CHAINS, SEED = 1000, 2, 3
PROGRAM = f"""
import json, warnings
from bits import digest_arrays
import mcdemand as mc
from mcdemand.compiler import compile_trajectories
from mcdemand.model import load_model
warnings.simplefilter("ignore")
result = mc.simulate("consensus", draws={DRAWS}, chains={CHAINS}, seed={SEED}, outputs={OUTPUTS!r})
model = load_model("ai_compute")
code = "".join(compile_trajectories(model, model.plan({OUTPUTS!r})).inspect_asm().values())
print(json.dumps([digest_arrays(result), "zmm" in code, "vfmadd" in code]))
"""


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
@pytest.mark.parametrize(("processor", "has_fma"), [("x86-64-v2", False), ("x86-64-v3", True)])
def test_older_processors_give_the_same_bits(processor, has_fma, tmp_path):
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": processor,
        "NUMBA_CPU_FEATURES": "",
        "MCDEMAND_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": os.path.dirname(__file__),
    }
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    digests, uses_zmm, uses_fma = json.loads(done.stdout)
    assert (uses_zmm, uses_fma) == (False, has_fma)
    here = mc.simulate("consensus", draws=DRAWS, chains=CHAINS, seed=SEED, outputs=OUTPUTS)
    assert digests == digest_arrays(here)
