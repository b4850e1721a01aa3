"""A prior set explained: what rows imply, moments, how formulas use parameters, what is wrong, what is worth a line."""

import importlib.util
import io
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from rich.console import Console
from scipy import stats

from mcdemand import Model, check_prior_set, load_prior_set, prior_check
from mcdemand.commands.priors import check
from mcdemand.errors import InputError, PriorSetError
from mcdemand.prior_claims import contradicted_claims
from mcdemand.prior_moments import TAIL_LEVELS, implied, index_of, tail_index
from mcdemand.quantity_domains import LOGARITHM, POWER, Use, parameter_uses
from mcdemand.report.prior_check import print_check, verdict

FLOOD = """
from mcdemand.math import log, power, sqrt

def depth(flow, width, ks, upper, lower, length):
    return power(flow / (width * ks * sqrt((upper - lower) / length)), 0.6)

def damage(depth, price, elasticity, scale):
    growth = 1.0 + log(price * scale)
    return growth ** -2 * power(price, elasticity) / depth
"""


def prior(row):
    return load_prior_set({"parameters": {"x": row}}).parameters["x"]


@pytest.fixture(autouse=True)
def quick_trials(monkeypatch, size):
    """Try fewer draws where each takes its time."""
    monkeypatch.setattr(prior_check, "TRIAL_DRAWS", size(prior_check.TRIAL_DRAWS, 512))


@pytest.fixture
def flood(tmp_path):
    """Return the model of a file, whose code can be read."""
    (tmp_path / "flood.py").write_text(FLOOD)
    spec = importlib.util.spec_from_file_location("flood", tmp_path / "flood.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Model.from_functions([module.depth, module.damage])


ROWS = {
    "flow": "1000 to 3000",
    "width": 300,
    "ks": {"distribution": "normal", "mu": 30, "sigma": 7.5, "truncation": {"lower": 0}, "unit": "1"},
    "upper": "triangular(54, 55, 56)",
    "lower": "triangular(49, 50, 51)",
    "length": 5000,
    "price": "uniform(1, 2)",
    "elasticity": "normal(-0.5, 0.1)",
    "scale": "1 to 3",
}


def test_means_are_those_of_scipy():
    cases = {
        "lognormal(1, 0.8)": stats.lognorm(0.8, scale=math.e).mean(),
        "normal(-3, 2)": -3.0,
        "beta(0.4, 3, lower=1, upper=5)": 1 + 4 * 0.4 / 3.4,
        "triangular(0, 1, 5)": 2.0,
        "loguniform(1, 10)": 9 / math.log(10),
        "7": 7.0,
    }
    assert_allclose([implied(prior(text)).mean for text in cases], list(cases.values()), rtol=1e-6)


@pytest.mark.parametrize(
    ("law", "upper", "lower", "at_zero"),
    [
        (stats.lognorm(3), 0, 0, 0),
        (stats.norm(5, 1), 0, 0, 0),
        (stats.expon(), 0, 0, 1),
        (stats.uniform(), 0, 0, 1),
        (stats.beta(0.1, 0.1), 0, 0, 10),
        (stats.weibull_min(0.3), 0, 0, 1 / 0.3),
        (stats.gamma(0.1), 0, 0, 10),
        (stats.t(2), 1 / 2, 1 / 2, 0),
        (stats.t(3), 1 / 3, 1 / 3, 0),
        (stats.cauchy(), 1, 1, 0),
        (stats.pareto(2), 1 / 2, 0, 0),
        (stats.fisk(3), 1 / 3, 0, 1 / 3),
        (stats.levy(), 2, 0, 0),
    ],
    ids=lambda law: getattr(getattr(law, "dist", None), "name", ""),
)
def test_tail_indices_are_the_known_ones(law, upper, lower, at_zero):
    low = law.ppf(TAIL_LEVELS)
    near_zero = (1 / low).tolist() if low.min() > 0 else [math.nan] * len(TAIL_LEVELS)
    found = [index_of(values) for values in (law.isf(TAIL_LEVELS).tolist(), (-low).tolist(), near_zero)]
    assert_allclose(found, [upper, lower, at_zero], atol=0.002, rtol=1e-4)


def test_indices_of_priors():
    cut = prior({"distribution": "normal", "mu": 3, "sigma": 1, "truncation": {"lower": 0}})
    assert_allclose([implied(one).at_zero for one in (prior("uniform(0, 3)"), cut)], 1, rtol=1e-2)
    assert [tail_index(prior(text)) for text in ("1 to 900", "normal(0, 1)")] == [0, 0]
    assert implied(prior("normal(0, 1)")).at_zero == implied(prior("1 to 900")).at_zero == 0


def test_how_parameters_are_used(flood):
    uses = parameter_uses(flood, flood.quantities, {"elasticity": -0.25})
    assert set(uses) == {
        Use("depth", "flow", POWER, 0.6),
        Use("depth", "width", POWER, -0.6),
        Use("depth", "ks", POWER, -0.6),
        Use("depth", "length", POWER, 0.3),
        Use("damage", "price", LOGARITHM),
        Use("damage", "scale", LOGARITHM),
        Use("damage", "price", POWER, -0.25),
    }
    computed = [use for use in parameter_uses(flood, ["damage"], {}) if use.kind == POWER]
    assert computed == [Use("damage", "price", POWER, None)]


def test_the_floods_infinite_variance_is_seen_without_a_draw(flood):
    found = check_prior_set({"parameters": ROWS}, flood)
    (warning,) = found.warnings
    assert warning.startswith(
        "ks: depth divides by it to the power 0.6, and the law reaches down to 0: the variance is"
    )
    away = {**ROWS, "ks": {**ROWS["ks"], "truncation": {"lower": 5}}}
    assert check_prior_set({"parameters": away}, flood).warnings == ()
    failure, *both = check_prior_set({"parameters": {**ROWS, "ks": "normal(30, 15)"}}, flood).warnings
    assert failure.startswith(f"a run fails, as a trial of {prior_check.TRIAL_DRAWS:,} draws does: depth: nan")
    assert both == [
        f"ks: {100 * stats.norm.cdf(-2):.2g} % of the law lies below 0, and depth takes it to the power -0.6",
    ]
    _, *logs = check_prior_set({"parameters": {**away, "scale": "normal(1, 1)"}}, flood).warnings
    assert logs == [f"scale: {100 * stats.norm.cdf(-1):.2g} % of the law lies below 0, and damage takes its logarithm"]


def test_laws_without_a_variance_are_named():
    def demand(a: float, b: float, c: float, d: float) -> float:
        return a + b + c + d

    rows = {"a": "cauchy(0, 1)", "b": "pareto(1.5, 1)", "c": "poisson(3)", "d": "1 to 2"}
    group = {"family": "clayton", "members": ["b", "d"], "theta": 2}
    found = check_prior_set({"parameters": rows, "dependence": [group]}, Model.from_functions([demand]))
    assert found.warnings == (
        "a: its mean and variance do not exist (tail index 1); truncate it, or read medians only",
        "b: its variance does not exist (tail index 0.67); truncate it, or read medians only",
    )
    a, b, c, _ = (row.mean for row in found.rows)
    assert math.isnan(a)
    assert_allclose(b, 3, rtol=2e-3)
    assert_allclose(c, 3, rtol=1e-9)
    (tied,) = found.groups
    assert (tied.names, tied.kind) == (("b", "d"), "rank")
    assert_allclose(tied.smallest_eigenvalue, 1 - tied.matrix[0, 1], rtol=1e-12)


def test_what_a_truncation_cuts_is_said():
    row = {"distribution": "normal", "mu": 1, "sigma": 1, "truncation": {"lower": 0}}
    model = Model.from_functions([double])
    assert check_prior_set({"parameters": {"x": row}}, model).warnings == (
        f"x: {100 * stats.norm.cdf(-1):.2g} % of the stated law lies outside of its truncation; the rest is scaled up",
    )


def double(x: float) -> float:
    """Return twice x."""
    return 2 * x


def test_rows_and_groups_of_a_shipped_set():
    found = check_prior_set("consensus")
    rows = {row.prior.name: row for row in found.rows}
    assert_allclose(rows["ai_electricity_2024"].quantiles, (33, 50, 75), rtol=1e-12)
    beta = stats.beta(6, 3.5)
    share = rows["final_reasoning_share"]
    assert_allclose((*share.quantiles, share.mean), (*beta.ppf([0.05, 0.5, 0.95]), beta.mean()), rtol=1e-9)
    assert rows["growth_shape"].quantiles == ()
    smallest = {group.names: group.smallest_eigenvalue for group in found.groups}
    assert_allclose(smallest["agent_midpoint", "reasoning_midpoint"], 1 - 2 * math.sin(math.pi * 0.5 / 6), rtol=1e-9)
    assert len(found.groups) == 2
    assert found.warnings == ()


def test_the_article_is_held_against_rows():
    found = check_prior_set(load_prior_set("seed-low", {"efficiency_ceiling": "2 to 9.5 [1]", "request_ceiling": 2000}))
    assert [note.split(":")[0] for note in found.notes] == ["reasoning_multiplier", "efficiency_ceiling"]
    claims = contradicted_claims("ai_compute", "request_ceiling", 1001.0)
    assert [claim.upper for claim in claims] == [1000]
    assert list(contradicted_claims("ai_compute", "request_ceiling", 1000.0)) == []


def test_all_that_is_wrong_comes_at_once():
    def demand(x: float, y: float, z: float) -> float:
        return x + y + z

    rows = {"x": "1 to 2 [TWh]", "zz": 1, "demand": 3}
    with pytest.raises(PriorSetError) as error:
        check_prior_set({"parameters": rows}, Model.from_functions([demand]))
    assert [line.split(":")[0] for line in error.value.problems] == [
        "parameters.y",
        "parameters.z",
        "parameters.demand",
        "parameters.x.unit",
    ]
    with pytest.raises(InputError, match=r"prior_set\.years: missing"):
        check_prior_set({"parameters": load_prior_set("seed").document["parameters"]}, "ai_compute")


def test_the_verdict_counts_and_names_priors_that_nothing_uses():
    rows = {"x": {"distribution": "constant", "value": 1}, "y": {"distribution": "uniform", "lower": 0, "upper": 1}}
    first, *notes = verdict(check_prior_set({"parameters": rows}, Model.from_functions([double])))
    counts = "2 parameters (1 constant), 0 correlations, 0 dependent groups"
    assert first == f"ok: unnamed: {counts}; the default outputs of own need 1"
    assert notes == ["Note: no quantity of the model uses: y"]


def test_the_printed_check(flood):
    file = io.StringIO()
    pair = [{"between": ["flow", "ks"], "latent": 0.5}]
    print_check(
        Console(file=file, width=80, highlight=False),
        check_prior_set({"parameters": ROWS, "correlations": pair}, flood),
    )
    text = file.getvalue()
    words = " ".join(text.split())
    assert text.startswith("ok: unnamed: 9 parameters (2 constant), 1 correlation, 1 dependent group; ")
    assert "Gaussian group: 1 flow, 2 ks latent correlations, smallest eigenvalue 0.5" in words
    assert "Warning: ks: depth divides by it" in words
    assert "lognormal: p5 = 1000.0, p95 = 3000.0" in words
    assert all(len(line) <= 80 for line in text.splitlines())
    flow = next(line.split() for line in text.splitlines() if line.startswith("flow"))
    law = stats.lognorm(np.log(3) / 2 / stats.norm.ppf(0.95), scale=math.sqrt(3e6))
    assert [float(cell.replace(",", "")) for cell in flow[1:5]] == [1000, round(law.median()), 3000, round(law.mean())]


def test_the_command_ends_well_with_warnings(capsys):
    check("seed")
    out = capsys.readouterr().out
    assert out.startswith("ok: seed: 54 parameters (")
    assert "Warning: request_ceiling: 5 % of the stated law" in out
    assert "the article" not in out.partition("Warning")[2]


def test_a_csv_file_of_the_shipped_model_names_the_way_to_check_it(tmp_path):
    path = tmp_path / "c1.csv"
    path.write_text("parameter,value\nx,1\n")
    with pytest.raises(InputError) as caught:
        check(str(path))
    rows = 'parameters = "c1.csv" and, under [prior_set], model = "ai_compute"'
    assert str(caught.value).startswith(f"{path}: names no model, as a CSV file cannot; write a TOML file beside it")
    assert rows in str(caught.value)


def test_what_does_not_suit_the_model_is_said_with_its_file_and_line(tmp_path):
    (tmp_path / "rows.csv").write_text("parameter,value,unit\nhardware_life,5,yr\ntraining_growth,1,TWh\n")
    path = tmp_path / "own.toml"
    path.write_text('parameters = "rows.csv"\n[prior_set]\nextends = "seed"\nmodel = "ai_compute"\n')
    with pytest.raises(InputError) as caught:
        check(str(path))
    where = f"{tmp_path / 'rows.csv'}: line 3: parameters.training_growth.unit: 'TWh': the model takes '1/yr'"
    assert str(caught.value).startswith(where)
