"""What is elicited: fits against closed forms, ranking, what is read back, rows that give the law again, refusals."""

import json
import tomllib

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats
from scipy.special import ndtri

import mcdemand as mc
from mcdemand.elicited_statement import parse_level
from mcdemand.report.elicitation import plot_elicitation

FEW = ["lognormal", "normal", "two_piece_lognormal", "triangular"]


def test_two_quantiles_of_a_lognormal():
    """Problem 18: p5 = 10, p95 = 1000."""
    found = mc.elicit({"p5": 10, "p95": 1000}, families="lognormal", thresholds=[2000.0]).isel(family=0)
    law = stats.lognorm(1.399872338, scale=np.exp(4.605170186))
    assert_allclose(found["quantiles"], law.ppf([0.01, 0.05, 0.5, 0.95, 0.99]), rtol=1e-8)
    assert_allclose(found["exceedance"], [law.sf(2000)], rtol=1e-8)
    assert found["misfit"].item() < 1e-12


def test_an_interval_is_two_quantiles():
    by_level = mc.elicit(interval=(60, 300), level=0.8, families="lognormal")
    by_text = mc.elicit(interval=(60, 300), level="80 %", families="lognormal")
    by_quantiles = mc.elicit({0.1: 60, 0.9: 300}, families="lognormal")
    assert_allclose(by_level["quantiles"], by_quantiles["quantiles"], rtol=1e-12)
    assert_allclose(by_text["quantiles"], by_quantiles["quantiles"], rtol=1e-12)


def test_laws_are_ranked_by_misfit():
    found = mc.elicit({"p5": 10, "p50": 50, "p95": 1000}, families=FEW)
    assert found["family"].values[0] == "two_piece_lognormal"
    assert np.all(np.diff(found["misfit"].values) >= 0)
    normal = found.sel(family="normal")
    nearest = optimize.least_squares(lambda free: stats.norm(*free).cdf([10, 50, 1000]) - [0.05, 0.5, 0.95], [50, 50])
    assert_allclose(normal["misfit"], np.sqrt(2 * nearest.cost / 3), rtol=1e-9)


def test_the_row_gives_the_law_again():
    found = mc.elicit({"p5": 10, "p50": 50, "p95": 1000}, families=FEW, name="size", unit="TWh")
    for family in found["family"].values:
        one = found.sel(family=family)
        priors = mc.load_prior_set(tomllib.loads(one["row"].item()))
        prior = priors.parameters["size"]
        assert prior.unit == "TWh"
        assert_allclose(prior.law.quantiles(ndtri(found["quantile"].values)), one["quantiles"], rtol=1e-12)


def test_a_mode_with_bounds():
    found = mc.elicit(mode=2, lower=1, upper=5, families=["triangular"])
    assert_allclose(found["quantiles"].sel(quantile=0.95), [4.225403331], rtol=1e-9)


def test_support_beyond_the_stated_bounds_is_left_out():
    found = mc.elicit({"p5": 10, "p95": 1000}, lower=0, families=FEW)
    assert found["family"].values.tolist() == ["lognormal"]
    assert "support" in json.loads(found.attrs["not_fitted"])["normal"]


def test_chips_are_levels_of_inner_edges():
    found = mc.elicit(chips=([0, 10, 20, 30], [2, 5, 3]), families="normal")
    slope = 10 / (ndtri(0.7) - ndtri(0.2))
    assert_allclose(found["quantiles"].sel(quantile=0.5), [10 - slope * ndtri(0.2)], rtol=1e-9)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "quantiles: nothing is stated"),
        ({"interval": (1, 2), "level": 90}, "level: 90: must lie between 0 and 1; for per cent write '90 %'"),
        ({"interval": (1, 2), "level": "most"}, "level: 'most': must be a probability"),
        ({"interval": (2, 1)}, "must be above"),
        ({"interval": (1, 2, 3)}, "interval: .*must be two numbers"),
        ({"quantiles": {"p5": 3, "p95": 1}, "families": "normal"}, "p95: 1.0: must be above p5 = 3.0"),
        ({"quantiles": {"p5": float("nan")}}, "p5: nan: must be a finite number"),
        ({"quantiles": {"p5": 1, "p95": 2}, "families": "norml"}, "did you mean 'normal'"),
        ({"mode": 2, "lower": 3, "upper": 5}, "must rise"),
        ({"chips": ([0, 1, 2], [1, 2, 3])}, "one edge more than chips"),
        ({"chips": ([0, 1, 2, 3], [0, 5, 0])}, "fewer than three bins"),
        ({"chips": ([0, 1, 2], [1, 1]), "mode": 1}, "say everything by chips"),
        ({"quantiles": {"p5": 1, 0.05: 2}}, "the same level is stated twice"),
        ({"quantiles": {"p5": 1}, "interval": (1, 2)}, "the same level is stated twice"),
        ({"quantiles": {1e-9: 1, 0.5: 2}}, "level: 1e-09: must lie between 1e-8 and 1 - 1e-8"),
        ({"quantiles": {"p5": 1, "p50": 1}}, "p50: 1.0: must be above p5 = 1.0"),
        ({"quantiles": {"p5": 1, "p95": 2}, "lower": 1.5}, "p5: 1.0: must lie between lower = 1.5"),
        ({"mode": 2}, "a mode alone says too little"),
        ({"quantiles": {"p5": -1.7e308, "p95": 1.7e308}}, "; and [0-9]+ others$"),
        ({"quantiles": [1, 2]}, r"quantiles: \[1, 2\]: must map levels to values"),
        ({"interval": 5}, "interval: 5: must be two numbers, the lower end first"),
        ({"chips": (1, 2)}, "chips: 1: must be two lists, edges and chips"),
        ({"chips": ([0, 1, 2, 3], [[1], [2], [3]])}, r"chips: \[1\]: must be a finite number"),
        ({"quantiles": {"p5": 10**400}}, "p5: 10+: must be a finite number"),
        ({"quantiles": {"p5": 1, "p95": 2}, "families": 5}, "families: 5: must be names of families"),
        ({"quantiles": {"p5": 1, "p95": 2}, "families": "normal", "thresholds": 5}, "thresholds: 5: must be a list"),
        ({"quantiles": {"p5": 1, "p95": 2}, "name": "a[b]"}, "name: 'a\\[b\\]': must be a letter"),
        ({"quantiles": {"p5": 1, "p95": 2}, "unit": "u" * 65}, "unit: 'u+': must have at most 64 characters"),
        ({"quantiles": {"p5": 1, "p95": 2}, "families": "normal", "thresholds": [np.nan]}, "thresholds: nan: must be"),
    ],
)
def test_refusals(said, message):
    with pytest.raises(mc.InputError, match=message):
        mc.elicit(**said)


def test_levels():
    assert parse_level("12.5 %") == 0.125
    with pytest.raises(mc.InputError, match="must lie between 0 and 1"):
        parse_level(1)


def test_levels_of_many_decimals_are_stated_to_eight():
    chips = [0, 3, 300, 300, 97]
    found = mc.elicit(chips=([0, 10, 20, 30, 40, 50], chips), families="normal", unit='a"[b]\n').isel(family=0)
    assert json.loads(found.attrs["stated"])["p0.428571"] == 20
    prior = mc.load_prior_set(tomllib.loads(found["row"].item())).parameters["x"]
    assert prior.unit == 'a"[b]\n'
    assert_allclose(prior.law.quantiles(ndtri(found["quantile"].values)), found["quantiles"], rtol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("said", [{"quantiles": {"p5": 1e-300, "p95": 1e300}}, {"mode": 2, "lower": 1, "upper": 5}])
def test_extreme_numbers_and_none_are_drawn(said):
    found = mc.elicit(**said, families=["normal", "lognormal", "cauchy"] if "mode" not in said else None)
    figure = plot_elicitation(found)
    assert len(figure.axes[1].get_lines()) == found.sizes["family"] + ("mode" not in said)


def test_the_nearest_law_sets_the_scale_of_the_figure():
    found = mc.elicit(interval=(-5, 3), families=["normal", "cauchy", "arcsine"])
    density, distribution = plot_elicitation(found).axes
    assert density.get_xlim() == distribution.get_xlim()
    assert density.get_ylim()[1] <= 2.001 * stats.norm(0, 4 / ndtri(0.95)).pdf(0)
    assert -10 < density.get_xlim()[0] < -5


def test_the_command_prints_and_draws(tmp_path, capsys, monkeypatch):
    from mcdemand.cli import main

    monkeypatch.chdir(tmp_path)
    words = ["elicit", "--quantiles", "p5=10,p50=50,p95=1000", "--families", ",".join(FEW), "--above", "945"]
    with pytest.raises(SystemExit) as end:
        main([*words, "--name", "ceiling", "--plot", "laws.png"])
    printed = capsys.readouterr().out
    assert end.value.code in (0, None)
    assert '[parameters.ceiling]\ndistribution = "two_piece_lognormal"\np5 = 10\n' in printed
    assert "P(> 945)" in printed
    assert (tmp_path / "laws.png").stat().st_size > 10_000


def test_laws_far_out_of_the_bins_come_after_those_within():
    """A normal law that meets both inner edges puts 2 % outside of the bins, whose ends a beta law keeps."""
    edges, chips = [-10, 0, 10, 20], [1, 5, 3]
    found = mc.elicit(chips=(edges, chips), families=["normal", "beta", "cauchy"])
    assert found["family"].values.tolist() == ["beta", "normal", "cauchy"]
    scores = ndtri(np.round(np.array([1, 6]) / 9, 8))
    sd = 10 / (scores[1] - scores[0])
    law = stats.norm(-sd * scores[0], sd)
    assert_allclose(found["outside"], [0, law.cdf(-10) + law.sf(20), found["outside"].values[2]], rtol=1e-9)
    assert found["outside"].values[2] > 0.1


def test_chips_are_no_bounds_in_what_is_printed(capsys):
    from mcdemand.commands.elicit import elicit

    elicit(edges="0,10,20,30,40", chips="1,5,3,1", families=["normal"])
    out = capsys.readouterr().out
    assert "Stated of x: chips between 0 and 40, so p10 10, p60 20, p90 30." in out
    assert "lower" not in out
    elicit(edges="0,10,20,30", chips="3,5,3", families=["cauchy"])
    assert "Every law reaches far out of the bins" in capsys.readouterr().out


def test_rounding_noise_is_no_number(capsys):
    from mcdemand.commands.elicit import elicit

    elicit(interval="-5,5", families=["normal", "logistic", "metalog"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith(("norm", "logi", "meta"))]
    assert [row[4] for row in rows] == ["0", "0", "0"]


def test_numbers_may_be_numpys():
    plain = mc.elicit(chips=([0, 10, 20, 30], [2, 5, 3]), families="normal")
    arrays = mc.elicit(chips=(np.arange(0, 31, 10), np.array([2, 5, 3])), families=np.array(["normal"]))
    assert_allclose(arrays["quantiles"], plain["quantiles"], rtol=0)
    one = mc.elicit({"p5": np.int64(1), "p95": np.float32(2)}, families="normal", thresholds=np.array([1.5]))
    assert_allclose(one["exceedance"], [[0.5]], rtol=1e-9)
