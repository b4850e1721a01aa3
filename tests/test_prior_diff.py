"""Two prior sets row by row: distances against closed forms and SciPy, order, what is said of the rest."""

import io
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from rich.console import Console
from scipy import integrate, stats

from mcdemand import diff_prior_sets, load_prior_set
from mcdemand.commands.priors import diff
from mcdemand.prior_diff import wasserstein_distance
from mcdemand.report.prior_diff import print_diff


def distance(a, b):
    laws = load_prior_set({"parameters": {"a": a, "b": b}}).parameters
    return wasserstein_distance(laws["a"], laws["b"])


def scale(sigma):
    """Return the mean of |Z| sigma: the distance of two normals of one mean whose sigmas differ by it."""
    return sigma * math.sqrt(2 / math.pi)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("normal(1, 2)", "normal(4, 2)", 3.0),
        ("normal(1, 2)", "normal(1, 5)", scale(3)),
        ("uniform(0, 1)", "uniform(0, 3)", 1.0),
        ("3", "5.5", 2.5),
        ("3", "normal(3, 2)", scale(2)),
        ("lognormal(0, 1)", "lognormal(1, 1)", math.exp(0.5) * (math.e - 1)),
        ("triangular(0, 1, 2)", "uniform(0, 2)", 1 / 6),
        ("normal(0, 1)", "normal(0, 1)", 0.0),
        ("poisson(3)", "poisson(4)", 1.0),
        ("bernoulli(0.25)", "2", 1.75),
        ("cauchy(0, 1)", "cauchy(1.5, 1)", 1.5),
        ("cauchy(0, 1)", "normal(0, 1)", math.inf),
    ],
)
def test_distances_in_closed_form(a, b, expected):
    assert_allclose(distance(a, b), expected, rtol=1e-7, atol=1e-15)
    assert distance(a, b) == distance(b, a)


def test_a_distance_of_laws_that_cross_is_that_of_quadrature():
    one, other = stats.beta(2, 5), stats.norm(0.3, 0.1)
    expected, _ = integrate.quad(lambda x: abs(one.cdf(x) - other.cdf(x)), -1, 2, limit=500, points=[0, 0.3, 1])
    assert_allclose(distance("beta(2, 5)", "normal(0.3, 0.1)"), expected, rtol=1e-4)


def test_categories_have_no_distance():
    assert math.isnan(distance("categorical([a, b], [0.5, 0.5])", "categorical([a, b], [0.2, 0.8])"))


A = {
    "same": "1 to 2",
    "shifted": "normal(10, 1) [TWh]",
    "moved": "uniform(1, 3)",
    "unit": "1 to 2 [GW]",
    "reworded": {"short": "3", "source": "a"},
    "gone": "1 to 2",
    "kind": "categorical([a, b], [0.5, 0.5])",
    "adopts": "normal(5, 1)",
}
B = {
    **{name: row for name, row in A.items() if name != "gone"},
    "shifted": "normal(11, 1) [TWh]",
    "moved": "uniform(2, 4)",
    "unit": "1 to 2 [TWh]",
    "reworded": {"short": "3", "source": "b"},
    "kind": "categorical([a, b], [0.2, 0.8])",
    "adopts": "normal(5, 1) [GW]",
    "fresh": "1 to 2",
}
PAIR = {"between": ["same", "moved"], "latent": 0.5}


@pytest.fixture(scope="module")
def found():
    """Return the difference of A and B."""
    other = [{**PAIR, "latent": 0.25}, {"between": ["shifted", "adopts"], "rank": 0.5}]
    return diff_prior_sets({"parameters": A, "correlations": [PAIR]}, {"parameters": B, "correlations": other})


def test_rows_that_differ_come_by_size(found):
    assert found["row"].values.tolist() == ["moved", "shifted", "adopts", "reworded", "fresh", "gone", "kind", "unit"]
    assert_allclose(found["distance"].values[:4], [1, 1, 0, 0], rtol=1e-12)
    assert_allclose(found["relative_distance"].values[:4], [0.5, 0.1, 0, 0], rtol=1e-12)
    assert np.isnan(found["distance"].values[4:]).all()
    assert_allclose(found["shift"].sel(row="shifted"), 1, rtol=1e-12)
    assert_allclose(found["start"].sel(row="moved"), [1.1, 2, 2.9], rtol=1e-12)


def test_what_differs_is_in_words(found):
    changes = dict(zip(found["row"].values.tolist(), found["change"].values.tolist(), strict=True))
    assert changes == {
        "moved": "lower 1 -> 2, upper 3 -> 4",
        "shifted": "mu 10 -> 11",
        "adopts": "unit unstated -> GW",
        "reworded": "source reworded",
        "fresh": "added",
        "gone": "removed",
        "kind": changes["kind"],
        "unit": "unit GW -> TWh",
    }
    assert changes["kind"].startswith("weights ")
    assert found["units"].sel(row="adopts") == "GW"
    assert found["law_changed"].values.tolist() == [True, True, False, False, True, True, True, False]


def test_groups_of_other_copulas_are_told():
    rows = {"a": "1 to 2", "b": "1 to 2"}
    group = {"family": "clayton", "members": ["a", "b"], "theta": 2}
    found = diff_prior_sets({"parameters": rows}, {"parameters": rows, "dependence": [group]})
    assert (found.sizes["row"], found.attrs["start_groups"]) == (0, "")
    assert found.attrs["end_groups"].startswith("clayton group of a, b, theta 2")


def test_correlations_that_differ(found):
    pairs = list(zip(found["first"].values.tolist(), found["second"].values.tolist(), strict=True))
    assert pairs == [("adopts", "shifted"), ("moved", "same")]
    assert_allclose(found["start_latent"], [math.nan, 0.5])
    assert_allclose(found["end_latent"], [2 * math.sin(math.pi * 0.5 / 6), 0.25], rtol=1e-12)


def test_a_set_does_not_differ_from_itself():
    found = diff_prior_sets("consensus", load_prior_set("consensus").document)
    assert (found.sizes["row"], found.sizes["pair"]) == (0, 0)


def test_a_distance_grows_with_the_change():
    sizes = [
        float(diff_prior_sets("seed", load_prior_set("seed", {"reasoning_multiplier.p50": p50}))["distance"][0])
        for p50 in (121, 130, 200)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] > 0


def test_the_printed_difference(found, capsys):
    file = io.StringIO()
    print_diff(Console(file=file, width=80, highlight=False), found)
    text = file.getvalue()
    words = " ".join(text.split())
    assert "Of 7 common rows, 3 differ in law." in words
    assert "Same law, unit GW -> TWh: unit" in words
    assert "Only in A: gone Only in B: fresh" in words
    assert "Correlation of moved and same: latent 0.5 -> 0.25" in words
    assert all(len(line) <= 80 for line in text.splitlines())
    row = next(line.split() for line in text.splitlines() if line.startswith("shifted"))
    assert row[1:] == ["8.355", "10.00", "11.64", "1.000", "10.0", "%", "TWh"]
    diff("seed", "seed")
    assert capsys.readouterr().out.splitlines()[-1] == "No differences in 54 rows."


def test_without_laws_that_differ_nothing_is_said_to_be_shown():
    rows = {"x": {"distribution": "constant", "value": 1, "source": "a"}}
    reworded = {"x": {**rows["x"], "source": "b"}}
    for other in (rows, reworded):
        file = io.StringIO()
        print_diff(Console(file=file, width=80), diff_prior_sets({"parameters": rows}, {"parameters": other}))
        first, second, third, *_ = file.getvalue().splitlines()
        assert (first, second) == ("A = unnamed", "B = unnamed")
        assert third in ("No differences in 1 row.", "Of 1 common row, none differ in law.")
