"""A pool against its sets: every draw is, bit for bit, the draw of the set that it belongs to."""

import json
import math
import re

import numba
import numpy as np
import pytest
from numba.core.event import install_recorder
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand.errors import InputError, PriorSetError
from mcdemand.prior_pool import POOL, PRIOR_SET, PriorPool, load_beliefs, pool_prior_sets
from mcdemand.prior_set import load_prior_set

INTERPRETED = bool(numba.config.DISABLE_JIT)
FALSE_ALARM = 1e-6
DESIGNS = ["random", "sobol", "latin_hypercube"]
NORMAL = {"distribution": "normal", "mu": 10.0, "sigma": 2.0}
UNIFORM = {"distribution": "uniform", "lower": 1.0, "upper": 2.0}
YEARS = {"start": 2024, "stop": 2027}
LATE = [{"between": ["b", "c"], "latent": 0.8}]


def initial_total():
    return 0.0


def total(previous_total, a, b, c, d):
    return previous_total + a * b + c + d


MODEL = mc.Model.from_functions([initial_total, total])


def document(name, correlations=(), years=YEARS, **changes):
    parameters = {"a": NORMAL, "b": NORMAL, "c": UNIFORM, "d": UNIFORM, **changes}
    return {"prior_set": {"name": name, "years": years}, "parameters": parameters, "correlations": list(correlations)}


DOCUMENTS = {
    "plain": document("plain"),
    # a: another law; b and c: a pair; d: by year, and a parameter that the others lack.
    "other": document(
        "other", LATE, a={"distribution": "triangular", "lower": 0, "mode": 1, "upper": 4}, extra=NORMAL,
        d={**UNIFORM, "varies": {"kind": "ar1", "persistence": 0.5}},
    ),
    "fixed": document("fixed", LATE, a={"distribution": "constant", "value": 7.0}),
}  # fmt: skip
WEIGHTS = {"plain": 0.5, "other": 0.3, "fixed": 0.2}


def pool(weights=WEIGHTS):
    rows = [{"weight": weight, "document": DOCUMENTS[name]} for name, weight in weights.items()]
    return load_beliefs({POOL: rows})


def simulate(priors, *, draws=1024, chains=2, design="sobol", **options):
    return mc.simulate(priors, model=MODEL, draws=draws, chains=chains, design=design, **options)


@pytest.fixture(scope="module", params=DESIGNS)
def design(request):
    return request.param


@pytest.fixture(scope="module")
def pooled(design):
    return simulate(pool(), design=design)


def by_year(variable):
    """(chain, draw, year), years repeated where the variable has none."""
    values = variable.values
    return values if values.ndim == 3 else np.repeat(values[:, :, None], 4, axis=2)


def test_every_draw_is_that_of_its_set(design, pooled):
    chosen = pooled["prior"][PRIOR_SET].values
    assert sorted(np.unique(chosen)) == [0, 1, 2]
    for number, name in enumerate(WEIGHTS):
        alone = simulate(DOCUMENTS[name], design=design)
        belongs = chosen == number
        for group in ("prior", "prior_predictive"):
            for variable in pooled[group].data_vars:
                if variable != PRIOR_SET:
                    found, expected = (by_year(tree[group][variable])[belongs] for tree in (pooled, alone))
                    assert found.tobytes() == expected.tobytes(), (name, variable)


@pytest.mark.parametrize("weights", [{"plain": 0.5, "other": 0.5}, {"other": 0.25, "plain": 0.75}])
def test_the_pool_of_two(weights):
    result = simulate(pool(weights), draws=256, chains=1)
    for number, name in enumerate(weights):
        belongs = result["prior"][PRIOR_SET].values == number
        alone = simulate(DOCUMENTS[name], draws=256, chains=1)
        found, expected = (tree["prior_predictive"]["total"].values[belongs] for tree in (result, alone))
        assert_array_equal(found, expected)


def test_shares_of_the_sets(design, pooled):
    for chain in pooled["prior"][PRIOR_SET].values:
        for number, weight in enumerate(WEIGHTS.values()):
            count, exact = np.count_nonzero(chain == number), chain.size * weight
            if design == "random":
                low, high = stats.binom(chain.size, weight).ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2])
                assert low <= count <= high
            else:
                assert abs(count - exact) < 2


def test_sets_do_not_depend_on_the_parameters(design, size):
    """Whether a draw belongs to a set says nothing of its scores."""
    options = {"design": design, "draws": size(4096, 512), "chains": 2, "outputs": ["b", "c"]}
    result, plain = simulate(pool(), **options), simulate(DOCUMENTS["plain"], **options)
    belongs = (result["prior"][PRIOR_SET].values == 0).ravel()
    for name in "bc":
        scores = plain["prior"][name].values.ravel()
        correlation = np.corrcoef(belongs, scores)[0, 1]
        assert abs(correlation) < stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(scores.size)


def test_a_pools_distribution_is_the_mixture(pooled):
    """Stone (1961): the share of draws up to a level is the weighted mean of the sets' own shares."""
    weights = np.array(list(WEIGHTS.values()))
    found = pooled["prior"]["a"].values.ravel()
    laws = [stats.norm(10, 2).cdf, stats.triang(0.25, 0, 4).cdf, lambda x: float(x >= 7)]
    for level in (1.0, 3.0, 8.0, 11.0):
        exact = sum(weight * law(level) for weight, law in zip(weights, laws, strict=True))
        band = stats.norm.isf(FALSE_ALARM / 2) * math.sqrt(exact * (1 - exact) / found.size)
        assert abs(np.mean(found <= level) - exact) < band


def test_what_the_sets_agree_on():
    assert pool().agreed() == frozenset()
    assert pool({"plain": 0.5, "other": 0.5}).agreed() == frozenset()
    assert pool({"other": 0.5, "fixed": 0.5}).agreed() == {"b", "c"}
    same = [document("one"), document("two", d=NORMAL)]
    agreed = load_beliefs({POOL: [{"weight": 0.5, "document": one} for one in same]}).agreed()
    assert agreed == {"a", "b", "c"}


@pytest.mark.parametrize(
    "change",
    [
        {"truncation": {"lower": 9.0}},
        {"varies": {"kind": "independent"}},
        {"sigma": 2.5},
        {"distribution": "lognormal", "mu": 10.0},
    ],
)
def test_one_difference_is_enough_to_disagree(change):
    rows = [document("one"), document("two", a={**NORMAL, **change})]
    assert "a" not in load_beliefs({POOL: [{"weight": 0.5, "document": one} for one in rows]}).agreed()


def test_a_source_or_note_is_no_difference():
    rows = [document("one"), document("two", a={**NORMAL, "source": "another", "note": "x"})]
    assert "a" in load_beliefs({POOL: [{"weight": 0.5, "document": one} for one in rows]}).agreed()


def test_what_a_pool_says_of_itself():
    made = pool()
    assert isinstance(made, PriorPool)
    assert made.name == "plain+other+fixed"
    assert made.title == "Linear pool: 50 % plain, 30 % other, 20 % fixed"
    assert made.years == (2024, 2025, 2026, 2027)
    assert made.model is None
    assert set(made.parameters) == {"a", "b", "c", "d"}
    assert [made.varies(name) for name in ("a", "d", PRIOR_SET)] == [False, True, False]
    assert list(made.laws("a")) == list(WEIGHTS)
    assert made.laws("a")["fixed"].is_constant


def test_notices_name_their_set():
    held = load_prior_set(document("held", LATE), {"c": 1.5})
    made = load_beliefs({POOL: [{"weight": 0.5, "document": one} for one in (held.document, document("free"))]})
    rule = "c is a constant, on which nothing depends; drop the pair"
    assert made.notices == (f"held: correlation of b and c: without effect, {rule}",)


def test_the_result_says_which_set_each_draw_belongs_to(pooled):
    variable = pooled["prior"][PRIOR_SET]
    assert variable.dims == ("chain", "draw")
    law = json.loads(variable.attrs["prior"])
    assert law == {"distribution": "categorical", "categories": list(WEIGHTS), "weights": list(WEIGHTS.values())}
    assert next(iter(pooled["prior"].data_vars)) == PRIOR_SET
    assert pooled.attrs["prior_set"] == "plain+other+fixed"
    stated = json.loads(pooled["prior"]["a"].attrs["prior"])["by_prior_set"]
    assert stated["plain"] == {"distribution": "normal", "mu": 10.0, "sigma": 2.0}
    assert stated["fixed"] == {"distribution": "constant", "value": 7.0}


def test_an_agreed_law_is_stated_once(design):
    rows = [document("one"), document("two", d=NORMAL)]
    made = load_beliefs({POOL: [{"weight": 0.5, "document": one} for one in rows]})
    result = simulate(made, draws=64, design=design)
    assert json.loads(result["prior"]["a"].attrs["prior"]) == {"distribution": "normal", "mu": 10.0, "sigma": 2.0}


def test_a_pool_comes_back_from_its_own_document(design, pooled):
    again = simulate(json.loads(pooled.attrs["prior_set_document"]), design=design)
    for group in ("prior", "prior_predictive"):
        for name, variable in pooled[group].data_vars.items():
            assert again[group][name].values.tobytes() == variable.values.tobytes(), name
    assert again.attrs == pooled.attrs


def test_a_pool_passes_through_load_beliefs():
    made = pool()
    assert load_beliefs(made) is made
    with pytest.raises(InputError, match=r"^set: give the overrides to pool_prior_sets"):
        load_beliefs(made, {"a": 1.0})
    with pytest.raises(InputError, match=r"^set: give the overrides"):
        simulate(made, set={"a": 1.0})


def test_other_sources_are_prior_sets():
    assert load_beliefs("consensus") == load_prior_set("consensus")
    assert load_beliefs("consensus", {"request_growth": 2.0}).parameters["request_growth"].is_constant


def test_overrides_reach_every_set():
    made = pool_prior_sets({"consensus": 0.6, "liftoff": 0.4}, {"request_growth": 1.5})
    assert made.weights == (0.6, 0.4)
    assert [prior.stated["value"] for prior in made.laws("request_growth").values()] == [1.5, 1.5]


def test_an_override_that_no_set_can_take_is_refused():
    with pytest.raises(PriorSetError):
        pool_prior_sets({"consensus": 0.6, "liftoff": 0.4}, {"request_growth.p50": "many"})


def test_sets_may_be_files(tmp_path):
    paths = {}
    for name, mu in (("low", 1.0), ("high", 2.0)):
        path = tmp_path / f"{name}.toml"
        path.write_text(
            f'[prior_set]\nname = "{name}"\n[parameters.x]\ndistribution = "normal"\nmu = {mu}\nsigma = 1.0\n'
        )
        paths[path] = 0.5
    made = pool_prior_sets(paths)
    assert [prior.stated["mu"] for prior in made.laws("x").values()] == [1.0, 2.0]


def refuse(*rows):
    with pytest.raises(InputError) as error:
        load_beliefs({POOL: [{"weight": weight, "document": one} for weight, one in rows]})
    return str(error.value)


ONE, TWO = DOCUMENTS["plain"], DOCUMENTS["fixed"]


@pytest.mark.parametrize("weight", [0, 1, -0.1, 1.5, math.nan, math.inf, "0.5", None, True])
def test_weights_are_probabilities(weight):
    assert refuse((weight, ONE), (0.5, TWO)) == f"pool: weights {[weight, 0.5]}: each must be a number between 0 and 1"


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((0.5, 0.4), "pool: weights sum to 0.9: must sum to 1; in proportion: 0.5556, 0.4444"),
        ((0.9, 0.3), "pool: weights sum to 1.2: must sum to 1; in proportion: 0.75, 0.25"),
    ],
)
def test_weights_sum_to_one(weights, message):
    assert refuse((weights[0], ONE), (weights[1], TWO)) == message


def test_thirds_sum_to_one():
    made = pool(dict.fromkeys(WEIGHTS, 1 / 3))
    assert_allclose(sum(made.weights), 1, rtol=1e-15)


def test_one_set_is_no_pool():
    assert refuse((0.5, ONE)) == "pool: needs at least two prior sets; name them with their weights"


def test_names_differ():
    found = refuse((0.5, ONE), (0.5, ONE))
    assert found == "pool: plain, plain: two sets have one name; give each a prior_set.name of its own"


def test_years_agree():
    later = document("later", years={"start": 2025, "stop": 2027})
    assert refuse((0.5, ONE), (0.5, later)) == "pool: later and plain: must be for the same years"


def test_models_agree():
    shipped = dict(load_prior_set("consensus").document)
    years = shipped["prior_set"]["years"]
    assert refuse((0.5, document("mine", years=years)), (0.5, shipped)).endswith("must be for the same model")


@pytest.mark.parametrize(
    "rows", [3, "ab", {"a": 1}, [1, 2], [{"weight": 0.5}], [{"weight": 0.5, "document": ONE, "name": "x"}]], ids=repr
)
def test_a_mapping_of_a_pool_has_its_shape(rows):
    message = "pool: must be a list of tables, each with document and weight and nothing else"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        load_beliefs({POOL: rows})


def test_a_parameter_that_one_set_lacks_is_named():
    lacking = document("lacking")
    del lacking["parameters"]["d"]
    made = load_beliefs({POOL: [{"weight": 0.5, "document": one} for one in (ONE, lacking)]})
    with pytest.raises(InputError, match=r"^mapping: parameters\.d: no prior"):
        simulate(made)


def test_a_parameter_that_one_set_alone_has_cannot_be_kept():
    with pytest.raises(InputError, match=r"^outputs: 'extra': neither a quantity nor a parameter"):
        simulate(pool(), outputs=["extra"])


def test_a_prior_set_may_not_use_the_reserved_name():
    with pytest.raises(PriorSetError, match="reserved"):
        load_prior_set(document("x", prior_set=NORMAL))


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
def test_pooling_compiles_nothing():
    simulate(DOCUMENTS["plain"], draws=64)
    simulate(DOCUMENTS["other"], draws=64)
    with install_recorder("numba:compile") as recorder:
        simulate(pool(), draws=64)
        simulate(pool({"other": 0.1, "plain": 0.9}), draws=64, design="latin_hypercube")
    assert [str(event.data["dispatcher"]) for _, event in recorder.buffer] == []


def test_shipped_sets(size):
    """Every parameter of a pool of shipped sets, whose groups of correlated parameters differ."""
    weights = {"consensus": 0.5, "liftoff": 0.3, "seed": 0.2}
    names = sorted(set.intersection(*(set(mc.load_prior_set(name).parameters) for name in weights)))
    options = {"draws": size(2048, 256), "chains": 1, "outputs": names, "seed": 3}
    result = mc.simulate(pool_prior_sets(weights), **options)["prior"]
    for number, name in enumerate(weights):
        alone = mc.simulate(name, **options)["prior"]
        belongs = result[PRIOR_SET].values == number
        assert belongs.any()
        for parameter in names:
            assert result[parameter].values[belongs].tobytes() == alone[parameter].values[belongs].tobytes(), parameter
