"""The empirical copula: rows of a sample come back whole, each as often, under any design and with any laws."""

import hashlib
import math

import numpy as np
import pytest
from numba import config
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand.errors import PriorSetError
from mcdemand.prior_set import load_prior_set

FALSE_ALARM_RATE = 1e-6
COUNT = 256 if config.DISABLE_JIT else 20_000
ROWS = 40


def sample(rows=ROWS):
    """Three columns that no Gaussian copula ties so: a parabola, and counts with many ties."""
    x = np.sin(np.arange(1, rows + 1) * 12.9898) * 3
    return {"c": x, "a": x * x + 0.1 * np.cos(np.arange(rows)), "b": np.round(np.abs(x))}


def empirical(column):
    return {"distribution": "empirical", "samples": column.tolist()}


def prior_set(columns, laws=None, **group):
    laws = laws or {name: empirical(column) for name, column in columns.items()}
    return {"parameters": laws, "dependence": [{"family": "empirical", "members": list(columns), **group}]}


def stated(columns):
    return {"samples": [column.tolist() for column in columns.values()]}


def total(a, b, c):
    return a + 10 * b + 100 * c


def simulate(document, **request):
    return mc.simulate(document, model=mc.Model.from_functions([total]), **{"draws": 1024, "chains": 2, **request})


@pytest.mark.parametrize("design", ["random", "sobol", "latin_hypercube"])
def test_draws_are_rows_of_the_sample(design):
    columns = sample()
    result = simulate(prior_set(columns), design=design, outputs=["total", *columns])
    drawn = np.stack([result["prior"][name].values.ravel() for name in columns], axis=1)
    rows = np.stack([*columns.values()], axis=1)
    found, counts = np.unique(drawn, axis=0, return_counts=True)
    assert_array_equal(found, np.unique(rows, axis=0))
    expected = np.unique(rows, axis=0, return_counts=True)[1] * drawn.shape[0] / ROWS
    chance = stats.chi2.isf(FALSE_ALARM_RATE, found.shape[0] - 1)
    assert np.sum((counts - expected) ** 2 / expected) < (chance if design == "random" else 5.0)


@pytest.mark.parametrize("rows", [2, 3, 257, 5000])
def test_rows_come_back_whatever_their_number(rows, draw):
    columns = sample(rows)
    x = draw(prior_set(columns), COUNT, seed=rows)
    known = set(zip(*(column.tolist() for column in columns.values()), strict=True))
    assert set(zip(*(x[name][0].tolist() for name in columns), strict=True)) <= known


def test_bits_are_the_same_compiled_and_interpreted(draw):
    x = draw(prior_set(sample()), 256, seed=4)
    digest = hashlib.sha256(b"".join(np.sort(sample()[name]).searchsorted(x[name][0]).astype("<i4") for name in "abc"))
    assert digest.hexdigest()[:16] == "c32d7a9b763023a6"


def test_the_first_member_is_drawn_as_if_alone(draw):
    columns = sample()
    alone = {"parameters": {name: empirical(column) for name, column in columns.items()}}
    assert_array_equal(draw(prior_set(columns), 256)["a"], draw(alone, 256)["a"])


def test_other_laws_keep_their_margins_and_the_ranks_of_the_sample(draw, size):
    columns = sample(500)
    laws = {
        "a": {"distribution": "lognormal", "mu": 0, "sigma": 1},
        "b": {"distribution": "normal", "mu": 1, "sigma": 2},
        "c": {"distribution": "uniform", "lower": 0, "upper": 1},
    }
    count = size(20_000, 256)
    x = draw(prior_set(columns, laws, **stated(columns)), count, seed=3)
    for name, law in (("a", stats.lognorm(1)), ("b", stats.norm(1, 2)), ("c", stats.uniform())):
        assert stats.kstest(x[name][0], law.cdf).pvalue > FALSE_ALARM_RATE
    expected = stats.spearmanr(columns["a"], columns["c"])[0]
    assert_allclose(stats.spearmanr(x["a"][0], x["c"][0])[0], expected, atol=5 / math.sqrt(count))
    # No pair of values lies where the sample has none: far from the parabola.
    places = np.floor(stats.lognorm(1).cdf(x["a"][0]) * 500), np.floor(x["c"][0] * 500)
    ranks = [stats.rankdata(columns[name]).astype(int) - 1 for name in "ac"]
    assert set(zip(*(place.astype(int) for place in places), strict=True)) <= set(zip(*ranks, strict=True))


def test_a_group_says_the_rank_correlation_of_its_sample():
    columns = sample()
    group = load_prior_set(prior_set(columns)).groups[0]
    for first, second in (("a", "b"), ("b", "c"), ("c", "a")):
        expected = stats.spearmanr(columns[first], columns[second])[0]
        assert_allclose(group.rank(first, second), expected, rtol=1e-12)


def test_ties_are_broken_the_same_way_in_no_two_columns():
    """Of two columns of one number each, no order may tie ranks together."""
    same = {"a": np.ones(4000), "b": np.ones(4000)}
    laws = {name: {"distribution": "uniform", "lower": 0, "upper": 1} for name in same}
    ranks = load_prior_set(prior_set(same, laws, **stated(same))).groups[0].numbers["ranks"][0]
    assert abs(stats.spearmanr(np.arange(4000), ranks)[0]) < 5 / math.sqrt(4000)


def test_years_are_tied_one_by_one(draw):
    columns = {name: column for name, column in sample().items() if name != "b"}
    yearly = {name: {**empirical(column), "varies": {"kind": "independent"}} for name, column in columns.items()}
    x = draw(prior_set(columns, yearly), 256, steps=2)
    known = set(zip(*(column.tolist() for column in columns.values()), strict=True))
    for year in range(2):
        assert set(zip(*(x[name][year].tolist() for name in columns), strict=True)) <= known
    assert not np.array_equal(x["a"][0], x["a"][1])


def test_samples_of_the_rows_stand_in_the_document_and_survive_an_override():
    columns = sample()
    priors = load_prior_set(prior_set(columns))
    assert load_prior_set(priors.document).groups[0].statement == priors.groups[0].statement
    changed = load_prior_set(prior_set(columns), set={"c": "1 to 2"})
    assert changed.groups[0].statement == priors.groups[0].statement
    held = load_prior_set(prior_set(columns), set={"a": 2.0})
    kept = simulate(held, outputs=["total", "b"])["prior"]["b"].values
    assert_array_equal(kept, simulate(priors, outputs=["total", "b"])["prior"]["b"].values)


def test_samples_of_a_group_come_from_a_file(tmp_path, draw):
    columns = sample()
    rows = "\n".join(",".join(map(repr, row)) for row in zip(*(c.tolist() for c in columns.values()), strict=True))
    (tmp_path / "x.csv").write_text(f"{','.join(columns)}\n{rows}\n")
    laws = "\n".join(
        f'{name} = {{ distribution = "empirical", samples = {{ file = "x.csv", column = "{name}" }} }}'
        for name in "abc"
    )
    group = '[[dependence]]\nfamily = "empirical"\nmembers = ["a", "c", "b"]\n'
    for extra in ("", 'samples = { file = "x.csv", columns = ["a", "c", "b"] }\n'):
        (tmp_path / "mine.toml").write_text(f"[parameters]\n{laws}\n{group}{extra}")
        found = draw(load_prior_set(tmp_path / "mine.toml"), 256)
        for name, values in draw(prior_set(columns), 256).items():
            assert_array_equal(found[name], values)


@pytest.mark.parametrize(
    ("group", "laws", "problem"),
    [
        ({}, {"a": "1 to 2"}, 'samples: missing; state { file = "x.csv"'),
        ({}, {"a": empirical(np.arange(5.0))}, "samples: missing; state"),
        ({"samples": [[1.0, 2.0], [3.0, 4.0]]}, {}, "samples: 2 columns for 3 members: needs one each"),
        (
            {"samples": [[1.0, 2.0], [3.0, 4.0], [5.0]]},
            {},
            "samples: 1 of one member and 2 of another: needs whole rows",
        ),
        ({"samples": [[1.0], [3.0], [5.0]]}, {}, "samples: 1 rows: 2 to 100000 are taken"),
        ({"samples": [[1.0, "x"], [3.0, 1.0], [5.0, 1.0]]}, {}, "samples[1 of 3][2 of 2]: 'x'"),
        ({"samples": {"file": "x.csv", "columns": ["a"]}}, {}, "dependence[1 of 1].samples"),
        ({"rank": 0.5}, {}, "rank: empirical takes samples"),
    ],
)
def test_what_a_group_cannot_be(group, laws, problem):
    columns = sample()
    rows = {name: empirical(column) for name, column in columns.items()} | laws
    with pytest.raises(PriorSetError) as error:
        load_prior_set(prior_set(columns, rows, **group))
    (line,) = error.value.problems
    assert problem in line


@pytest.mark.parametrize("method", ["shapley", "sobol", "tornado"])
def test_methods_that_draw_some_members_given_others_refuse(method):
    model = mc.Model.from_functions([total])
    with pytest.raises(mc.InputError, match=r"in the empirical group of a, b, c, whose members can only be drawn tog"):
        mc.sensitivity(prior_set(sample()), model=model, method=method, draws=512, chains=2)


def test_methods_that_take_draws_as_they_are_do_not_mind():
    model = mc.Model.from_functions([total])
    assert mc.sensitivity(prior_set(sample()), model=model, method="spearman", draws=512, chains=2)
    result = simulate(prior_set(sample()), outputs=["total", *"abc"])
    with pytest.raises(mc.InputError, match="is in the empirical group of a, b, c, and weights are known given"):
        mc.reweight(result, {"a": "1 to 2"}, model=model)


def test_samples_from_a_file_beyond_its_folder_are_refused(tmp_path):
    (tmp_path / "mine.toml").write_text(
        '[parameters]\na = "1 to 2"\nb = "1 to 2"\n[[dependence]]\nfamily = "empirical"\nmembers = ["a", "b"]\n'
        'samples = { file = "../x.csv", columns = ["a", "b"] }\n'
    )
    with pytest.raises(mc.InputError, match=r"'../x.csv': leaves the folder"):
        load_prior_set(tmp_path / "mine.toml")
