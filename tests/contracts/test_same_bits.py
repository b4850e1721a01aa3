"""The same bits for any number of threads, any tile, any selection, compiled or interpreted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bits import CASES, digest_case
from contract import ALL_QUANTITIES, INTERPRETED, arrays, assert_same_bits

import mcdemand as mc
from mcdemand.designs import designs
from mcdemand.engine import store_run
from mcdemand.model import load_model
from mcdemand.run import prepare

# Interpreted: few draws of cheap quantities. 1000 and 30 draws a chain are no multiples of 256.
OUTPUTS = ["nongenerative_compute_index", "training_compute_index"] if INTERPRETED else ALL_QUANTITIES
DRAWS = 90 if INTERPRETED else 3_000
CHAINS = 3
TILES = [256] if INTERPRETED else [256, 2048, 4096]


@pytest.fixture(scope="module", params=sorted(designs()))
def design(request):
    return request.param


@pytest.fixture(scope="module")
def whole(design):
    options = {"draws": DRAWS, "chains": CHAINS, "outputs": OUTPUTS, "design": design}
    return mc.simulate("consensus", threads=1, **options)["prior_predictive"]


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("tile_draws", TILES)
def test_threads_and_tiles(whole, design, threads, tile_draws):
    run = prepare(
        mc.load_prior_set("consensus"), load_model("ai_compute"), draws=DRAWS, chains=CHAINS, seed=0, design=design,
        outputs=tuple(OUTPUTS), years=None,
    )  # fmt: skip
    store = store_run(run, threads=threads, tile_draws=tile_draws)
    yearly = {
        name: series.reshape(-1, CHAINS, run.draws_per_chain)
        for name, series in zip(OUTPUTS, store.series, strict=True)
    }
    expected = arrays(whole.to_dataset())
    found = {
        name: series.transpose(1, 2, 0) if expected[name].ndim == 3 else series[0] for name, series in yearly.items()
    }
    assert_same_bits(found, expected)


def test_a_selection_of_outputs(whole, design):
    chosen = OUTPUTS[1::15]
    result = mc.simulate("consensus", draws=DRAWS, chains=CHAINS, outputs=chosen, design=design)
    expected = arrays(whole.to_dataset())
    assert_same_bits(arrays(result["prior_predictive"].to_dataset()), {name: expected[name] for name in chosen})


def test_a_selection_of_years(whole, design):
    options = {"draws": DRAWS, "chains": CHAINS, "outputs": OUTPUTS, "design": design}
    result = mc.simulate("consensus", years=[2031, 2026], **options)
    expected = arrays(whole.to_dataset().sel(year=[2026, 2031]))
    assert_same_bits(arrays(result["prior_predictive"].to_dataset()), expected)


@pytest.fixture(scope="module")
def other_mode():
    """Digests from a process that interprets if this one compiles, and the other way round."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0" if INTERPRETED else "1"}
    command = [sys.executable, str(Path(__file__).with_name("bits.py"))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(INTERPRETED, reason="the compiled run compares the two")
@pytest.mark.parametrize("case", CASES)
def test_interpreted_and_compiled_agree(other_mode, case):
    here = digest_case(case)
    assert len(here) > 100
    assert [name for name in here if here[name] != other_mode[case][name]] == []
