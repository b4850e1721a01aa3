"""The port of Epoch AI's estimate against the figures that Epoch AI published, and the table that shows both."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

import mcdemand as mc
from mcdemand.own_model import read_model
from mcdemand.units import check_units

EXAMPLES = Path(mc.__file__).parent / "examples"
MODEL, PRIORS = EXAMPLES / "epoch_lab_compute.py", EXAMPLES / "epoch_lab_compute.toml"
LEVELS = (0.05, 0.5, 0.95)

# 5, 50 and 95 % quantiles in millions of H100e, printed to four digits: data/lab_compute_intermediates_by_lab.csv of
# the repository epoch-research/ai-compute-users, generated on 3 September 2026 from 5,000 draws.
PUBLISHED = {
    "google_fleet": (4.253, 4.982, 5.845),
    "google_running": (2.617, 3.424, 4.549),
    "deepmind_share": (0.3210, 0.4621, 0.6711),
    "deepmind": (1.008, 1.583, 2.549),
    "anthropic_per_gw": (0.7469, 0.8653, 1.019),
    "anthropic": (0.8422, 1.190, 1.717),
}
PUBLISHED_DRAWS = 5_000
STANDARD_ERRORS = 4.0
"""Eighteen figures then differ by chance alone in one run of 900."""


@pytest.fixture(scope="module")
def summary(size):
    draws = size(400_000, 2_000)
    result = mc.simulate(PRIORS, model=read_model(MODEL), draws=draws, outputs=[*PUBLISHED, "both"], design="random")
    return mc.summarize(result, probabilities=LEVELS)


@pytest.mark.parametrize("output", PUBLISHED)
def test_the_published_quantiles_are_met_within_their_own_monte_carlo_error(summary, output):
    one = summary.sel(output=output)
    ours, error = one["quantiles"].values, one["mcse_quantiles"].values
    theirs = error * math.sqrt(summary.attrs["draws"] / PUBLISHED_DRAWS)
    distance = (ours - PUBLISHED[output]) / np.hypot(error, theirs)
    assert np.abs(distance).max() < STANDARD_ERRORS


def test_a_sum_over_laboratories_is_narrower_than_the_sums_of_the_ends(summary):
    low, _, high = (sum(PUBLISHED[name][k] for name in ("deepmind", "anthropic")) for k in range(3))
    ours = summary["quantiles"].sel(output="both").values
    assert low < ours[0] < ours[2] < high


def test_every_quantity_keeps_to_its_unit():
    model = read_model(MODEL)
    draws = [{**dict.fromkeys(model.parameters, 0.4), **dict.fromkeys(model.quantities, 0.7)}]
    assert check_units([quantity.function for quantity in model.quantities.values()], draws) == []


def test_the_readme_shows_these_figures(summary):
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)`.*?\| (.*) \|$", text, re.M))
    for output in (*PUBLISHED, "both"):
        published, ours = (cell.strip() for cell in rows[output].split("|"))
        if output in PUBLISHED:
            assert tuple(map(float, published.split(" / "))) == PUBLISHED[output]
        one = summary.sel(output=output)
        error = one["mcse_quantiles"].values
        shown = np.array([float(number) for number in ours.split(" / ")])
        assert (np.abs(shown - one["quantiles"].values) < STANDARD_ERRORS * error + 0.0006).all()
