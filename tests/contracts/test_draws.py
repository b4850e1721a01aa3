"""Draws belong to names: what is added, removed, reordered or grown leaves every other draw as it was."""

import copy

import numpy as np
import pytest
from contract import ALL_QUANTITIES, INTERPRETED, PER_CHAIN, arrays, assert_same_bits, parameter_draws
from numpy.testing import assert_allclose, assert_array_equal

import mcdemand as mc
from mcdemand.row_builder import Layout, build_program
from mcdemand.row_program import draw_parameters

FIRST = {"distribution": "lognormal", "mu": 0.0, "sigma": 1.0}


@pytest.fixture(scope="module")
def consensus():
    return parameter_draws("consensus")


def document():
    return copy.deepcopy(dict(mc.load_prior_set("consensus").document))


def without(draws, *names):
    return {name: values for name, values in draws.items() if name not in names}


def test_adding_a_parameter_leaves_the_others(consensus):
    added = parameter_draws({"prior_set": {"extends": "consensus"}, "parameters": {"a_first_name": FIRST}})
    assert min(added) == "a_first_name"
    assert_same_bits(without(added, "a_first_name"), consensus)


def test_removing_a_parameter_leaves_the_others(consensus):
    smaller = document()
    del smaller["parameters"]["ai_electricity_2024"]
    assert_same_bits(parameter_draws(smaller), without(consensus, "ai_electricity_2024"))


def test_the_order_of_rows_does_not_matter(consensus):
    turned = document()
    turned["parameters"] = dict(reversed(turned["parameters"].items()))
    turned["correlations"] = turned["correlations"][::-1]
    assert_same_bits(parameter_draws(turned), consensus)


def test_asking_for_few_parameters_leaves_their_draws(consensus):
    names = ["training_growth", "load_factor"]
    result = mc.simulate("consensus", draws=2 * PER_CHAIN, chains=2, seed=7, outputs=names, design="random")
    assert_same_bits(arrays(result["prior"].to_dataset()), {name: consensus[name] for name in names})


def test_a_new_pair_moves_only_its_own_group(consensus):
    paired = document()
    paired["correlations"].append({"between": ["tokens_2024", "accelerators_2024"], "rank": 0.6})
    found = parameter_draws(paired)
    # Groups are factored in name order: the first of the pair keeps its draws.
    assert np.any(found["tokens_2024"] != consensus["tokens_2024"])
    assert_same_bits(without(found, "tokens_2024"), without(consensus, "tokens_2024"))


def test_more_draws_start_with_the_fewer(consensus):
    longer = parameter_draws("consensus", draws=4 * PER_CHAIN)
    assert_same_bits({name: values[:, :PER_CHAIN] for name, values in longer.items()}, consensus)


def test_more_chains_start_with_the_fewer(consensus):
    wider = parameter_draws("consensus", draws=5 * PER_CHAIN, chains=5)
    assert_same_bits({name: values[:2] for name, values in wider.items()}, consensus)


def test_chains_and_seeds_and_names_differ(consensus):
    uncertain = [name for name, prior in mc.load_prior_set("consensus").parameters.items() if not prior.is_constant]
    other = parameter_draws("consensus", seed=8)
    for name in set(uncertain) - {"growth_shape"}:
        assert np.mean(consensus[name][0] != consensus[name][1]) > 0.99, name
        assert np.mean(consensus[name] != other[name]) > 0.99, name


def test_a_single_draw_can_be_replayed_alone(consensus):
    priors, chain, draw = mc.load_prior_set("consensus"), 1, PER_CHAIN - 23
    program = build_program(priors, priors.parameters, 1, Layout(7))
    tile = np.empty((program.row_count, 256))
    draw_parameters(program, chain, draw // 256 * 256, draw % 256 + 1, tile)
    replayed = {name: tile[program.rows_of(name).start, draw % 256] for name in program.names}
    assert replayed == {name: values[chain, draw] for name, values in consensus.items()}


def test_a_trajectory_can_be_replayed_from_its_parameters():
    outputs = ["energy", "tokens"] if INTERPRETED else ALL_QUANTITIES
    parameters = list(mc.load_prior_set("consensus").parameters)
    options = {"outputs": [*outputs, *parameters], "years": [2024, 2026]}
    result = mc.simulate("consensus", draws=9, chains=3, **options)
    fixed = {name: float(result["prior"][name][2, 1]) for name in parameters}
    again = mc.simulate("consensus", set=fixed, draws=1, **options)
    for name in outputs:
        assert_array_equal(again["prior_predictive"][name][0, 0], result["prior_predictive"][name][2, 1], err_msg=name)


def test_two_sets_share_the_draws_of_equal_priors(consensus):
    liftoff, priors = parameter_draws("liftoff"), mc.load_prior_set("liftoff").parameters
    stated = {name: (prior.stated, prior.truncation) for name, prior in priors.items()}
    equal = [
        name
        for name, prior in mc.load_prior_set("consensus").parameters.items()
        if stated[name] == (prior.stated, prior.truncation)
    ]
    assert 30 < len(equal) < len(consensus)
    assert_same_bits({name: liftoff[name] for name in equal}, {name: consensus[name] for name in equal})
    # What differs still moves together: request_ceiling has the same score in both.
    order = np.argsort(consensus["request_ceiling"], axis=1)
    assert np.all(np.diff(np.take_along_axis(liftoff["request_ceiling"], order, axis=1), axis=1) >= 0)


def test_a_shifted_prior_keeps_its_scores():
    def total(x, y):
        return x + y

    model = mc.Model.from_functions([total])
    y = {"distribution": "normal", "mu": 1.0, "sigma": 2.0}
    standard, shifted = (
        parameter_draws(
            {"parameters": {"x": {"distribution": "normal", "mu": mu, "sigma": sigma}, "y": y}}, model=model
        )
        for mu, sigma in ((0.0, 1.0), (5.0, 2.0))
    )
    assert_allclose(shifted["x"], 5.0 + 2.0 * standard["x"], rtol=1e-15, atol=1e-15)
    assert_same_bits({"y": shifted["y"]}, {"y": standard["y"]})


@pytest.mark.parametrize("kind", [{"kind": "independent"}, {"kind": "ar1", "persistence": 0.6}])
def test_more_years_start_with_the_fewer(kind):
    def initial_sum():
        return 0.0

    def sum(previous_sum, x):
        return previous_sum + x

    def draws(stop):
        row = {"distribution": "normal", "mu": 0.0, "sigma": 1.0, "varies": kind}
        years = {"years": {"start": 2000, "stop": stop}}
        return mc.simulate(
            {"parameters": {"x": row}, "prior_set": years},
            model=model,
            draws=PER_CHAIN,
            outputs=["sum", "x"],
            design="random",
        )

    model = mc.Model.from_functions([initial_sum, sum])
    short, long = draws(2003), draws(2010)
    for group, name in (("prior", "x"), ("prior_predictive", "sum")):
        assert_array_equal(long[group][name].values[:, :, :4], short[group][name].values)
