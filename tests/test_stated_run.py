import json
import re

import numpy as np
import pytest
import xarray as xr

import mcdemand as mc
from mcdemand.replay import rebuild_run, replay_draw

PRIORS = {
    "prior_set": {"name": "own", "years": {"start": 2025, "stop": 2027}},
    "parameters": {
        "start": {"distribution": "lognormal", "mu": 1.0, "sigma": 0.5},
        "price": {"distribution": "uniform", "lower": 1.0, "upper": 3.0},
    },
}


def initial_stock(start):
    return start


def stock(previous_stock):
    return previous_stock * 1.5


def ahead(next_stock):
    return next_stock + 1.0


def bill(stock, price):
    return stock * price


FUNCTIONS = (initial_stock, stock, ahead, bill)


def model() -> mc.Model:
    return mc.Model.from_functions(FUNCTIONS, default_outputs=["bill", "ahead"])


@pytest.fixture(scope="module")
def result() -> xr.DataTree:
    return mc.simulate(PRIORS, model=model(), draws=600, chains=2, design="random", seed=3)


def changed(result: xr.DataTree, **attributes: object) -> xr.DataTree:
    copy = result.copy(deep=True)
    copy.attrs.update(attributes)
    return copy


@pytest.mark.parametrize(
    ("attributes", "error", "said"),
    [
        ({"seed": 4}, mc.IntegrityError, r"result: \w+(, year 2025)?, chain 0, draw 0: \S+ stored"),
        ({"seed": -1}, mc.IntegrityError, "seed: -1: must be a whole number"),
        ({"seed": None}, mc.IntegrityError, "seed: None: must be a whole number"),
        ({"seed": np.array([1, 2])}, mc.IntegrityError, r"seed: \[1, 2\]: must be a whole number"),
        ({"design": "nice"}, mc.IntegrityError, "design: 'nice'"),
        ({"design": 3}, mc.IntegrityError, "design: 3: must be text"),
        ({"design": "sobol"}, mc.IntegrityError, "draws: 600: sobol makes no such number"),
        ({"chains": 3}, mc.IntegrityError, "take the whole result"),
        ({"chains": 7}, mc.IntegrityError, "draws: 600: must be a multiple of chains, 7"),
        ({"outputs": [1, 2]}, mc.IntegrityError, "outputs: 1: must be names"),
        ({"years": ["soon"]}, mc.IntegrityError, "years: 'soon': must be a whole number"),
        *(
            ({key: value}, mc.IntegrityError, f"result: {key}: .{{1,60}}: must be a whole number from 1 to")
            for key in ("draws", "chains")
            for value in (-1, 0, np.float64(np.nan), "many", np.arange(2000), 1e300, 10**300, True)
        ),
        ({"prior_set_document": np.array(["a", "b"])}, mc.IntegrityError, r"\['a', 'b'\]: must be text"),
        ({"prior_set_document": '"consensus"'}, mc.IntegrityError, "must be a table of names and values"),
        ({"prior_set_document": '{"prior_set": null}'}, mc.IntegrityError, "prior_set: None: must be a table"),
        ({"prior_set_document": '{"pool": [{"document": "a"}]}'}, mc.IntegrityError, "pool: must be a list of tables"),
        ({"prior_set_document": "9" * 5000}, mc.IntegrityError, "must be JSON, and is none"),
        ({"prior_set_document": "{"}, mc.IntegrityError, "prior_set_document: cannot be read"),
        ({"prior_set_document": "[]"}, mc.IntegrityError, "prior_set_document: cannot be read"),
        ({"prior_set_document": '{"pool": 3}'}, mc.IntegrityError, "prior_set_document: cannot be read"),
        (
            {"prior_set_document": json.dumps({"prior_set": {"extends": "consensus"}})},
            mc.IntegrityError,
            "a result holds its whole prior set",
        ),
        ({"years": [2025]}, mc.IntegrityError, "other years than its attributes lead to"),
    ],
)
def test_attributes_from_strangers(result: xr.DataTree, attributes: dict, error: type, said: str) -> None:
    with pytest.raises(error, match=said) as raised:
        replay_draw(changed(result, **attributes), chain=0, draw=0, model=model())
    assert "\n" not in str(raised.value)
    assert not re.search(r"\d{100}|object|argument of|Error|array", str(raised.value))


@pytest.mark.parametrize("key", ["draws", "chains", "seed", "design", "prior_set_document"])
def test_a_missing_attribute_is_named(result: xr.DataTree, key: str) -> None:
    copy = changed(result)
    del copy.attrs[key]
    with pytest.raises(mc.IntegrityError, match=f"result: {key}: missing from its attributes; the file was changed"):
        replay_draw(copy, chain=0, draw=0, model=model())


@pytest.mark.parametrize("group", ["prior", "prior_predictive"])
def test_everything_that_is_stored_must_be_reproduced(result: xr.DataTree, group: str) -> None:
    copy = changed(result)
    old, new = {"prior": ("bill", "bill"), "prior_predictive": ("bill", "evil")}[group]
    copy[group] = copy[group].to_dataset().assign({new: copy["prior_predictive"][old] * 1000})
    with pytest.raises(mc.IntegrityError, match=f"result: {group}/{new}: stored, but the run .* has none of that name"):
        replay_draw(copy, near="p95", model=model())


def test_arrays_of_another_shape_are_refused(result: xr.DataTree) -> None:
    for spoil, said in (
        (lambda bill: bill.isel(draw=0, drop=True), "prior_predictive/bill has {'chain': 2}, its attributes say"),
        (lambda bill: bill.expand_dims(extra=2), "bill: has other dimensions than chain, draw and year"),
        (lambda bill: bill.isel(year=[]).rename(year="none"), "bill: has other dimensions than"),
    ):
        copy = changed(result)
        group = copy["prior_predictive"].to_dataset()
        copy["prior_predictive"] = group.drop_vars("bill").assign(bill=spoil(group["bill"]))
        with pytest.raises(mc.IntegrityError, match=said):
            replay_draw(copy, chain=0, draw=0, output="ahead", model=model())
    copy = changed(result)
    copy["prior_predictive"] = copy["prior_predictive"].to_dataset().isel(year=[])
    for words in ({"near": "p5", "output": "bill"}, {"chain": 0, "draw": 0, "output": "stock"}):
        with pytest.raises(mc.IntegrityError, match=r"has no year at all|has other years"):
            replay_draw(copy, **words, model=model())


def test_a_model_that_the_result_is_not_of(result: xr.DataTree) -> None:
    other = mc.Model.from_functions((initial_stock, stock), name="other")
    with pytest.raises(mc.InputError, match=r"result is of model 'own', and 'other' .*: other has no quantity 'bill'"):
        replay_draw(result, chain=0, draw=5, model=other)

    def needy(stock, absent):
        return stock * absent

    wider = mc.Model.from_functions((*FUNCTIONS, needy), name="wider")
    with pytest.raises(mc.InputError, match=r"'own', and 'wider' does not fit it: mapping: parameters\.absent"):
        replay_draw(result, chain=0, draw=5, output="needy", model=wider)


def test_a_shipped_model_with_broken_attributes() -> None:
    stored = mc.simulate("consensus", draws=4, chains=1, outputs=["mix"], years=[2024])
    for attributes, said in (
        ({"years": [2001]}, "its attributes state no run: "),
        ({"outputs": ["mixx"]}, "its attributes state no run: outputs: 'mixx': neither"),
        ({"model": 3}, "model: 3: must be text"),
    ):
        with pytest.raises(mc.IntegrityError, match=said):
            rebuild_run(changed(stored, **attributes))
