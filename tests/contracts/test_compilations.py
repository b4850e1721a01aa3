"""Numbers are run-time data: nothing about a prior set compiles anything, and each kernel is compiled for one type."""

import os
import subprocess
import sys

import numpy as np
import pytest
from contract import INTERPRETED
from numba.core.event import install_recorder

import mcdemand as mc
from mcdemand.compiler import compile_trajectories
from mcdemand.model import load_model
from mcdemand.row_program import fill_tile

pytestmark = pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")

OUTPUTS = ["requests_unrebounded", "capacity"]
VARIES = {"kind": "ar1", "persistence": 0.5}
CHANGES = {
    "another prior set": {"priors": "liftoff"},
    "no correlations": {"priors": "seed"},
    "another correlation": {
        "priors": {
            "prior_set": {"extends": "consensus"},
            "correlations": [{"between": ["request_growth", "electricity_price"], "rank": -0.4}],
        }
    },
    "another number": {"set": {"request_growth.p50": 1.8}},
    "a constant": {"set": {"request_growth": 1.5}},
    "another family": {"set": {"capacity_end_2024": {"distribution": "uniform", "lower": 10.0, "upper": 15.0}}},
    "truncated": {"set": {"capacity_added_2025.truncation": {"lower": 14.0}}},
    "varies by year": {"set": {"capacity_added_2025.varies": VARIES}},
    "another seed": {"seed": 2**63 - 1},
    "one draw": {"draws": 1},
    "independent draws": {"design": "random"},
    "a Latin hypercube": {"design": "latin_hypercube"},
    "many chains": {"draws": 3_000, "chains": 30, "threads": 5},
    "other years": {"years": [2024, 2029]},
    "NumPy integers": {"draws": np.int64(600), "seed": np.int32(5), "years": list(np.arange(2025, 2028))},
}


def simulate(priors="consensus", **options):
    return mc.simulate(priors, **{"draws": 300, "outputs": OUTPUTS, **options})


def kernel():
    model = load_model("ai_compute")
    return compile_trajectories(model, model.plan(OUTPUTS))


@pytest.fixture(scope="module", autouse=True)
def first_run():
    simulate()


@pytest.mark.parametrize("change", CHANGES)
def test_changes_of_data_compile_nothing(change):
    with install_recorder("numba:compile") as recorder:
        result = simulate(**CHANGES[change])
    assert [str(event.data["dispatcher"]) for _, event in recorder.buffer] == []
    assert np.all(np.isfinite(result["prior_predictive"]["capacity"].values))
    assert len(kernel().signatures) == 1
    assert len(fill_tile().signatures) == 1


def test_equal_requests_share_one_kernel():
    assert kernel() is kernel()


def test_a_second_process_loads_what_the_first_compiled():
    script = (
        "import mcdemand as mc\n"
        "from numba.core.event import install_recorder\n"
        "with install_recorder('numba:compile') as recorder:\n"
        f"    mc.simulate('consensus', draws=300, outputs={OUTPUTS!r})\n"
        "print(len(recorder.buffer))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0"
