"""Checked prior sets: what is shipped, what is refused, what comes back."""

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mcdemand.errors import InputError, PriorSetError
from mcdemand.model import load_model
from mcdemand.paths import shipped_names
from mcdemand.prior_set import PriorSet, load_prior_set
from mcdemand.schema import MAX_YEARS

SHIPPED = ("capability", "consensus", "high-efficiency", "liftoff", "seed", "seed-low")


def normal(**more):
    return {"distribution": "normal", "mu": 0, "sigma": 1, **more}


def problems(document, **overrides):
    with pytest.raises(PriorSetError) as error:
        load_prior_set(document, **overrides)
    assert str(error.value).splitlines() == list(error.value.problems)
    return error.value.problems


def assert_same(first: PriorSet, second: PriorSet) -> None:
    for field in ("name", "title", "description", "model", "years", "parameters", "correlations"):
        assert getattr(first, field) == getattr(second, field)
    assert [group.names for group in first.groups] == [group.names for group in second.groups]
    for one, other in zip(first.groups, second.groups, strict=True):
        assert_array_equal(one.factor, other.factor)


def test_these_sets_are_shipped():
    assert tuple(shipped_names()) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_set_loads_clean_and_says_where_everything_comes_from(name):
    priors = load_prior_set(name)
    assert priors.name == name
    assert priors.title
    assert priors.notices == ()
    assert priors.years == tuple(range(2024, 2036))
    assert all(prior.source and prior.note for prior in priors.parameters.values())
    assert all(correlation.source for correlation in priors.correlations)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_set_fits_its_model(name):
    priors = load_prior_set(name)
    model = load_model(priors.model)
    assert model.parameters.keys() <= priors.parameters.keys()
    units = {name: unit.text for name, unit in model.parameters.items()}
    assert {name: priors.parameters[name].unit for name in units} == units


@pytest.mark.parametrize("name", SHIPPED)
def test_the_document_of_a_shipped_set_loads_back(name):
    priors = load_prior_set(name)
    assert "extends" not in priors.document["prior_set"]
    assert_same(load_prior_set(priors.document), priors)


def test_the_document_of_a_changed_set_loads_back():
    changes = {
        "request_growth": 1.0,
        "reasoning_multiplier.p50": 10,
        "load_factor": {"distribution": "uniform", "lower": 0.5, "upper": 0.7},
    }
    priors = load_prior_set("liftoff", set=changes)
    assert priors.notices
    assert_same(load_prior_set(priors.document), priors)
    assert_same(
        load_prior_set(priors, set={"hardware_life": 4}), load_prior_set("liftoff", set={**changes, "hardware_life": 4})
    )


def test_seed_is_the_article_without_correlations():
    assert load_prior_set("seed").correlations == ()
    assert len(load_prior_set("consensus").correlations) == 11


def test_parameters_are_sorted_and_complete():
    priors = load_prior_set({"parameters": {"b": normal(unit="TWh", source="s", note="n"), "a": normal()}})
    assert list(priors.parameters) == ["a", "b"]
    b = priors.parameters["b"]
    assert (b.unit, b.source, b.note, b.stated) == ("TWh", "s", "n", {"mu": 0, "sigma": 1})
    assert (priors.years, priors.model) == ((), None)


def test_all_problems_come_at_once_with_their_paths():
    found = problems(
        {
            "prior_set": {"titel": "x", "years": {"start": 2030, "stop": 2024}},
            "parameters": {
                "a": normal(sigma=-1),
                "b": normal(truncation={"lower": "x"}),
                "c": {"mu": 1},
                "d": normal(varies={"kind": "ar1"}),
                "e": {"distribution": "beta", "alpha": 1, "beta": math.nan},
            },
            "correlations": [{"between": ["a", "b"]}],
        }
    )
    paths = sorted(line.split(": ")[1] for line in found)
    assert paths == [
        "correlations[1 of 1]",
        "parameters.a.sigma",
        "parameters.b.truncation.lower",
        "parameters.c.distribution",
        "parameters.d.varies",
        "parameters.e.beta",
        "prior_set.titel",
        "prior_set.years",
    ]
    assert all(line.startswith("mapping: ") for line in found)


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ({"parametres": {}, "parameters": {"a": normal()}}, "parametres: unknown key; did you mean 'parameters'?"),
        ({"prior_set": {"titel": ""}, "parameters": {"a": normal()}}, "titel: unknown key; did you mean 'title'?"),
        (
            {"prior_set": {"years": {"start": 1, "stop": 2, "stap": 1}}, "parameters": {"a": normal()}},
            "did you mean 'st",
        ),
        ({"parameters": {"a": normal(varies={"kind": "ar1", "persistance": 0.5})}}, "did you mean 'persistence'?"),
        ({"parameters": {"a": normal(truncation={"lowr": 0})}}, "did you mean 'lower'?"),
        ({"parameters": {"a": normal(sourc="x")}}, "parameters.a.sourc: unknown; did you mean 'source'?"),
        (
            {"parameters": {"a": normal(), "b": normal()}, "correlations": [{"between": ["a", "b"], "ranks": 1}]},
            "did you mean 'rank'?",
        ),
    ],
    ids=str,
)
def test_unknown_keys_bring_the_nearest_name(document, line):
    assert any(line in problem for problem in problems(document))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "1a",
        "_a",
        "a-b",
        "a b",
        "a.b",
        "a/b",
        "..",
        "é",
        "e\u0301",
        "a\u0000b",
        "<b>",
        "a" * 65,
        "-a",
        "con:",
        "[red]",
    ],
    ids=ascii,
)
def test_names_are_plain(name):
    (line,) = problems({"parameters": {name: normal()}})
    assert "parameters." in line
    assert "pattern" in line or "must" in line


@pytest.mark.parametrize("name", ["chain", "draw", "year", "t", "dt", "parameter", "output", "quantile"])
def test_names_of_dimensions_are_reserved(name):
    (line,) = problems({"parameters": {name: normal()}})
    assert line == f"mapping: parameters.{name}: the name is reserved for a dimension; rename it"


def test_names_that_differ_only_in_case_clash():
    (line,) = problems({"parameters": {"Growth": normal(), "growth": normal(), "other": normal()}})
    assert line == "mapping: parameters.growth: differs from Growth only in case; rename one"


def test_a_set_needs_a_parameter():
    for document in ({"parameters": {}}, {}, {"prior_set": {"name": "x"}}):
        assert problems(document) == ("mapping: parameters: empty: state at least one",)


@pytest.mark.parametrize(
    "years",
    [
        {"start": 2030, "stop": 2024},
        {"start": 1, "stop": MAX_YEARS + 1},
        {"start": 2024, "stop": 10**9},
        {"start": 2024, "stop": 2030, "step": 0},
        {"start": 2024, "stop": 2030, "step": -1},
        {"start": 0, "stop": 3},
        {"start": 2024.5, "stop": 2030},
        {"start": "2024", "stop": 2030},
        {"start": True, "stop": 2030},
        {"start": math.nan, "stop": 2030},
        {"start": 2024},
        [2024, 2030],
        2024,
    ],
    ids=str,
)
def test_years_that_are_none_are_refused(years):
    assert all(
        "prior_set.years" in line for line in problems({"prior_set": {"years": years}, "parameters": {"a": normal()}})
    )


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ({"start": 2024, "stop": 2024}, (2024,)),
        ({"start": 2024, "stop": 2029, "step": 2}, (2024, 2026, 2028)),
        ({"start": 1, "stop": MAX_YEARS}, tuple(range(1, MAX_YEARS + 1))),
    ],
    ids=str,
)
def test_years_are_from_start_to_stop_both_included(years, expected):
    assert load_prior_set({"prior_set": {"years": years}, "parameters": {"a": normal()}}).years == expected


@pytest.mark.parametrize("key", ["unit", "source", "note", "distribution"])
@pytest.mark.parametrize("value", [3, True, None, ["x"], {"x": 1}], ids=str)
def test_text_must_be_text(key, value):
    assert problems({"parameters": {"a": normal(**{key: value})}})[0].startswith(f"mapping: parameters.a.{key}: ")


@pytest.mark.parametrize("rank", [1.5, -1.01, math.nan, math.inf, True, "0.5", None])
def test_a_rank_lies_between_minus_one_and_one(rank):
    pair = {"between": ["a", "b"], "rank": rank}
    assert problems({"parameters": {"a": normal(), "b": normal()}, "correlations": [pair]})[0].startswith(
        "mapping: corr"
    )


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([{"between": ["a", "b"], "rank": 0.5, "latent": 0.5}], "needs one of rank, kendall and latent"),
        ([{"between": ["a", "b"]}], "needs one of rank, kendall and latent"),
        ([{"between": ["a", "a"], "rank": 0.5}], "must name two different parameters"),
        ([{"between": ["a"], "rank": 0.5}], "between"),
        ([{"between": ["a", "b", "c"], "rank": 0.5}], "between"),
        ([{"between": ["a", "bb"], "rank": 0.5}], "bb is no parameter; did you mean 'b'?"),
        (
            [{"between": ["a", "b"], "rank": 0.5}, {"between": ["b", "a"], "rank": 0.5}],
            "b and a: stated twice; keep one",
        ),
        ([{"between": ["a", "c"], "rank": 0.5}], "a and c: c is a constant"),
        ([{"between": ["a", "d"], "rank": 0.5}], "both must vary by year, or neither"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_pairs_that_make_no_sense_are_refused(rows, problem):
    constant = {"distribution": "constant", "value": 1}
    yearly = normal(varies={"kind": "independent"})
    document = {"parameters": {"a": normal(), "b": normal(), "c": constant, "d": yearly}, "correlations": rows}
    assert any(problem in line for line in problems(document))


def test_strange_text_is_kept_as_it_is():
    strange = "<script> =1+1 [/foo] $\\frac{$ \x1b[31m \u202e"
    loaded = load_prior_set({"prior_set": {"title": strange}, "parameters": {"a": normal(note=strange)}})
    assert loaded.title == loaded.parameters["a"].note == strange


def test_two_sets_can_be_compared():
    document = {"parameters": {"a": normal(), "b": normal()}, "correlations": [{"between": ["a", "b"], "rank": 0.5}]}
    assert load_prior_set(document).parameters == load_prior_set(document).parameters
    assert isinstance(load_prior_set(document) == load_prior_set(document), bool)


def test_errors_are_input_errors_with_exit_code_two():
    with pytest.raises(InputError) as error:
        load_prior_set({"parameters": {"a": normal(sigma=0)}})
    assert error.value.exit_code == 2
    assert isinstance(error.value, ValueError)


def test_a_wide_table_of_numbers_loads(size):
    count = size(2_000, 200)
    rows = {f"a{k}": normal(mu=k) for k in range(count)}
    priors = load_prior_set({"parameters": rows})
    assert np.array([prior.values["mu"] for prior in priors.parameters.values()]).sum() == count * (count - 1) / 2


@pytest.mark.parametrize("name", ["a\n", "a\x1b[31m", "a\u202e"])
def test_a_name_cannot_break_the_line_or_reach_the_terminal(name):
    (problem,) = problems({"parameters": {name: normal()}})
    assert problem.isascii()
    assert problem.isprintable()


def test_so_many_problems_are_cut_short():
    with pytest.raises(PriorSetError, match="and 50 more problems") as error:
        load_prior_set({"parameters": {f"a{k}": normal(sigma=-1) for k in range(100)}})
    assert len(error.value.problems) == 100


def test_a_law_too_narrow_for_a_table_is_refused_at_once():
    (problem,) = problems({"parameters": {"a": {"distribution": "beta", "p5": 0.1658, "p95": 0.16584}}})
    assert "state it as one" in problem


def test_numbers_and_lists_may_be_numpys():
    rows = {
        "a": {"distribution": "constant", "value": np.int64(3)},
        "b": {"distribution": "empirical", "samples": np.arange(4)},
        "c": {"distribution": "histogram", "edges": np.arange(3), "weights": np.array([0.5, 0.5])},
        "d": np.float32(2.0),
    }
    priors = load_prior_set({"parameters": rows}, {"d": np.int8(5)})
    assert priors.parameters["a"].values == {"value": 3.0}
    assert priors.parameters["b"].values["samples"] == (0.0, 1.0, 2.0, 3.0)
    assert priors.parameters["d"].values == {"value": 5.0}
    assert priors.document["parameters"]["c"]["edges"] == [0, 1, 2]


def test_a_mapping_that_holds_itself_is_refused():
    circle: dict[str, object] = {}
    circle["varies"] = circle
    with pytest.raises(InputError, match="mapping: nested deeper than 20; flatten it"):
        load_prior_set({"parameters": {"x": circle}})


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({"mu": 1}, 'x.distribution: missing; name a family, such as "normal"'),
        ([1, 2], "x: [1, 2]: must be a table, a short form"),
        (normal(truncation={}), "x.truncation: {}: states no bound; state lower, upper or both"),
        (normal(truncation=3), "x.truncation: 3: must be a table"),
        (normal(fit="exactly"), "x.fit: 'exactly': must be 'exact' or 'least_squares'"),
        (normal(unit=3), "x.unit: 3: must be text in quotes"),
        (normal(varies={}), "x.varies.kind: missing; name a way to vary"),
        (normal(**{"a\nb\x1b[31m": 1}), r"x.'a\nb\x1b[31m': unknown; known: "),
        (
            {"distribution": "mixture", "components": [{"mu": 1}, 3], "weights": [0.5, 0.5]},
            "x.components[1 of 2].distr",
        ),
        ({"distribution": "kumaraswamy"}, "x.a: missing; kumaraswamy needs a, b; or quantiles"),
        ({"distribution": "exponential"}, "x.lam: missing; exponential needs lam; or mean; or scale; or quantiles"),
        (
            {"distribution": "metalog", "coefficients": [1, 2], "p50": 3},
            "x.coefficients: (1.0, 2.0): contradicts the qu",
        ),
        ({"distribution": "metalog", "p50": 3}, "x.p50: such quantiles give no metalog law: terms: 1: must be"),
        ({"distribution": "lognormal", "p50": 3}, "x.p50: state two quantiles, or the parameters"),
        ({"distribution": "triangular", "p5": 1, "p95": 3}, "x.p5, p95: triangular takes three quantiles"),
        (normal(**{"p\uff15": 1}), r"x.'p\uff15': unknown"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_rules_are_said_in_our_own_words(row, line):
    (found,) = problems({"parameters": {"x": row}})
    assert found.startswith(f"mapping: parameters.{line}")
    assert found.isprintable()


def test_what_is_missing_in_a_list_is_counted_from_one():
    pairs = [{"between": ["a", "b"], "rank": 0.1}, {"between": ["a"], "rank": 0.1}]
    found = problems({"parameters": {"a": normal(), "b": normal()}, "correlations": pairs})
    assert found == ("mapping: correlations[2 of 2].between[2]: missing; name two parameters",)


def test_a_name_that_is_none_is_printed_on_one_line():
    found = problems({"parameters": {"k\n": {"distribution": "nrmal"}}})
    assert len(found) == 2
    assert all(line.startswith(r"mapping: parameters.'k\n'") and line.isprintable() for line in found)
