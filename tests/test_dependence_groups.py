"""Groups under a copula, as a prior set states them: rules, draws by name, and what the rest of the package does."""

import json
import math
import tomllib

import numpy as np
import pytest
from numba import config
from numpy.testing import assert_allclose, assert_array_equal
from rich.console import Console

import mcdemand as mc
from mcdemand.errors import InputError, PriorSetError
from mcdemand.prior_change import describe_change
from mcdemand.prior_set import load_prior_set
from mcdemand.realized_dependence import RankCorrelation
from mcdemand.report.notes import rank_notes
from mcdemand.report.prior_listing import print_priors
from mcdemand.study import Study

DRAWS = 256 if config.DISABLE_JIT else 4096
COUNT = 256 if config.DISABLE_JIT else 512
NORMAL = {"distribution": "normal", "mu": 0, "sigma": 1}
LAWS = {
    "a": NORMAL,
    "b": {"distribution": "uniform", "lower": 0, "upper": 1},
    "c": {"distribution": "triangular", "lower": 0, "mode": 1, "upper": 4},
    "d": {"distribution": "lognormal", "mu": 0, "sigma": 1, "truncation": {"upper": 10}},
    "e": NORMAL,
}
CLAYTON = {"family": "clayton", "members": ["b", "a"], "theta": 2.0}
FAMILIES = {
    "gaussian": {"family": "gaussian", "rank": 0.5},
    "student_t": {"family": "student_t", "degrees_of_freedom": 4, "rank": 0.5},
    "clayton": {"family": "clayton", "kendall": 0.5},
    "gumbel": {"family": "gumbel", "theta": 2.0, "survival": True},
    "frank": {"family": "frank", "rank": 0.5},
}


def prior_set(*dependence, laws=LAWS, correlations=(), **more):
    return {"parameters": laws, "correlations": list(correlations), "dependence": list(dependence), **more}


def group(family, members="ab", **more):
    return {**FAMILIES[family], "members": list(members), **more}


def problems(document, **overrides):
    with pytest.raises(PriorSetError) as error:
        load_prior_set(document, **overrides)
    return error.value.problems


def test_toml_states_groups_and_pairs(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("""
        [parameters]
        a = { distribution = "normal", mu = 0, sigma = 1 }
        b = { distribution = "normal", mu = 0, sigma = 1 }
        c = { distribution = "normal", mu = 0, sigma = 1 }
        d = { distribution = "normal", mu = 0, sigma = 1 }
        e = { distribution = "normal", mu = 0, sigma = 1 }

        [[correlations]]
        between = ["d", "e"]
        kendall = 0.3333333333333333
        source = "a survey"

        [[dependence]]
        family = "student_t"
        members = ["c", "a", "b"]
        degrees_of_freedom = 4
        correlations = [{ between = ["a", "b"], latent = 0.5 }, { between = ["c", "b"], kendall = 0.5 }]
        source = "prices of 2008"
    """)
    priors = load_prior_set(path)
    assert [one.names for one in priors.groups] == [("a", "b", "c"), ("d", "e")]
    t, gaussian = priors.groups
    assert (t.family, dict(t.numbers), t.pairs) == ("student_t", {"degrees_of_freedom": 4.0}, (("a", "b"), ("c", "b")))
    assert_allclose(t.latent, [[1, 0.5, 0], [0.5, 1, math.sqrt(0.5)], [0, math.sqrt(0.5), 1]], rtol=1e-15)
    assert_allclose(gaussian.latent[0, 1], 0.5, rtol=1e-14)
    again = load_prior_set(priors.document)
    assert again.dependences == priors.dependences
    assert [one.statement for one in again.groups] == [one.statement for one in priors.groups]


def test_a_listing_shows_groups_in_words():
    console = Console(record=True, width=120)
    print_priors(console, load_prior_set(prior_set(group("clayton", source="a study"), group("student_t", "cd"))))
    text = console.export_text()
    assert "Groups under a copula" in text
    assert "a, b: clayton, kendall 0.5, theta 2; source: a study" in text
    assert "c, d: student_t, degrees_of_freedom 4, rank 0.5" in text


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([{**CLAYTON, "family": "claton"}], "family: 'claton': unknown; did you mean 'clayton'?"),
        ([{**CLAYTON, "members": ["a", "z"]}], "members: z is no parameter"),
        ([{**CLAYTON, "members": ["a", "b", "a"]}], "members: a: named twice"),
        ([{**CLAYTON, "members": ["a"]}], "dependence[1 of 1].members: ['a']: must hold at least 2, not 1"),
        ([{**CLAYTON, "members": ["a", "k"]}], "k is a constant; leave it out"),
        ([{**CLAYTON, "members": ["a", "s"]}], "members: s is categorical"),
        ([{**CLAYTON, "members": ["a", "y"]}], "all must vary by year, or none"),
        ([CLAYTON, group("gumbel", "bc")], "members: b is in the clayton group of a, b too"),
        ([{**CLAYTON, "theta": -1.0}], "theta: -1.0: clayton has no negative dependence"),
        ([{**CLAYTON, "kendall": 0.5}], "theta and kendall: both are stated; keep one"),
        ([{**CLAYTON, "degrees_of_freedom": 4}], "degrees_of_freedom: clayton takes theta, kendall, rank, survival"),
        (
            [{"family": "clayton", "members": ["a", "b"], "kendall": 1.5}],
            "dependence[1 of 1].kendall: 1.5: must be at most 1",
        ),
        ([{"family": "frank", "members": ["a", "b"], "theta": 2.0, "survival": True}], "survival: frank takes"),
        (
            [{"family": "independence", "members": ["a", "b"], "rank": 0.1}],
            "rank: independence takes nothing but members",
        ),
        ([group("student_t", correlations=[])], "correlations and rank: both are stated"),
        ([{"family": "student_t", "members": ["a", "b"], "degrees_of_freedom": 4}], "needs a list of pairs"),
        (
            [{"family": "gaussian", "members": ["a", "b"], "correlations": [{"between": ["a", "c"], "rank": 0.1}]}],
            "a and c: c is no member",
        ),
        (
            [{"family": "gaussian", "members": ["a", "b"], "correlations": 2 * [{"between": ["a", "b"], "rank": 0.1}]}],
            "a and b: stated twice",
        ),
        ([group("gaussian", "abc", rank=-0.9)], "not positive definite"),
        ([{**CLAYTON, "thetta": 1.0}], "dependence[1 of 1].thetta: unknown key; did you mean 'theta'?"),
    ],
)
def test_groups_that_make_no_sense_are_refused(rows, problem):
    laws = {
        **LAWS,
        "k": {"distribution": "constant", "value": 1},
        "s": {"distribution": "categorical", "categories": ["u", "v"], "weights": [0.5, 0.5]},
        "y": {**NORMAL, "varies": {"kind": "independent"}},
    }
    found = problems(prior_set(*rows, laws=laws))
    assert any(problem in line for line in found), found
    assert all("\n" not in line for line in found)


def test_correlations_and_groups_do_not_contradict():
    pair = {"between": ["a", "c"], "rank": 0.2}
    (line,) = problems(prior_set(CLAYTON, correlations=[pair]))
    assert "a and c: a is in the clayton group of a, b, and a parameter is in one group" in line
    independent = {"family": "independence", "members": ["a", "c"]}
    (line,) = problems(prior_set(independent, correlations=[pair]))
    assert "a and c: stated to be independent too; keep one" in line
    category = {"distribution": "categorical", "categories": ["u", "v"], "weights": [0.5, 0.5]}
    (line,) = problems(prior_set(laws={**LAWS, "a": category}, correlations=[pair]))
    assert "a and c: a is categorical" in line


def test_inherited_pairs_give_way():
    """A group takes the place of inherited pairs between its members, independence takes them away."""
    pairs = [{"between": list(pair), "rank": 0.3} for pair in ("ab", "ac", "cd")]
    inherited = {"parameters": LAWS, "inherited_correlations": pairs}
    free = load_prior_set({**inherited, "dependence": [{"family": "independence", "members": ["a", "b", "c"]}]})
    assert [one.names for one in free.groups] == [("c", "d")]
    assert load_prior_set(free.document).correlations == free.correlations
    replaced = load_prior_set({**inherited, "dependence": [{**CLAYTON, "members": ["a", "b", "c", "d"]}]})
    assert [one.label for one in replaced.groups] == ["clayton group of a, b, c, d"]
    assert problems({**inherited, "dependence": [CLAYTON]})


def test_a_child_replaces_the_list_of_its_parent(tmp_path):
    parent = tmp_path / "parent.toml"
    laws = "\n".join(f'{name} = {{ distribution = "normal", mu = 0, sigma = 1 }}' for name in "abc")
    parent.write_text(f'[parameters]\n{laws}\n[[dependence]]\nfamily = "clayton"\nmembers = ["a", "b"]\ntheta = 2\n')
    child = tmp_path / "child.toml"
    child.write_text('[prior_set]\nextends = "parent"\n[parameters]\nb = { distribution = "constant", value = 1 }\n')
    idle = load_prior_set(child)
    assert idle.notices == ("dependence of a, b: without effect on b: is a constant",)
    assert (idle.dependences, idle.groups[0].names) == ((), ("a", "b"))
    assert load_prior_set(idle.document).notices == idle.notices
    child.write_text('dependence = []\n[prior_set]\nextends = "parent"\n[parameters]\n')
    assert load_prior_set(child).groups == ()
    assert tomllib.loads(child.read_text())["dependence"] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_draws_belong_to_names(family, draw):
    """Another group, another order, fewer names, and a partner that is held move nothing."""
    alone = draw(prior_set(group(family)), COUNT, seed=3)
    more = draw(prior_set(group("frank", "cd"), group(family, "ba"), laws=dict(reversed(LAWS.items()))), COUNT, seed=3)
    some = draw(prior_set(group(family)), COUNT, seed=3, names=["b"])
    held = draw(load_prior_set(prior_set(group(family)), set={"a": 1.0}), COUNT, seed=3)
    free = draw(prior_set(), COUNT, seed=3)
    for name in ("a", "b"):
        assert_array_equal(more[name], alone[name])
    assert_array_equal(more["e"], free["e"])
    assert_array_equal(some["b"], alone["b"])
    assert_array_equal(held["b"], alone["b"])
    assert not np.array_equal(alone["b"], free["b"])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_later_member_moves_no_earlier_one(family, draw):
    two, three = (draw(prior_set(group(family, members)), COUNT, seed=3) for members in ("ab", "abd"))
    for name in ("a", "b", "c"):
        assert_array_equal(three[name], two[name])


def test_a_gaussian_group_is_its_list_of_correlations(draw):
    listed = draw(prior_set(correlations=[{"between": ["a", "b"], "rank": 0.5}]), COUNT)
    grouped = draw(prior_set(group("gaussian")), COUNT)
    for name in LAWS:
        assert_array_equal(grouped[name], listed[name])


@pytest.mark.parametrize("family", ["student_t", "clayton", "frank"])
def test_years_are_tied_one_by_one(family, draw, size):
    """Innovations of one year depend on each other, those of different years do not."""
    count = size(50_000, 256)
    yearly = {**NORMAL, "varies": {"kind": "independent"}}
    x = draw(prior_set(group(family), laws={"a": yearly, "b": yearly}), count, steps=2, seed=2)
    error = 5 / math.sqrt(count)
    same = [np.corrcoef(x["a"][k], x["b"][k])[0, 1] for k in range(2)]
    assert_allclose(same, same[0] * np.ones(2), atol=2 * error)
    assert same[0] > 0.3
    assert abs(np.corrcoef(x["a"][0], x["b"][1])[0, 1]) < error


def total(a, b, c):
    return a + b + c


def simulate(*dependence, **request):
    model = mc.Model.from_functions([total])
    return mc.simulate(prior_set(*dependence), model=model, **{"draws": DRAWS, "chains": 4, **request})


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube", "random"])
def test_results_are_the_same_for_any_number_of_threads(design):
    rows = group("clayton"), group("student_t", "cd")
    one, two = (simulate(*rows, design=design, threads=threads) for threads in (1, 2))
    assert_array_equal(one["prior_predictive"]["total"].values, two["prior_predictive"]["total"].values)
    assert one.attrs["rank_correlations"] == two.attrs["rank_correlations"]
    replayed = mc.replay_draw(one, near="p95", model=mc.Model.from_functions([total]))
    assert float(replayed["prior"]["a"]) in one["prior"]["a"].values


def test_attributes_hold_the_realized_rank_correlations():
    result = simulate(group("clayton", "abc"), design="random", outputs=["total", "a", "b"])
    ((pair),) = json.loads(result.attrs["rank_correlations"])
    assert (pair["between"], pair["stated"]) == (["a", "b"], 0.682234)
    first = [result["prior"][name].values[:, :512].ravel() for name in "ab"]
    ranks = [np.argsort(np.argsort(one)) for one in first]
    assert_allclose(pair["realized"], np.corrcoef(*ranks)[0, 1], atol=1e-6)
    assert set(json.loads(result.attrs["tables"])) == {"clayton group of a, b, c"}
    assert rank_notes(result.attrs) == []
    assert json.loads(simulate(draws=64).attrs["rank_correlations"]) == []
    assert json.loads(simulate(group("clayton"), draws=8).attrs["rank_correlations"]) == []


def test_the_error_of_a_rank_correlation_is_that_of_independent_draws():
    """Over 40 runs the realized correlation scatters as its error says, and no run is said to be off."""
    found = [
        RankCorrelation(**json.loads(simulate(group("gumbel"), design="random", seed=k).attrs["rank_correlations"])[0])
        for k in range(4 if config.DISABLE_JIT else 40)
    ]
    scaled = np.array([(one.realized - one.stated) / one.error for one in found])
    # The square of a standard deviation of 40 is chi-squared: it leaves this band once in 2,000 times.
    assert config.DISABLE_JIT or 0.6 < scaled.std() < 1.4
    assert not any(one.is_off(1) for one in found)
    wrong = RankCorrelation(("a", "b"), 0.5, 0.6, 0.015)
    assert wrong.is_off(1)
    attributes = {
        "rank_correlations": json.dumps([{"between": ["a", "b"], "stated": 0.5, "realized": 0.6, "error": 0.01}])
    }
    assert "a and b have the rank correlation 0.600, where 0.500 is stated" in rank_notes(attributes)[0]


@pytest.mark.parametrize("method", ["shapley", "full_independent", "sobol", "tornado"])
def test_methods_that_draw_some_members_given_others_say_so(method):
    model = mc.Model.from_functions([total])
    request = {"model": model, "method": method, "draws": 512, "chains": 2}
    with pytest.raises(InputError, match=r"would draw a without b, and both are in the clayton group of a, b.*rank"):
        mc.sensitivity(prior_set(group("clayton")), **request)
    assert mc.sensitivity(prior_set(group("clayton")), **request, as_if_independent=True)


def test_methods_that_take_draws_as_they_are_do_not_mind():
    model = mc.Model.from_functions([total])
    found = mc.sensitivity(prior_set(group("clayton")), model=model, method="spearman", draws=512, chains=2)
    assert found
    grouped = mc.sensitivity(
        prior_set(group("clayton")), model=model, method="sobol", groups="correlated", draws=1024, chains=4
    )
    shares, errors = (grouped[name].sel(output="total").values for name in ("first_order", "mcse_first_order"))
    # Of a sum of independent factors, and 3 degrees of freedom.
    assert abs(shares.sum() - 1) < 20 * np.sqrt(np.sum(errors**2))
    assert shares[0] > shares[1] > 0.2


def test_a_pool_and_a_walk_see_that_groups_differ():
    one, other = (load_prior_set(prior_set(group("clayton", theta=t, kendall=None))) for t in (2.0, 3.0))
    assert "a" not in mc.PriorPool((one, other), (0.5, 0.5)).agreed()
    assert "c" in mc.PriorPool((one, other), (0.5, 0.5)).agreed()
    assert describe_change("correlations", one, other) == "1 pair of parameters"


def test_study_groups_what_depends_on_each_other():
    run = mc.request.prepare_request(prior_set(group("clayton")), model=mc.Model.from_functions([total]), draws=64)
    assert set(Study.of(run, "correlated").factors) == {"a and others", "c"}


def test_innovations_of_one_year_are_correlated_whatever_the_variation(draw, size):
    """An AR(1) and a random walk: e_t = (x_t - p x_{t-1}) / sqrt(1 - p^2), and steps of the logarithm."""
    count = size(40_000, 2_000)
    walk = {"distribution": "lognormal", "mu": 0, "sigma": 0.2, "varies": {"kind": "random_walk", "step": 0.1}}
    laws = {"a": {**NORMAL, "varies": {"kind": "ar1", "persistence": 0.6}}, "b": walk}
    tie = {"between": ["a", "b"], "latent": 0.7}
    x = draw(prior_set(laws=laws, correlations=[tie]), count, steps=3, seed=2)
    innovations = (x["a"][1:] - 0.6 * x["a"][:-1]) / 0.8, np.diff(np.log(x["b"]), axis=0) / 0.1
    found = [np.corrcoef(one, other)[0, 1] for one, other in zip(*innovations, strict=True)]
    # Fisher's z has standard error 1 / sqrt(n - 3): beyond five of them once in two million.
    assert_allclose(np.arctanh(found), math.atanh(0.7), atol=5 / math.sqrt(count - 3))
