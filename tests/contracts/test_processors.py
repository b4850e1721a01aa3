"""The same bits from code compiled for older processors, where 512-bit registers or fused multiply-adds are missing."""

import json
import os
import subprocess
import sys

import numba
import pytest
from freeze_draws import FEW, MANY, digest_all

COUNTS = {"random": MANY, "sobol": FEW, "latin_hypercube": FEW}
# Code that was read from a file cannot be inspected: the kernel that is looked at is compiled anew.
PROGRAM = """
import json
from test_processors import digest_designs
from mcdemand.compiler import compile_trajectories
from mcdemand.kernels.cache import DigestCache
from mcdemand.model import load_model
load = DigestCache.load_overload
DigestCache.load_overload = lambda one, *of: None if one._function.__name__ == "fill_series" else load(one, *of)
digests = digest_designs()
model = load_model("ai_compute")
code = "".join(compile_trajectories(model, model.plan(model.default_outputs)).inspect_asm().values())
print(json.dumps([digests, "zmm" in code, "vfmadd" in code]))
"""


def digest_designs():
    return {design: digest_all([draws], design) for design, draws in COUNTS.items()}


@pytest.fixture(scope="module")
def native():
    """The digests of this processor."""
    return digest_designs()


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
@pytest.mark.parametrize(("processor", "has_fma"), [("x86-64-v2", False), ("x86-64-v3", True)])
def test_older_processors_give_the_same_bits(processor, has_fma, native):
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": processor,
        "NUMBA_CPU_FEATURES": "",
        "PYTHONPATH": os.path.dirname(__file__),
    }
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    digests, uses_zmm, uses_fma = json.loads(done.stdout)
    assert (uses_zmm, uses_fma) == (False, has_fma)
    assert digests == native
