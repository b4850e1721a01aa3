"""Squiggle's source as rows: against SciPy's laws, and refused where it is anything but distributions of numbers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import ndtri

import mcdemand as mc
from mcdemand.prior_set import load_prior_set
from mcdemand.row_builder import prior_quantiles

LEVELS = [0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999]
HALF = -ndtri(0.05)


def imported(tmp_path, text):
    path = tmp_path / "x.squiggle"
    path.write_text(text, encoding="utf-8")
    return mc.import_priors(path)


def quantiles(found, name):
    return prior_quantiles(load_prior_set(found.document()).parameters[name], LEVELS)


def lognormal(low, high, level=0.9):
    width = (np.log(high) - np.log(low)) / (2 * -ndtri((1 - level) / 2))
    return stats.lognorm(width, scale=np.sqrt(low * high))


BETA = 0.3 * 0.7 / 0.01 - 1
LAWS = [
    ("2 to 5", lognormal(2, 5)),
    ("1.5k to 3M", lognormal(1500, 3e6)),
    ("10% to 20%", lognormal(0.1, 0.2)),
    ("(2) to (5)", lognormal(2, 5)),
    ("to(2, 5)", lognormal(2, 5)),
    ("normal(1, 2)", stats.norm(1, 2)),
    ("Sym.normal(-1.5e0, .2)", stats.norm(-1.5, 0.2)),
    ("normal({p5: -1, p95: 3})", stats.norm(1, 2 / HALF)),
    ("normal({p10: -1, p90: 3})", stats.norm(1, 2 / -ndtri(0.1))),
    ("normal({mean: 5, stdev: 2})", stats.norm(5, 2)),
    ("lognormal(0.5, 0.8)", stats.lognorm(0.8, scale=np.exp(0.5))),
    ("lognormal({p25: 1, p75: 10})", lognormal(1, 10, 0.5)),
    (
        "lognormal({mean: 5, stdev: 2})",
        stats.lognorm(np.sqrt(np.log(1.16)), scale=5 / np.sqrt(1.16)),
    ),
    ("uniform(10, 12)", stats.uniform(10, 2)),
    ("beta(2, 3)", stats.beta(2, 3)),
    ("beta({mean: 0.3, stdev: 0.1})", stats.beta(0.3 * BETA, 0.7 * BETA)),
    ("triangular(3, 5, 10)", stats.triang(2 / 7, 3, 7)),
    ("pert(0, 1, 4)", stats.beta(2, 4, scale=4)),
    ("exponential(2)", stats.expon(scale=0.5)),
    ("cauchy(1, 2)", stats.cauchy(1, 2)),
    ("logistic(1, 2)", stats.logistic(1, 2)),
    ("gamma(5, 2)", stats.gamma(5, scale=2)),
    ("truncate(normal(0, 1), -1, 2)", stats.truncnorm(-1, 2)),
    ("normal(0, 1) -> truncateLeft(-1) -> truncateRight(2)", stats.truncnorm(-1, 2)),
    ("truncate(truncate(normal(0, 1), -3, 2), -1, 4)", stats.truncnorm(-1, 2)),
]


@pytest.mark.parametrize(("text", "law"), LAWS, ids=[text for text, _ in LAWS])
def test_quantiles_are_those_of_the_law(text, law, tmp_path):
    assert_allclose(quantiles(imported(tmp_path, f"x = {text}"), "x"), law.ppf(LEVELS), rtol=1e-9)


@pytest.mark.parametrize("form", ["mixture([a, b, 9], [0.3, 0.6, 0.1])", "mx(a, b, 9, [3, 6, 1])"])
def test_a_mixture(form, tmp_path):
    found = imported(tmp_path, "x = " + form.replace("a,", "1 to 2,").replace("b,", "normal(5, 1),"))
    one, two = lognormal(1, 2), stats.norm(5, 1)
    x = quantiles(found, "x")
    below = 0.3 * one.cdf(x) + 0.6 * two.cdf(x) + 0.1 * (x >= 9)
    is_atom = np.array(LEVELS) > 0.9
    assert set(x[is_atom]) == {9.0}
    assert_allclose(below[~is_atom], np.array(LEVELS)[~is_atom], rtol=1e-9)


def test_mixture_without_weights_is_of_equal_ones(tmp_path):
    rows = imported(tmp_path, "x = mixture(normal(0, 1), normal(4, 1))").rows
    assert rows["x"]["weights"] == [0.5, 0.5]


def test_statements_comments_tags_and_names(tmp_path):
    found = imported(
        tmp_path,
        """// a comment = 1 to 2
/* of
lines */ @name("Growth \\u00e9") @doc("a year's, \\"or so\\"") @hide
export growth = 2 to 5; share = 12% // tail

@format(".2f")
_cost$1 = (1k to 3k)
  -> truncate(1200, 2_500)
""".replace("2_500", "2.5k"),
    )
    assert list(found.rows) == ["growth", "share", "cost_1"]
    assert found.rows["growth"]["note"] == 'Growth é: a year\'s, "or so"'
    assert found.rows["share"] == {"distribution": "constant", "value": 0.12, "unit": "unstated"}
    assert found.rows["cost_1"]["truncation"] == {"lower": 1200.0, "upper": 2500.0}
    assert found.notes == ("_cost$1: is called cost_1 here.",)


def test_samples_stay_joint(tmp_path):
    found = imported(tmp_path, "a = SampleSet.fromList([1, 2, 3])\nb = SampleSet.fromList([9,\n 4, -1,])\nc = 1 to 2")
    assert found.groups == ({"family": "empirical", "members": ["a", "b"]},)
    assert found.rows["b"]["samples"] == [9.0, 4.0, -1.0]
    other = imported(tmp_path, "a = SampleSet.fromList([1, 2, 3])\nb = SampleSet.fromList([9, 4])")
    assert other.groups == ()
    assert other.notes == ("a, b: not as many samples each, so taken for independent.",)


def total(a, b):
    return a * b


def test_what_mcdemand_exports_comes_back_row_by_row(tmp_path):
    priors = {"parameters": {"a": "1 to 2", "b": "3 to 4"}}
    model = mc.Model.from_functions([total])
    result = mc.simulate(priors, model=model, draws=1024, chains=2, outputs=["total", "a"])
    mc.export(result, tmp_path / "out.squiggle")
    found = mc.import_priors(tmp_path / "out.squiggle")
    columns = {name: row["samples"] for name, row in found.rows.items()}
    assert columns["total"] == result["prior_predictive"]["total"].values.T.ravel()[:1000].tolist()
    assert columns["a"] == result["prior"]["a"].values.T.ravel()[:1000].tolist()
    assert found.groups == ({"family": "empirical", "members": ["total", "a"]},)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1 to 2\ny = x + 1", "line 2: '+': expected a new line, as nothing is computed here"),
        ("x = y", "line 1: y: another name; write its distribution"),
        ("f(x) = x", "line 1: '(': expected name = distribution"),
        ("x = {a = 1; a}", "line 1: '=': expected ':'"),
        ("x = {|y| y}", "line 1: '|': expected a key"),
        ("import 'a' as b", "line 1: 'import'|line 1: \"'a'\""),
        ("x = 1 to 2\nx = 3", "line 2: x: is defined twice"),
        ("x = -1 to 2", "line 1: -1 to 2: log-normal, so above 0"),
        ("x = 5 to 2", "line 1: x: "),
        ("x = 1 to 2 to 3", "line 1: 'to': expected a new line"),
        ("x = 1 to 2 TWh", "line 1: 'TWh': expected a new line"),
        ("x = 5minutes", "line 1: 5minutes: unknown ending; known: n, m, %"),
        ("x = normal(1)", "line 1: normal: takes numbers only: mu, sigma"),
        ("x = normal(1 to 2, 3)", "line 1: normal: takes numbers only"),
        ("x = normal(0, -1)", "line 1: x: sigma: -1.0: must be above 0"),
        ("x = normal({p5: 1, p90: 2})", "line 1: normal: takes two numbers, or one of {p5, p95} or"),
        ("x = gamma(1, 0)", "line 1: gamma: scale: must be above 0"),
        ("x = mixture([1 to 2], [1, 2])", "line 1: mixture: takes distributions and as many weights"),
        ("x = mixture()", "line 1: mixture: takes"),
        ("x = truncate(5, 1, 2)", "line 1: truncate: a number cannot be truncated"),
        ("x = truncate()", "line 1: truncate: takes numbers only"),
        ("x = truncateLeft(normal(0, 1), 1, 2)", "line 1: truncateLeft: takes numbers only: lower"),
        ("x = truncate(normal(0, 1), 3, 2)", "line 1: x: truncation"),
        ("x = __import__('os')", "line 1: __import__: no distribution that is read"),
        ("x = normals(0, 1)", "line 1: normals: no distribution that is read; did you mean 'normal'"),
        ("x = 'text'", "line 1: 'text': is no distribution"),
        ("x = [1, 2]", "line 1: '[1.0, 2.0]': is no distribution"),
        ("x = SampleSet.fromList([1, y])", "line 1: SampleSet.fromList: takes one list of numbers"),
        ("x = SampleSet.fromList([])", "line 1: x: "),
        ("x = 1e999", "line 1: 1e999: a number too large"),
        ("x = 1e9999999999", "line 1: 1e9999999999: a number too large"),
        ("x = " + "9" * 400, "line 1: " + "9" * 40 + ": a number too large"),
        ("x = \x00", "line 1: '\\\\x00': not Squiggle"),
        ('x = "no end', "not Squiggle, or a text without an end"),
        ("x = /* no end", "line 1: '/': expected a number"),
        ("x = " + "(" * 5000 + "1" + ")" * 5000, "line 1: nested deeper than 20"),
        ("x = " + "-" * 5000 + "1", "line 1: '-': expected a number"),
        ("x = (1 to 2)" + " -> truncateLeft(1)" * 5000, "line 1: more than 20 pipes"),
        ("x =", "line 1: the end: expected a number or a distribution"),
        ("@doc(", "line 1: the end: expected"),
        ("", "it has no statement"),
        ("\u202ex = 1", "line 1: '\\\\u202ex = 1': not Squiggle"),
    ],
)
def test_anything_else_is_refused_in_one_line(text, problem, tmp_path):
    with pytest.raises(mc.InputError) as error:
        imported(tmp_path, text)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(str(tmp_path / "x.squiggle"))
    assert any(one.replace("\\\\", "\\") in message for one in problem.split("|line")) or problem in message
    assert len(message) < 300 + len(str(tmp_path))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(mc.FileError, match="cannot be read"):
        mc.import_priors(tmp_path / "none.squiggle")
    (tmp_path / "x.squiggle").write_bytes(b"x = 1 \xff")
    with pytest.raises(mc.InputError, match="not UTF-8"):
        mc.import_priors(tmp_path / "x.squiggle")
    (tmp_path / "x.squiggle").write_bytes(b"//" + b"x" * 5_000_001)
    with pytest.raises(mc.InputError, match="at most 5000000 bytes"):
        mc.import_priors(tmp_path / "x.squiggle")


def test_a_large_file_takes_seconds(tmp_path):
    text = (
        "".join(f"x{k} = {k + 1} to {k + 2}\n" for k in range(500))
        + "y = SampleSet.fromList(["
        + "1.5," * 50_000
        + "2])"
    )
    assert len(imported(tmp_path, text).rows) == 501
